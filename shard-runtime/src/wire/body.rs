//! The body of a reply, on its way to whoever waits for it.

use core::fmt;
use core::ops::Deref;

use bytes::Bytes;

/// As many bytes are kept in place. With them a [`Body`] is 56 bytes.
const SHORT: usize = 54;

/// Bytes that are kept in place if they are few. Longer ones share the memory that they were read into, and with it a
/// count that its reader and its callers, on other threads, would all change.
#[derive(Clone)]
pub(crate) enum Body {
    Short { len: u8, bytes: [u8; SHORT] },
    Long(Bytes),
}

impl Body {
    /// A copy, if they are few enough.
    #[inline]
    pub(crate) fn short(from: &[u8]) -> Option<Self> {
        let mut bytes = [0; SHORT];
        bytes.get_mut(..from.len())?.copy_from_slice(from);
        Some(Self::Short { len: u8::try_from(from.len()).ok()?, bytes })
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::short(&bytes).unwrap_or(Self::Long(bytes))
    }
}

impl Deref for Body {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Short { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or(bytes),
            Self::Long(bytes) => bytes,
        }
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_same_bytes_wherever_they_are() {
        for len in [0, 1, SHORT, SHORT + 1, 1_000] {
            let bytes = vec![7; len];
            let body = Body::from(Bytes::from(bytes.clone()));
            assert_eq!((&*body, matches!(body, Body::Short { .. })), (&*bytes, len <= SHORT));
            assert_eq!(Body::short(&bytes).is_some(), len <= SHORT);
        }
        assert_eq!(size_of::<Body>(), 56);
    }
}
