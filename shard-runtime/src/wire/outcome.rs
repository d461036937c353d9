//! The two ways in which a call fails without an answer of the method.

use serde::{Deserialize, Serialize};

/// Why a call did not start: the method's body did not run, not even in part.
///
/// The same call may be made again without being executed twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum NotStarted {
    /// No node of the cluster hosts the module.
    #[error("no node hosts module `{module}`")]
    NoHost {
        /// The name of the module.
        module: String,
    },
    /// There is no link to the node.
    #[error("not connected{}", detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default())]
    NotConnected {
        /// What stands in the way, as far as it is known.
        detail: Option<String>,
    },
    /// The node that was asked does not own the key.
    #[error("the node does not own the key{}", owner.as_ref().map(|owner| format!(", node `{owner}` does")).unwrap_or_default())]
    WrongOwner {
        /// The name of the node that does, in the view of the one that was asked.
        owner: Option<String>,
        /// The digest of that view.
        view: u64,
    },
    /// The boot of the node that the shard names is over, even if the node lives on under another one.
    #[error("remote node is no longer available")]
    BootGone,
    /// The node's module has no such method.
    #[error("module `{module}` has no method `{method}` on that node")]
    UnknownMethod {
        /// The name of the module.
        module: String,
        /// The name of the method.
        method: String,
    },
    /// Both nodes have the method, with different arguments or results.
    #[error("method `{module}::{method}` has shape {ours:#018x} here and {theirs:#018x} on that node")]
    Incompatible {
        /// The name of the module.
        module: String,
        /// The name of the method.
        method: String,
        /// The fingerprint of the shape on the caller's node.
        ours: u64,
        /// The fingerprint of the shape on the callee's node.
        theirs: u64,
    },
    /// The arguments have no encoding.
    #[error("the arguments cannot be encoded: {0}")]
    CannotEncode(String),
    /// The node could not read the arguments.
    #[error("the arguments cannot be decoded: {0}")]
    CannotDecode(String),
    /// The arguments are too large.
    #[error("the call takes {size} bytes, the limit is {limit}")]
    TooLarge {
        /// The size of the call, or a lower bound of it, in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The node has too much to do: it runs, keeps or sends as much as it may, or a call of a `#[blocking]` method
    /// would wait for a thread for longer than 100 ms. Told at once; asking again at once makes it worse.
    #[error("the node is overloaded")]
    Overloaded,
    /// The node drains, or has ended.
    #[error("the node drains, and takes no new work")]
    Draining,
    /// The deadline passed before the method could start.
    #[error("the deadline passed before the call started")]
    Expired,
    /// The node does not want this call.
    #[error("refused: {0}")]
    Refused(String),
    /// Too many calls led to this one: they most likely go round in a circle.
    #[error("the chain of calls is too long")]
    TooDeep,
}

/// Why it is unknown whether a call was executed: wholly, partly, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum Unknown {
    /// The deadline passed before an answer came.
    #[error("the deadline passed")]
    Deadline,
    /// The connection was lost after the call was sent.
    #[error("the connection was lost")]
    ConnectionLost,
    /// An answer came, and this node could not read it.
    #[error("the reply cannot be decoded: {0}")]
    Undecodable(String),
    /// The answer was too large to send.
    #[error("the reply takes {size} bytes, the limit is {limit}")]
    ReplyTooLarge {
        /// The size of the reply, or a lower bound of it, in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The answer has no encoding.
    #[error("the reply cannot be encoded: {0}")]
    CannotEncodeReply(String),
    /// The node stopped while the method ran: it had outlasted the drain deadline, or nobody waited for it.
    #[error("the node stopped before the method had ended")]
    Stopped,
    /// The reader of a stream took nothing of it for longer than the call's timeout, and the stream was ended.
    #[error("the stream was not read for too long")]
    SlowReader,
    /// Nobody waited for the call any more. Only the node that ran it sees this, in its traces.
    #[error("the caller gave up")]
    GivenUp,
}

/// The longest text in a reason, in bytes.
pub(crate) const MAX_TEXT: usize = 4096;

/// The front of `text` that fits into `max` bytes.
pub(crate) fn truncated(text: &str, max: usize) -> &str {
    // A character has at most four bytes, so one of these is a boundary unless the text is shorter.
    let front = (max.saturating_sub(3)..=max).rev().find_map(|end| text.get(..end));
    if text.len() <= max { text } else { front.unwrap_or_default() }
}

impl NotStarted {
    /// The number of the last variant on the wire.
    pub(crate) const LAST: u8 = 13;

    /// Cuts every text at [`MAX_TEXT`].
    pub(crate) fn truncate(&mut self) {
        match self {
            Self::NoHost { module } => cut(module),
            Self::NotConnected { detail: text } | Self::WrongOwner { owner: text, .. } => {
                text.iter_mut().for_each(cut);
            }
            Self::UnknownMethod { module, method } | Self::Incompatible { module, method, .. } => {
                cut(module);
                cut(method);
            }
            Self::CannotEncode(text) | Self::CannotDecode(text) | Self::Refused(text) => cut(text),
            Self::BootGone
            | Self::TooLarge { .. }
            | Self::Overloaded
            | Self::Draining
            | Self::Expired
            | Self::TooDeep => {}
        }
    }
}

impl Unknown {
    /// Cuts every text at [`MAX_TEXT`].
    pub(crate) fn truncate(&mut self) {
        match self {
            Self::Undecodable(text) | Self::CannotEncodeReply(text) => cut(text),
            Self::Deadline
            | Self::ConnectionLost
            | Self::ReplyTooLarge { .. }
            | Self::Stopped
            | Self::SlowReader
            | Self::GivenUp => {}
        }
    }
}

fn cut(text: &mut String) {
    text.truncate(truncated(text, MAX_TEXT).len());
}
