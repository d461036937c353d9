//! The context of a call: who calls, for which key, until when, with which data.
//!
//! This folder knows the key and the codec, and nothing of nodes: a [`State`] points at the node it
//! runs on through an opaque pointer that only `node/` can read.

mod caller;
mod context;
mod current;
mod data;
mod entering;
mod home;
mod signal;
mod spare;
#[expect(clippy::module_inception, reason = "one file, one noun: the folder's noun is its main file's")]
mod state;
mod trace;

pub use caller::Caller;
pub(crate) use data::Data;
pub use data::DataError;
pub use entering::Entering;
pub(crate) use entering::Told;
pub(crate) use home::{Home, Origin};
pub(crate) use signal::{SharedSignal, Signal, Waits};
pub use state::State;
pub(crate) use state::{Around, Arrived, Entry, Luggage};
pub use trace::{TraceContext, TraceError};
