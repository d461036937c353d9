//! The token as it travels.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::layout::{MAX_LEN, MIN_LEN};

/// As many characters as the longest token has.
const MAX_TEXT: usize = (MAX_LEN * 4).div_ceil(3);

/// The signed name of a shard, to be given to a client and taken back on any node.
///
/// As text it is base64url without padding, at most 236 characters, and each token has exactly one
/// text. In formats for people it is an object with one field, `{"id":"…"}`; in binary ones the same
/// field has the bytes.
///
/// **A token says where to go, never what one may do.** Whoever holds one that is not bound to a subject
/// may use it until it expires, and can read the shard's key in it. Check in the method what the actor
/// may do.
///
/// Anything can be turned into a `ShardToken`: what a client sends is not looked at before a shard is
/// made of it, and is refused there, with one error for everything that may be wrong. What cannot be a
/// token is not even kept: its text is empty. Equality is that of the bytes, and does not take constant
/// time: never compare tokens to decide whether one is genuine.
///
/// `Debug` never shows the token.
///
/// ```
/// use shard_runtime::ShardToken;
///
/// let token: ShardToken = serde_json::from_str(r#"{"id":"__proto__"}"#).unwrap();
/// assert_eq!(token.to_string(), "");
/// assert_eq!(format!("{token:?}"), "ShardToken(..)");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ShardToken(Arc<[u8]>);

impl ShardToken {
    /// Keeps the bytes if a token can have so many, and nothing of them otherwise.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let fits = (MIN_LEN..=MAX_LEN).contains(&bytes.len());
        Self(if fits { bytes.into() } else { Arc::default() })
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for ShardToken {
    fn from(text: &str) -> Self {
        let mut bytes = [0; MAX_LEN + 3];
        // The engine refuses padding and non-zero bits at the end: no token has two texts.
        let len =
            if text.len() > MAX_TEXT { None } else { URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok() };
        Self::from_bytes(len.and_then(|len| bytes.get(..len)).unwrap_or_default())
    }
}

impl From<&String> for ShardToken {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for ShardToken {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl FromStr for ShardToken {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

/// The text that a client keeps: base64url without padding.
impl fmt::Display for ShardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl fmt::Debug for ShardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShardToken(..)")
    }
}
