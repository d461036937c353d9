//! Every message and its help line. The form is `<what is wrong>: <why>`, then `help: <what to write>`.

mod block;
mod marks;
mod signature;
mod types;

use std::fmt::{self, Display};

pub(crate) use block::*;
pub(crate) use marks::*;
pub(crate) use signature::*;
pub(crate) use types::*;

/// What the compiler shows for a mistake.
pub(crate) struct Message {
    what: String,
    help: String,
}

impl Message {
    fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhelp: {}", self.what, self.help)
    }
}

/// The way out of most mistakes.
const LOCAL: &str = "mark the method `#[local]` to leave it out";
