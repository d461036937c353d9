//! What turns into a key.

use super::{Key, Kind};

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::new(Kind::Text, text.as_bytes())
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for Key {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<&[u8]> for Key {
    fn from(bytes: &[u8]) -> Self {
        Self::new(Kind::Bytes, bytes)
    }
}

impl<const N: usize> From<&[u8; N]> for Key {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

impl From<Vec<u8>> for Key {
    fn from(bytes: Vec<u8>) -> Self {
        bytes.as_slice().into()
    }
}

impl From<&Key> for Key {
    fn from(key: &Key) -> Self {
        key.clone()
    }
}

impl From<u64> for Key {
    fn from(natural: u64) -> Self {
        Self::new(Kind::Natural, &natural.to_le_bytes())
    }
}

impl From<i64> for Key {
    fn from(integer: i64) -> Self {
        let kind = if integer < 0 { Kind::Negative } else { Kind::Natural };
        Self::new(kind, &integer.to_le_bytes())
    }
}

macro_rules! from_integers {
    ($($narrow:ty => $wide:ty),*) => {$(
        impl From<$narrow> for Key {
            fn from(integer: $narrow) -> Self {
                <$wide>::from(integer).into()
            }
        }
    )*};
}

from_integers!(u8 => u64, u16 => u64, u32 => u64, i8 => i64, i16 => i64, i32 => i64);

impl From<usize> for Key {
    fn from(natural: usize) -> Self {
        // No platform of Rust has a `usize` of more than 64 bits, so this bound is never reached.
        u64::try_from(natural).unwrap_or(u64::MAX).into()
    }
}

impl From<isize> for Key {
    fn from(integer: isize) -> Self {
        i64::try_from(integer).unwrap_or(if integer < 0 { i64::MIN } else { i64::MAX }).into()
    }
}
