//! The secret that all nodes of a cluster share.

use std::fmt;
use std::sync::Arc;

/// The fewest bytes a secret may have: 128 bits, when they are random.
const MIN_LEN: usize = 16;

/// How many secrets may be valid at once, the current one included.
const MAX_SECRETS: usize = 8;

/// A secret that all nodes of a cluster share: whoever has it can join, and can make tokens.
///
/// It is at least 16 bytes, and must be *random*: a handshake that someone overhears lets them try
/// guesses without asking anybody. Make one with `openssl rand -hex 32`. The bytes are taken as they
/// are, so a line break at the end of a file is part of the secret.
///
/// Neither `Debug` nor any other trait shows what is inside.
///
/// ```
/// use shard_runtime::Secret;
///
/// let secret = Secret::new("81ea4a17a7a3b3a1d6a4e0a1c7e5cf4b")?;
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// assert!(Secret::new("too short").is_err());
/// # Ok::<(), shard_runtime::SecretError>(())
/// ```
#[derive(Clone)]
pub struct Secret(Arc<[u8]>);

impl Secret {
    /// Takes the bytes of a secret, as text or raw.
    ///
    /// # Errors
    ///
    /// [`SecretError::TooShort`] when there are fewer than 16 bytes.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, SecretError> {
        let bytes = bytes.as_ref();
        if bytes.len() < MIN_LEN {
            return Err(SecretError::TooShort { len: bytes.len() });
        }
        Ok(Self(bytes.into()))
    }

    /// The bytes, for deriving keys and for nothing else.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The secrets that are valid at the moment: the current one, and those that are being replaced.
///
/// A node proves itself with the newest secret that both sides know, and signs tokens with the current
/// one; links and tokens of previous ones are accepted. To change the secret of a running cluster:
/// give every node the new one as *previous*, then every node the new one as current and the old one
/// as previous, and drop the old one when its last token has expired (24 h at most).
///
/// ```
/// use shard_runtime::{Secret, Secrets};
///
/// let old = Secret::new("81ea4a17a7a3b3a1d6a4e0a1c7e5cf4b")?;
/// let new = Secret::new("0b7bd2dfb9c4e7a8e3a5d1c2f4906e11")?;
/// let secrets = Secrets::new(new).with_previous(old)?;
/// # Ok::<(), shard_runtime::SecretError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Secrets {
    current: Secret,
    previous: Vec<Secret>,
}

impl Secrets {
    /// One secret, with which everything is signed.
    #[must_use]
    pub fn new(current: Secret) -> Self {
        Self { current, previous: Vec::new() }
    }

    /// What stands for a secret between nodes that know each other by certificates alone. Everybody knows it, so it proves
    /// and signs nothing: it must go nowhere but through what the certificates protect.
    #[cfg(feature = "tls")]
    pub(crate) fn public() -> Self {
        Self::new(Secret(Arc::from(*b"no secret, but certificates")))
    }

    /// Also accepts what was signed with `secret`. Add the youngest first: at the handshake the first
    /// one that both sides know is used.
    ///
    /// # Errors
    ///
    /// [`SecretError::TooMany`] when there are eight already, the current one included.
    pub fn with_previous(mut self, secret: Secret) -> Result<Self, SecretError> {
        if self.iter().count() >= MAX_SECRETS {
            return Err(SecretError::TooMany);
        }
        self.previous.push(secret);
        Ok(self)
    }

    pub(super) fn current(&self) -> &Secret {
        &self.current
    }

    pub(super) fn previous(&self) -> &[Secret] {
        &self.previous
    }

    /// All of them, the current one first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

impl From<Secret> for Secrets {
    fn from(current: Secret) -> Self {
        Self::new(current)
    }
}

/// Why a secret was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Fewer than 16 bytes could be guessed.
    #[error("the cluster secret has {len} bytes and needs at least 16: make one with `openssl rand -hex 32`")]
    TooShort {
        /// How many bytes there were.
        len: usize,
    },
    /// More than eight secrets at once.
    #[error("more than eight cluster secrets at once: drop those whose tokens have expired")]
    TooMany,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_sixteen_bytes_and_not_fifteen() {
        assert!(Secret::new([7; 16]).is_ok());
        let error = Secret::new("fifteen bytes!!").unwrap_err();
        assert_eq!(error, SecretError::TooShort { len: 15 });
        assert!(error.to_string().contains("openssl rand -hex 32"));
        assert_eq!(Secret::new("").unwrap_err(), SecretError::TooShort { len: 0 });
    }

    #[test]
    fn never_shows_itself() {
        let secrets = Secrets::new(Secret::new("a very secret text").unwrap());
        assert_eq!(format!("{secrets:?}"), "Secrets { current: Secret(..), previous: [] }");
    }

    #[test]
    fn holds_eight_and_not_nine() {
        let secret = |n| Secret::new([n; 16]).unwrap();
        let full = (1..8).fold(Secrets::new(secret(0)), |all, n| all.with_previous(secret(n)).unwrap());
        assert_eq!(full.iter().map(|s| s.bytes()[0]).collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
        assert_eq!(full.with_previous(secret(9)).unwrap_err(), SecretError::TooMany);
    }
}
