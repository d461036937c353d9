//! What can go wrong outside of a call.

use std::error::Error as StdError;
use std::io;

use crate::node::config::ConfigError;
use crate::route::{KeyTooLong, TokenError};
use crate::trust::SecretError;

/// What can go wrong outside of a call: starting a node, making a shard. A call itself fails with a
/// [`CallError`](crate::CallError); both stand in one function that returns `Box<dyn Error>` or the
/// like.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No node that this one knows of hosts the module.
    #[error("no node hosts module `{module}`")]
    NoHost {
        /// The module's name.
        module: String,
    },
    /// The node does not take part yet: await `Node::ready` first.
    #[error("the node's view of the cluster has not settled yet: await `ready()` before placing keys")]
    NotReady,
    /// The node neither hosts nor calls the module.
    #[error(
        "module `{module}` was not given to the node: add `.module(..)` or `.client_of::<..>()` to its builder"
    )]
    NotRegistered {
        /// The module's name.
        module: String,
    },
    /// The state belongs to no node: it was not handed to a handler.
    #[error("this state belongs to no node: only one that a handler was given reaches the cluster")]
    NoNode,
    /// The key is too long.
    #[error(transparent)]
    Key(#[from] KeyTooLong),
    /// The token was refused. The reason stands in the log of the node, not in the error, which may be
    /// shown to a client.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The node drains, or has stopped.
    #[error("the node is shutting down")]
    Draining,
    /// A setting, in code or in a variable, is not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The cluster's secret is not right.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The node cannot listen there.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// The address asked for.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system gives no thread on which the node can show that it lives.
    #[error("cannot start the thread of the node's liveness")]
    Liveness(#[source] io::Error),
    /// Two modules of one name were given to the node.
    #[error(
        "two modules are called `{module}`: give one of them another name with `#[sharded_module(name = \"…\")]`"
    )]
    DuplicateModule {
        /// The name.
        module: String,
    },
    /// The encoding cannot carry a type of a module's method.
    #[error("{what} of `{module}::{method}` cannot travel: {reason}")]
    CannotTravel {
        /// The module's name.
        module: String,
        /// The method's name.
        method: String,
        /// Which argument, or the result, with its type as written.
        what: String,
        /// What stands in the way, and where in the type.
        reason: String,
    },
    /// A module's `on_start` failed.
    #[error("`on_start` of module `{module}` failed")]
    OnStart {
        /// The module's name.
        module: String,
        /// What it returned.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The other nodes do not take this one in.
    #[error("`{address}` does not take this node in: {reason}")]
    Refused {
        /// The address of the node that refused.
        address: String,
        /// Why.
        reason: String,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}
