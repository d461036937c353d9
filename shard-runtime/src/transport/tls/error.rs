//! What can be wrong with certificates.

use std::io;
use std::path::PathBuf;

/// Why certificates cannot be used. None of the texts shows a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },

    /// A file, or a text, is not what it should be.
    #[error("{place} {problem}")]
    Unusable {
        /// The file, or how it was given.
        place: String,
        /// What is wrong with it.
        problem: String,
    },

    /// The node's own certificate is one that the other nodes would refuse.
    #[error("other nodes would refuse the certificate of {place}: it {problem}")]
    Refused {
        /// The file, or how it was given.
        place: String,
        /// What is wrong with the certificate.
        problem: String,
    },
}
