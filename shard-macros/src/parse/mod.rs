//! Tokens → syntax. Grammar only: whether what was written makes sense is decided in `check`.

mod block;
mod marks;
mod method;
mod options;

pub(crate) use block::{Block, Member, block};
pub(crate) use marks::{Mark, MarkKind, conditional_names};
pub(crate) use method::Method;
pub(crate) use options::{Options, options};
