//! How the arguments and the result of a method cross the wire.
//!
//! Plain trait bounds would say the same in fewer words, but a type without `Serialize` then costs its
//! author an error of sixty lines for each place that mentions the method. So the methods' trait asks for
//! a value of [`Passage`] instead, which generated code always finds: an inherent constant where the types
//! can travel, and otherwise a trait's of the same name that refuses to. Whether they can is then asserted
//! once, in one line, on the type itself.

use core::marker::PhantomData;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::adapt::{ByteSlice, ByteVec};
use super::method::RemoteMethod;
use super::row::panic_text;
use crate::wire::{Answer, CannotTravel, Codec as _, DecodeError, EncodeError, Limits, Shape, Wire};

type Encoded = Result<(), EncodeError>;

/// Appends the frame that answers a call. On failure there is nothing of it.
type Answering<T, E> = fn(u64, &Result<T, E>, &mut Vec<u8>, &Limits) -> Encoded;

/// The ways of one method's arguments and result into bytes and back.
pub struct Passage<M: RemoteMethod> {
    pub(crate) encode_args: fn(&M::Args<'_>, &mut Vec<u8>, &Limits) -> Encoded,
    pub(crate) decode_args: for<'a> fn(&'a [u8], &Limits) -> Result<M::Decoded<'a>, DecodeError>,
    pub(crate) answer: Answering<M::Value, M::Error>,
    /// A value by itself: what a stream sends.
    pub(crate) encode_value: fn(&M::Value, &mut Vec<u8>, &Limits) -> Encoded,
    pub(crate) outcome: OutcomePassage<M::Value, M::Error>,
    pub(crate) shapes: Shapes,
    travels: bool,
}

/// The way back of a result, on the caller's side.
pub(crate) struct OutcomePassage<T, E> {
    pub(crate) value: fn(&[u8], &Limits) -> Result<T, DecodeError>,
    pub(crate) error: fn(&[u8], &Limits) -> Result<E, DecodeError>,
}

/// What each part looks like to serde.
pub(crate) struct Shapes {
    pub(crate) args: fn() -> Result<Shape, CannotTravel>,
    pub(crate) value: fn() -> Result<Shape, CannotTravel>,
    pub(crate) error: fn() -> Result<Shape, CannotTravel>,
}

impl<T, E> Clone for OutcomePassage<T, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, E> Copy for OutcomePassage<T, E> {}

impl<M: RemoteMethod> Passage<M> {
    /// Whether everything can travel.
    #[must_use]
    pub const fn travels(&self) -> bool {
        self.travels
    }
}

/// Where generated code looks for a method's [`Passage`].
pub struct PassageOf<M>(PhantomData<M>);

impl<M: RemoteMethod> PassageOf<M>
where
    for<'a> M::Args<'a>: Serialize,
    for<'a> M::Decoded<'a>: Deserialize<'a>,
    M::Value: Serialize + DeserializeOwned,
    M::Error: Serialize + DeserializeOwned,
{
    /// Through the codec.
    pub const FOUND: Passage<M> = Passage {
        encode_args: |args, out, limits| encode(args, out, limits),
        decode_args: |bytes, limits| Wire::decode(bytes, limits),
        answer: |id, result, out, limits| match result {
            Ok(value) => Answer::write_value(id, value, out, limits),
            Err(error) => Answer::write_module(id, error, out, limits),
        },
        encode_value: |value, out, limits| encode(value, out, limits),
        outcome: OutcomePassage {
            value: |bytes, limits| decode(bytes, limits),
            error: |bytes, limits| decode(bytes, limits),
        },
        shapes: Shapes {
            args: Shape::of::<M::Decoded<'static>>,
            value: Shape::of::<M::Value>,
            error: Shape::of::<M::Error>,
        },
        travels: true,
    };
}

impl<M: RemoteMethod<Value = Vec<u8>>> PassageOf<M>
where
    for<'a> M::Args<'a>: Serialize,
    for<'a> M::Decoded<'a>: Deserialize<'a>,
    M::Error: Serialize + DeserializeOwned,
{
    /// Through the codec, with a result that is one block of bytes rather than a sequence of numbers.
    pub const BYTES: Passage<M> = Passage {
        answer: |id, result, out, limits| match result {
            Ok(bytes) => Answer::write_value(id, &ByteSlice(bytes), out, limits),
            Err(error) => Answer::write_module(id, error, out, limits),
        },
        encode_value: |bytes, out, limits| encode(&ByteSlice(bytes), out, limits),
        outcome: OutcomePassage {
            value: |bytes, limits| decode(bytes, limits).map(|ByteVec(bytes)| bytes),
            error: decode,
        },
        shapes: Shapes {
            args: Shape::of::<M::Decoded<'static>>,
            value: Shape::of::<ByteVec>,
            error: Shape::of::<M::Error>,
        },
        ..Self::FOUND
    };
}

// On the caller's node, what a user's `Serialize` or `Deserialize` throws is a failed result, as the callee
// makes it one on its own: the method has not run, or has run already, and the caller is owed to know which.

fn encode<T: Serialize>(value: &T, out: &mut Vec<u8>, limits: &Limits) -> Encoded {
    let start = out.len();
    catch_unwind(AssertUnwindSafe(|| Wire::encode(value, out, limits))).unwrap_or_else(|panic| {
        out.truncate(start);
        Err(EncodeError::Other(panic_text(&*panic)))
    })
}

fn decode<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, DecodeError> {
    catch_unwind(AssertUnwindSafe(|| Wire::decode(bytes, limits)))
        .unwrap_or_else(|panic| Err(DecodeError::Other(panic_text(&*panic))))
}

/// The passage of a method whose types cannot travel. It only keeps the compiler from complaining about
/// what has been said already; should it ever be taken, every call fails before it starts.
pub trait NoPassage<M: RemoteMethod> {
    /// Nowhere.
    const FOUND: Passage<M> = Passage {
        encode_args: |_, _, _| Err(EncodeError::Unsupported(no_passage())),
        decode_args: |_, _| Err(DecodeError::Other(no_passage())),
        answer: |_, _, _, _| Err(EncodeError::Unsupported(no_passage())),
        encode_value: |_, _, _| Err(EncodeError::Unsupported(no_passage())),
        outcome: OutcomePassage {
            value: |_, _| Err(DecodeError::Other(no_passage())),
            error: |_, _| Err(DecodeError::Other(no_passage())),
        },
        shapes: Shapes { args: no_shape, value: no_shape, error: no_shape },
        travels: false,
    };
    /// Nowhere either.
    const BYTES: Passage<M> = Self::FOUND;
}

impl<M: RemoteMethod> NoPassage<M> for PassageOf<M> {}

fn no_passage() -> String {
    String::from("its type is not one of serde's")
}

fn no_shape() -> Result<Shape, CannotTravel> {
    Err(CannotTravel { path: String::new(), type_name: String::new(), reason: no_passage() })
}

/// Tells types that can travel from others while constants are evaluated.
pub struct Travels<T>(PhantomData<T>);

impl<T: Serialize + Deserialize<'static>> Travels<T> {
    /// Whether the type can be an argument: this one can.
    pub const AS_ARGUMENT: bool = true;
}

impl<T: Serialize + DeserializeOwned> Travels<T> {
    /// Whether the type can be a result: this one can.
    pub const AS_RESULT: bool = true;
}

/// The answers for everything that [`Travels`] has no better ones for.
pub trait StaysHome {
    /// Whether the type can be an argument.
    const AS_ARGUMENT: bool = false;
    /// Whether the type can be a result.
    const AS_RESULT: bool = false;
}

impl<T> StaysHome for Travels<T> {}
