//! Values ↔ bytes. Pure: no socket, no clock, no task.

pub(crate) mod cursor;
pub(crate) mod handshake;
