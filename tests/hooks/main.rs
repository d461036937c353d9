//! `slots_arriving` and `slots_leaving`: what a module is told of its slots, and which calls wait for it.

mod arriving;
mod depot;
mod failing;
mod leaving;
