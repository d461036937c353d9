//! What is true after checking. A wrong module has no representation here.

mod argument;
mod claim;
mod method;
mod module;
pub(crate) mod names;
mod outcome;
mod types;
mod written;

pub(crate) use argument::{Argument, Form};
pub(crate) use claim::{Claim, Target};
pub(crate) use method::{Kind, Method};
pub(crate) use module::{Hook, HookKind, Module};
pub(crate) use outcome::{Outcome, OutcomeKind};
pub(crate) use types::Types;
pub(crate) use written::written;
