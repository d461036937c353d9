//! What is true after checking. A wrong module has no representation here.

mod argument;
mod claim;
mod kind;
mod method;
mod module;
pub(crate) mod names;
mod outcome;
mod place;
mod stub;
mod types;
mod written;

pub(crate) use argument::{Argument, Form};
pub(crate) use claim::{Claim, Target};
pub(crate) use kind::{Access, Answer, Body, Kind, Running};
pub(crate) use method::{Method, StateParameter};
pub(crate) use module::{Hook, HookKind, Module};
pub(crate) use outcome::{Outcome, OutcomeKind};
pub(crate) use place::Place;
pub(crate) use stub::Stub;
pub(crate) use types::Types;
pub(crate) use written::written;
