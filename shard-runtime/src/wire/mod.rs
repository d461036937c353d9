//! Values ↔ bytes. Pure: no socket, no clock, no task.
//!
//! Whatever is read here was written by somebody else. Hence the lints: nothing below may panic on its
//! input, and every length is checked against what is there before anything is allocated for it.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::as_conversions,
        clippy::arithmetic_side_effects,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::string_slice
    )
)]

mod answer;
pub(crate) mod assembly;
mod bincode;
mod body;
pub(crate) mod call;
pub(crate) mod chunk;
pub(crate) mod codec;
pub(crate) mod cursor;
pub(crate) mod frame;
mod guard;
pub(crate) mod handshake;
pub(crate) mod items;
pub(crate) mod limits;
pub(crate) mod outcome;
pub(crate) mod reply;
pub(crate) mod shape;
pub(crate) mod stream;
pub(crate) mod tables;

pub(crate) use answer::{Answer, SHORT};
pub(crate) use body::Body;
pub(crate) use call::{CallHead, Owner};
pub(crate) use codec::{Codec, DecodeError, EncodeError};
pub(crate) use frame::{
    FrameError, FrameKind, HEADER_LEN, begin_frame, end_frame, is_tls, missing, next_frame, peek, split,
    write_frame,
};
pub(crate) use limits::Limits;
pub use outcome::{NotStarted, Unknown};
pub(crate) use reply::Reply;
pub(crate) use shape::{CannotTravel, Shape, combine};
pub(crate) use tables::{MethodSignature, ModuleTable, Tables};

/// The codec that links speak.
pub(crate) type Wire = bincode::Bincode;

#[cfg(test)]
mod tests;
