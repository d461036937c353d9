//! The name of a shard, which also comes from elsewhere, hence the lints.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::as_conversions,
        clippy::arithmetic_side_effects,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::string_slice
    )
)]

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

mod from;

/// The most bytes a key may have.
const MAX_LEN: usize = 128;

/// How many bytes are kept in the key itself. With it a [`Key`] is 24 bytes, as a `String` is.
const INLINE: usize = 21;

/// The name of a shard: text, bytes or an integer, at most 128 bytes.
///
/// Whatever turns into a key can be given where one is asked for (`impl Into<Key>`): `&str`, `String`,
/// `&[u8]`, `Vec<u8>`, and every integer up to 64 bits. The kind is part of the key: the text `"42"`
/// and the integer `42` are two keys, while `42_u8` and `42_i64` are one. Empty text is a key like any
/// other, and the default.
///
/// Turning something into a key cannot fail, so one that is too long is found out by
/// [`check`](Self::check), which everything that places a key calls. Cloning does not allocate.
///
/// A key travels with each call and is readable in tokens: do not put secrets into one.
///
/// ```
/// use shard_runtime::Key;
///
/// let key = Key::from("arena-42");
/// assert_eq!(key, "arena-42");
/// assert_eq!(key.as_str(), Some("arena-42"));
/// assert_ne!(Key::from("42"), Key::from(42));
/// assert_eq!(Key::from(42_u8), Key::from(42_i64));
/// ```
#[derive(Clone)]
pub struct Key(Repr);

/// The written form as it is, so that a call writes it without making it.
#[derive(Clone)]
enum Repr {
    /// `len` bytes, the kind among them.
    Inline {
        len: u8,
        wire: [u8; INLINE + 1],
    },
    Shared(Arc<[u8]>),
}

/// The first byte of a key's written form.
///
/// Integers have two: eight little-endian bytes are a `u64` in one and a negative `i64` in the other,
/// which gives each number exactly one written form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Bytes,
    Natural,
    Negative,
}

impl Kind {
    fn to_wire(self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Bytes => 1,
            Self::Natural => 2,
            Self::Negative => 3,
        }
    }

    fn from_wire(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Text),
            1 => Some(Self::Bytes),
            2 => Some(Self::Natural),
            3 => Some(Self::Negative),
            _ => None,
        }
    }
}

impl Key {
    /// The most bytes a key may have.
    pub const MAX_LEN: usize = MAX_LEN;

    /// Empty text, the written form of which is its kind, 0.
    pub(crate) const EMPTY: Self = Self(Repr::Inline { len: 1, wire: [0; INLINE + 1] });

    /// Whether the key is short enough to be placed.
    ///
    /// # Errors
    ///
    /// [`KeyTooLong`] when it has more than 128 bytes.
    pub fn check(&self) -> Result<(), KeyTooLong> {
        let len = self.as_bytes().len();
        if len > MAX_LEN { Err(KeyTooLong { len }) } else { Ok(()) }
    }

    /// The text, if the key is one.
    pub fn as_str(&self) -> Option<&str> {
        if self.kind() == Kind::Text { std::str::from_utf8(self.as_bytes()).ok() } else { None }
    }

    /// The integer, if the key is one: from `i64::MIN` to `u64::MAX`.
    pub fn as_integer(&self) -> Option<i128> {
        let bytes = *self.as_bytes().first_chunk()?;
        match self.kind() {
            Kind::Natural => Some(u64::from_le_bytes(bytes).into()),
            Kind::Negative => Some(i64::from_le_bytes(bytes).into()),
            Kind::Text | Kind::Bytes => None,
        }
    }

    /// The bytes of the text in UTF-8, the bytes themselves, or the eight little-endian bytes of the
    /// integer.
    pub fn as_bytes(&self) -> &[u8] {
        self.wire().get(1..).unwrap_or_default()
    }

    /// The byte that says what the key is, as it stands in the written form and in the hash.
    pub(super) fn kind_byte(&self) -> u8 {
        self.wire().first().copied().unwrap_or_default()
    }

    /// The written form: a kind byte (0 text, 1 bytes, 2 integer ≥ 0, 3 integer < 0) and the bytes, up to the end. A
    /// key that failed its check is written all the same, and refused when read.
    pub(crate) fn wire(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, wire } => wire.get(..usize::from(*len)).unwrap_or(wire),
            Repr::Shared(wire) => wire,
        }
    }

    /// Reads what [`wire`](Self::wire) is; each key has one written form.
    #[inline]
    pub(crate) fn from_wire(wire: &[u8]) -> Result<Self, BadKey> {
        // The key of each call that follows none.
        if *wire == [0] { Ok(Self::EMPTY) } else { Self::checked(wire) }
    }

    fn checked(wire: &[u8]) -> Result<Self, BadKey> {
        let (kind, bytes) = wire.split_first().ok_or(BadKey)?;
        let kind = Kind::from_wire(*kind).ok_or(BadKey)?;
        let fits = match kind {
            Kind::Text => bytes.len() <= MAX_LEN && std::str::from_utf8(bytes).is_ok(),
            Kind::Bytes => bytes.len() <= MAX_LEN,
            Kind::Natural => bytes.len() == 8,
            Kind::Negative => bytes.len() == 8 && bytes.last().is_some_and(|high| *high >= 0x80),
        };
        if fits { Ok(Self::of_wire(wire)) } else { Err(BadKey) }
    }

    fn new(kind: Kind, from: &[u8]) -> Self {
        let mut wire = [0; INLINE + 1];
        match (u8::try_from(from.len()), wire.get_mut(..from.len().saturating_add(1))) {
            (Ok(len), Some([first, rest @ ..])) => {
                *first = kind.to_wire();
                rest.copy_from_slice(from);
                Self(Repr::Inline { len: len.saturating_add(1), wire })
            }
            _ => Self(Repr::Shared([&[kind.to_wire()], from].concat().into())),
        }
    }

    /// The key that has this written form.
    fn of_wire(from: &[u8]) -> Self {
        let mut wire = [0; INLINE + 1];
        match (u8::try_from(from.len()), wire.get_mut(..from.len())) {
            (Ok(len), Some(to)) => {
                to.copy_from_slice(from);
                Self(Repr::Inline { len, wire })
            }
            _ => Self(Repr::Shared(from.into())),
        }
    }

    fn kind(&self) -> Kind {
        // A key is made with a kind.
        Kind::from_wire(self.kind_byte()).unwrap_or(Kind::Bytes)
    }
}

impl Default for Key {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.wire() == other.wire()
    }
}

impl Eq for Key {}

impl PartialEq<str> for Key {
    fn eq(&self, other: &str) -> bool {
        self.kind() == Kind::Text && self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Key {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind_byte().hash(state);
        self.as_bytes().hash(state);
    }
}

/// Texts come first, then bytes, then integers, each in their own order.
impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.as_integer(), other.as_integer()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => (self.kind_byte(), self.as_bytes()).cmp(&(other.kind_byte(), other.as_bytes())),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The text as it is, the integer in decimals, bytes in hexadecimal.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.as_str(), self.as_integer()) {
            (Some(text), _) => f.pad(text),
            (_, Some(integer)) => fmt::Display::fmt(&integer, f),
            _ => self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

/// Text in quotes, so that the kinds can be told apart: `"42"`, `42`, `0x3432`.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str() {
            Some(text) => fmt::Debug::fmt(text, f),
            None if self.kind() == Kind::Bytes => write!(f, "0x{self}"),
            None => fmt::Display::fmt(self, f),
        }
    }
}

/// A key has more than 128 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key has {len} bytes and may have at most 128")]
pub struct KeyTooLong {
    len: usize,
}

/// Bytes from elsewhere are not a key's written form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a key")]
pub(crate) struct BadKey;

#[cfg(test)]
mod tests;
