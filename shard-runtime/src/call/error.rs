//! How a call fails, and how often its method then ran.

use core::fmt::{self, Debug, Display};

use crate::dispatch::Never;
use crate::membership::NodeName;
use crate::wire::{NotStarted, Unknown};

/// Why a call has no value. `E` is the method's own error, [`Never`] for a method without one.
///
/// Each variant says how often the method's body ran, which is what decides whether it may be tried
/// again: [`Module`](Self::Module) and [`Panicked`](Self::Panicked) are answers, the body ran once;
/// after [`NotStarted`](Self::NotStarted) it did not run; after [`Unknown`](Self::Unknown) it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError<E = Never> {
    /// The method ran and returned this error.
    Module {
        /// What the method returned.
        error: E,
        /// The node on which it ran.
        node: NodeName,
    },
    /// The method panicked: it ran up to there. The node lives on.
    Panicked {
        /// What the panic said.
        message: String,
        /// The node on which it ran.
        node: NodeName,
    },
    /// The method did not run.
    NotStarted {
        /// What kept it from running.
        reason: NotStarted,
        /// The node that it was meant for, where one had been chosen.
        node: Option<NodeName>,
    },
    /// The method may have run, wholly, partly or not at all.
    Unknown {
        /// What kept the answer from arriving.
        reason: Unknown,
        /// The node that it was sent to.
        node: NodeName,
    },
}

impl<E> CallError<E> {
    /// The node that this is about; `None` only where the call failed before one was chosen.
    pub fn node(&self) -> Option<&NodeName> {
        match self {
            Self::Module { node, .. } | Self::Panicked { node, .. } | Self::Unknown { node, .. } => {
                Some(node)
            }
            Self::NotStarted { node, .. } => node.as_ref(),
        }
    }

    /// Whether it is certain that the method did not run, so that making the call again cannot run it
    /// twice.
    pub fn is_not_started(&self) -> bool {
        matches!(self, Self::NotStarted { .. })
    }

    /// The method's own error, if that is what this is.
    pub fn module(&self) -> Option<&E> {
        match self {
            Self::Module { error, .. } => Some(error),
            _ => None,
        }
    }

    /// The same failure with the method's own error put through `map`.
    pub fn map_module<F>(self, map: impl FnOnce(E) -> F) -> CallError<F> {
        match self {
            Self::Module { error, node } => CallError::Module { error: map(error), node },
            Self::Panicked { message, node } => CallError::Panicked { message, node },
            Self::NotStarted { reason, node } => CallError::NotStarted { reason, node },
            Self::Unknown { reason, node } => CallError::Unknown { reason, node },
        }
    }

    pub(crate) fn from_failure(failure: Failure, node: &NodeName) -> Self {
        match failure {
            Failure::Panicked(message) => Self::Panicked { message, node: node.clone() },
            Failure::NotStarted(reason) => Self::NotStarted { reason, node: Some(node.clone()) },
            Failure::Unknown(reason) => Self::Unknown { reason, node: node.clone() },
        }
    }
}

impl<E: Display> Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module { error, .. } => Display::fmt(error, f),
            Self::Panicked { message, node } => write!(f, "the method panicked on node `{node}`: {message}"),
            Self::NotStarted { reason, node: Some(node) } => {
                write!(f, "the call to node `{node}` was not started: {reason}")
            }
            Self::NotStarted { reason, node: None } => write!(f, "the call was not started: {reason}"),
            Self::Unknown { reason, node } => {
                write!(f, "the outcome of the call to node `{node}` is unknown: {reason}")
            }
        }
    }
}

impl<E: Debug + Display> core::error::Error for CallError<E> {}

/// A [`CallError`] before the method's own types are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    Panicked(String),
    NotStarted(NotStarted),
    Unknown(Unknown),
}

impl From<NotStarted> for Failure {
    fn from(reason: NotStarted) -> Self {
        Self::NotStarted(reason)
    }
}

impl From<Unknown> for Failure {
    fn from(reason: Unknown) -> Self {
        Self::Unknown(reason)
    }
}

/// A stream that was opened has nothing to come from.
pub(super) fn no_stream() -> Failure {
    Unknown::Undecodable("a stream without a source".to_owned()).into()
}
