//! What a node is called.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most bytes a name may have.
const MAX_LEN: usize = 128;

/// The name of a node: 1 to 128 bytes of UTF-8 without white space and control characters.
///
/// A name must be stable across restarts, since the placement of keys hangs on it, and no two living
/// nodes of a cluster share one. Cloning does not allocate.
///
/// ```
/// use shard_runtime::NodeName;
///
/// let name: NodeName = "host-7:4000".parse()?;
/// assert_eq!(name, "host-7:4000");
/// assert!("two words".parse::<NodeName>().is_err());
/// # Ok::<(), shard_runtime::NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeName(Arc<str>);

impl NodeName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a node is called of which nothing is known but its boot.
    pub(crate) fn of_unknown(boot: super::Boot) -> Self {
        Self(format!("boot-{boot}").into())
    }
}

impl TryFrom<&str> for NodeName {
    type Error = NameError;

    fn try_from(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            Err(NameError::Empty)
        } else if text.len() > MAX_LEN {
            Err(NameError::TooLong { len: text.len() })
        } else if let Some(found) = text.chars().find(|c| c.is_control() || c.is_whitespace()) {
            Err(NameError::Character { found })
        } else {
            Ok(Self(text.into()))
        }
    }
}

impl TryFrom<String> for NodeName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.as_str().try_into()
    }
}

impl FromStr for NodeName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        text.try_into()
    }
}

impl Borrow<str> for NodeName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for NodeName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for NodeName {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for NodeName {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for NodeName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for NodeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

/// Why a text is not the name of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There was no text.
    #[error("the node's name is empty")]
    Empty,
    /// There were more than 128 bytes.
    #[error("the node's name has {len} bytes and may have at most 128")]
    TooLong {
        /// How many bytes there were.
        len: usize,
    },
    /// There was white space or a control character.
    #[error("the node's name contains {found:?}: white space and control characters are not allowed")]
    Character {
        /// The first such character.
        found: char,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_can_stand_in_a_log_line() {
        for name in ["a", "host:4000", "[::1]:7", "größe", &"x".repeat(128)] {
            assert_eq!(NodeName::try_from(name).unwrap(), name);
        }
    }

    #[test]
    fn refuses_the_rest() {
        assert_eq!(NodeName::try_from(""), Err(NameError::Empty));
        assert_eq!(NodeName::try_from("x".repeat(129)), Err(NameError::TooLong { len: 129 }));
        for name in ["a b", "a\n", "\0", "\u{2003}a", "a\u{85}"] {
            assert!(matches!(NodeName::try_from(name), Err(NameError::Character { .. })), "{name:?}");
        }
    }

    #[test]
    fn is_a_text_in_serde_and_checked() {
        let name: NodeName = serde_json::from_str("\"alpha\"").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"alpha\"");
        assert!(serde_json::from_str::<NodeName>("\"a b\"").is_err());
    }
}
