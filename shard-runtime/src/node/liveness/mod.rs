//! What tells others, and this node itself, that it lives: on a thread of its own, so that no handler can hold
//! it up.

mod beat;
mod runtime;

pub(super) use beat::run as beat;
pub(super) use runtime::Liveness;
