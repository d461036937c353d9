//! Small conversions that keep every generated body one line long.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;

/// `Result<T, E>`, also behind an alias.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result`, but the method is marked as fallible",
    label = "this is not a `Result`",
    note = "remove `#[fallible]`, or return a `Result<T, E>`"
)]
pub trait Fallible {
    /// `T` of `Result<T, E>`.
    type Value;
    /// `E` of `Result<T, E>`.
    type Error;
    /// The same result with its parts named.
    fn into_result(self) -> Result<Self::Value, Self::Error>;
}

impl<T, E> Fallible for Result<T, E> {
    type Value = T;
    type Error = E;
    fn into_result(self) -> Self {
        self
    }
}

/// The error of a method that has none. There is no value of this type, so a match on it has no arm; it
/// is not [`core::convert::Infallible`] because an error must be able to travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Never {}

impl core::fmt::Display for Never {
    fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {}
    }
}

impl core::error::Error for Never {}

/// The result of a method that cannot fail.
pub fn plain<T>(value: T) -> Result<T, Never> {
    Ok(value)
}

/// The result of a method whose `Result` stands behind an alias.
pub fn fallible<R: Fallible>(result: R) -> Result<R::Value, R::Error> {
    result.into_result()
}

/// Tells a `Result` from any other type while constants are evaluated.
pub struct Probe<T>(core::marker::PhantomData<T>);

/// The answer for everything that [`Probe`] has no better one for.
pub trait IsNotResult {
    /// Whether the type is a `Result`.
    const IS_RESULT: bool = false;
}

impl<T> IsNotResult for Probe<T> {}

impl<T, E> Probe<Result<T, E>> {
    /// Whether the type is a `Result`: this one is.
    pub const IS_RESULT: bool = true;
}

/// `Cow<'_, str>` decoded without a copy; serde's own implementation always copies.
pub struct CowStr<'a>(pub Cow<'a, str>);

impl Serialize for CowStr<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for CowStr<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = CowStr<'de>;
            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("text")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(CowStr(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(CowStr(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// `&[u8]`, carried as bytes rather than as a sequence of numbers.
pub struct ByteSlice<'a>(pub &'a [u8]);

impl Serialize for ByteSlice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for ByteSlice<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&'de [u8]>::deserialize(deserializer).map(ByteSlice)
    }
}

/// `Vec<u8>`, carried as bytes rather than as a sequence of numbers.
pub struct ByteVec(pub Vec<u8>);

impl Serialize for ByteVec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for ByteVec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = ByteVec;
            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(ByteVec(bytes.to_vec()))
            }
            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Self::Value, E> {
                Ok(ByteVec(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Visitor)
    }
}
