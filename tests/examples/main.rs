//! The examples, run as their users run them: processes of their own, on real sockets.
//!
//! Nothing here calls the library. What happened is read from what the programs print, and how often
//! something was executed from the counters of the processes that are still there to ask.

mod chat;
mod cluster;
mod development_secret;
mod gateway;
mod http;
mod ports;
mod program;
mod quickstart;
mod rolling;
