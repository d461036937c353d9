//! The limits: what can be had from tokio by hand for this work and nothing else. Nothing here is the runtime's.
//!
//! There are no deadlines, no limits, no checks of what comes, no cancelled calls and no lost links. What there is, is
//! what makes calls fast, and `performance.md` has what each of it gives.

mod copy;
mod frame;
mod link;
mod ping;
mod server;
mod slots;

pub(crate) use copy::{copied, serve_copies};
pub(crate) use frame::{decode, encode, write_frame};
pub(crate) use link::Link;
pub(crate) use ping::{Ping, serve_pings};
pub(crate) use server::serve;
