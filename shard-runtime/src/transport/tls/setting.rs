//! Where a node's certificates come from, as a program says it.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::TlsError;

/// The certificates by which nodes know each other and encrypt their links, given to
/// [`NodeBuilder::tls`](crate::NodeBuilder::tls): mutual TLS 1.3, with a CA of your own. Needs the feature `tls`.
///
/// All three are PEM:
///
/// | | |
/// |---|---|
/// | CA | the certificates of the CAs whose nodes are let in, one or several |
/// | certificate | this node's, and after it those of intermediate CAs, if there are any; together at most 8 KiB |
/// | key | the private key of the node's certificate: PKCS#8, PKCS#1 or SEC1, not encrypted |
///
/// **Whoever has a certificate of the CA is a node**, so the CA signs for this cluster and for nothing else. A node's
/// certificate can be used on both ends of a connection (`serverAuth` and `clientAuth`), and its subject alternative names
/// have the host that the node advertises, and every other by which it is dialled: names (a wildcard for one label counts),
/// or IP addresses.
///
/// `examples/deploy/make-certificates.sh` makes a CA and three such certificates.
///
/// # Example
///
/// ```
/// use shard_runtime::{Node, Tls};
///
/// let tls = Tls::from_pem_files("/etc/game/ca.pem", "/etc/game/node.pem", "/etc/game/node.key");
/// let builder = Node::builder("my-game").listen("10.0.0.5:7400").tls(tls);
/// # let _ = builder;
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Tls {
    pub(super) ca: Part,
    pub(super) certificate: Part,
    pub(super) key: Part,
}

/// One of the three.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Part {
    File(PathBuf),
    Text(Arc<[u8]>),
}

/// What tells a file from the one that was there before. Times are seconds and nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) modified: (i64, i64),
    /// When anything about it has changed, its owner and its permissions with it.
    pub(super) changed: (i64, i64),
    pub(super) length: u64,
    pub(super) inode: u64,
}

/// Of all three; of what is not a file, or not there, nothing is known.
pub(super) type Stamps = [Option<Stamp>; 3];

impl Tls {
    /// Reads them from files: when the node starts, and again whenever one of them has changed, which is looked at every
    /// second. Connections that are made from then on use the new ones, and those that are open stay as they are. Files that
    /// cannot be used (half a certificate, a key of another one, one that has expired or is for another host) are logged,
    /// and those before stay in use; they are tried again every few seconds. A certificate that has less than 14 days left
    /// is logged as well.
    pub fn from_pem_files(
        ca: impl Into<PathBuf>,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        let file = Part::File;
        Self { ca: file(ca.into()), certificate: file(certificate.into()), key: file(key.into()) }
    }

    /// Takes them as they are, for as long as the node lives.
    pub fn from_pem(ca: impl AsRef<[u8]>, certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        let text = |part: &[u8]| Part::Text(part.into());
        Self { ca: text(ca.as_ref()), certificate: text(certificate.as_ref()), key: text(key.as_ref()) }
    }

    /// Whether they can change.
    pub(super) fn is_in_files(&self) -> bool {
        self.parts().into_iter().any(|part| matches!(part, Part::File(_)))
    }

    /// What is there at the moment.
    pub(super) fn stamps(&self) -> Stamps {
        self.parts().map(Part::stamp)
    }

    fn parts(&self) -> [&Part; 3] {
        [&self.ca, &self.certificate, &self.key]
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ca, certificate, key } = self;
        f.debug_struct("Tls").field("ca", ca).field("certificate", certificate).field("key", key).finish()
    }
}

impl Part {
    pub(super) fn read(&self) -> Result<Vec<u8>, TlsError> {
        match self {
            Self::File(path) => {
                fs::read(path).map_err(|source| TlsError::Unreadable { path: path.clone(), source })
            }
            Self::Text(text) => Ok(text.to_vec()),
        }
    }

    fn stamp(&self) -> Option<Stamp> {
        let Self::File(path) = self else { return None };
        // Of what a link leads to: whoever keeps secrets in volumes swaps the links.
        let metadata = fs::metadata(path).ok()?;
        Some(Stamp {
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            length: metadata.len(),
            inode: metadata.ino(),
        })
    }
}

/// A key is shown nowhere.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.fmt(f),
            Self::Text(_) => f.write_str("(PEM)"),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "`{}`", path.display()),
            Self::Text(_) => f.write_str("what was given as PEM"),
        }
    }
}
