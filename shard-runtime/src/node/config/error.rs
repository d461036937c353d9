//! What can be wrong with a configuration.

use std::io;
use std::path::PathBuf;

use crate::discovery::DiscoveryError;
#[cfg(feature = "tls")]
use crate::transport::TlsError;

/// Why a node cannot start with the configuration that it was given.
///
/// Each text, or that of its [source](std::error::Error::source), says what to set instead. None contains a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The environment has a `SHARD_*` variable that means nothing, most likely a slip of the pen.
    #[error("the environment variable `{name}` is not known; known are {known}")]
    UnknownVariable {
        /// The variable that was found.
        name: String,
        /// All variables that mean something.
        known: String,
    },

    /// A setting has a value that cannot be understood or is out of range.
    #[error("{setting} is `{value}`, expected {expected}")]
    Malformed {
        /// The environment variable, or the setting of the builder.
        setting: &'static str,
        /// The value that was found.
        value: String,
        /// What would have been right, with an example.
        expected: &'static str,
    },

    /// A setting needs a feature that this program was built without.
    #[error(
        "`{setting}` needs the feature `{feature}` of `shard-runtime`, which this program was built without"
    )]
    MissingFeature {
        /// The environment variable.
        setting: &'static str,
        /// The feature.
        feature: &'static str,
    },

    /// Of the three files of a node's certificates some are not given.
    #[cfg(feature = "tls")]
    #[error("`{missing}` is not set: certificates are a CA, a certificate and its key, in three files")]
    IncompleteTls {
        /// The environment variables that are not set.
        missing: String,
    },

    /// The node's certificates cannot be used.
    #[cfg(feature = "tls")]
    #[error("the node's certificates (`SHARD_TLS_CA`, `SHARD_TLS_CERT`, `SHARD_TLS_KEY`) cannot be used")]
    Tls(#[from] TlsError),

    /// The way to find other nodes cannot be used.
    #[error("it cannot be told how to find other nodes (`SHARD_DISCOVERY`, `SHARD_PEERS`)")]
    Discovery(#[from] DiscoveryError),

    /// It is said twice how other nodes are found.
    #[error(
        "peers (`SHARD_PEERS`) are given beside the discovery (`SHARD_DISCOVERY`) `{discovery}`: they are short for \
         `fixed://…`; give one of the two"
    )]
    PeersAndDiscovery {
        /// The discovery that is given beside the peers.
        discovery: String,
    },

    /// The chosen network interface does not exist here, or has no address that can be used.
    #[error("no network interface here matches `{wanted}`; there are {available}")]
    NoInterface {
        /// The interface that was asked for, by name, subnet or address.
        wanted: String,
        /// The interfaces of this machine and their addresses.
        available: String,
    },

    /// The machine's network interfaces cannot be listed.
    #[error("cannot list this machine's network interfaces: set `SHARD_ADVERTISE` to this node's address")]
    Interfaces(#[source] io::Error),

    /// The node listens everywhere, and no address can be found that others could reach it by.
    #[error(
        "listening on `{bound}`, but this machine has no address to tell other nodes; \
         set `SHARD_ADVERTISE` to the address that they can reach this node by"
    )]
    NoAdvertisedAddress {
        /// The address that is bound.
        bound: String,
    },

    /// The node would be named after a port that changes with every start.
    #[error(
        "a node that others reach at `{advertised}` needs a name that stays the same when it restarts, and the port \
         of `{listen}` is a new one each time; set `SHARD_NODE` to a name, or `SHARD_LISTEN` to an address with a \
         fixed port"
    )]
    EphemeralPort {
        /// The address to listen on, as it was asked for.
        listen: String,
        /// The address that other nodes would be told.
        advertised: String,
    },

    /// The node can be reached from elsewhere, and has neither a secret nor a certificate to tell its peers from anybody
    /// else.
    #[error(
        "a node that others reach at `{advertised}` needs the cluster's secret: make one with \
         `openssl rand -hex 32` and give it to every node as `SHARD_SECRET` or with `.secret(..)`; or give each a \
         certificate (`SHARD_TLS_CA`, `SHARD_TLS_CERT`, `SHARD_TLS_KEY`, with the feature `tls`)"
    )]
    NoSecret {
        /// The address that other nodes are told.
        advertised: String,
    },

    /// The secret before the current one is given, and the current one is not.
    #[error(
        "`SHARD_SECRET_PREVIOUS` is set and there is no secret that it was before: set `SHARD_SECRET` to the current one, \
         or unset both"
    )]
    PreviousSecretAlone,

    /// No directory is known in which the development secret could be kept.
    #[error(
        "no place to keep a development secret: neither `XDG_STATE_HOME` nor `HOME` is an absolute path; \
         set `SHARD_SECRET`"
    )]
    NoSecretDirectory,

    /// The development secret cannot be used as it lies there.
    #[error("the development secret `{}` {problem}; {help}, or set `SHARD_SECRET`", path.display())]
    UnusableSecret {
        /// The file or its directory.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        help: &'static str,
    },

    /// The development secret cannot be read or made.
    #[error("cannot keep a development secret in `{}`: set `SHARD_SECRET`", path.display())]
    SecretFile {
        /// The file or its directory.
        path: PathBuf,
        /// The operating system's reason.
        #[source]
        error: io::Error,
    },
}

impl ConfigError {
    pub(super) fn malformed(setting: &'static str, value: &str, expected: &'static str) -> Self {
        Self::Malformed { setting, value: value.to_owned(), expected }
    }
}

#[cfg(test)]
impl ConfigError {
    /// All of it, as a program prints it.
    pub(super) fn whole(&self) -> String {
        let causes = std::iter::successors(Some(self as &dyn std::error::Error), |error| error.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn what_has_a_source_does_not_say_the_same_as_that() {
        let io = || io::Error::other("the system's reason");
        let unknown = DiscoveryError::UnknownEngine { found: "etcd".into(), known: "all".into() };
        for error in [
            #[cfg(feature = "tls")]
            TlsError::Unreadable { path: "/ca".into(), source: io() }.into(),
            ConfigError::Discovery(unknown),
            ConfigError::Interfaces(io()),
            ConfigError::SecretFile { path: "/secret".into(), error: io() },
        ] {
            let source = error.source().unwrap().to_string();
            assert!(!error.to_string().contains(&source), "{error}");
            let whole = error.whole();
            let innermost = whole.rsplit(": ").next().unwrap();
            assert_eq!(whole.matches(innermost).count(), 1, "{whole}");
        }
    }
}
