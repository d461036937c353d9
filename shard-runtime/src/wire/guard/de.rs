//! The guard around a deserializer.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::meter::{Meter, Trip, Tripped};

/// Deserializes a `T` through the guard.
pub(in crate::wire) struct GuardedSeed<'g, T> {
    meter: &'g Meter,
    value: PhantomData<T>,
}

impl<'g, T> GuardedSeed<'g, T> {
    #[inline]
    pub(in crate::wire) fn new(meter: &'g Meter) -> Self {
        Self { meter, value: PhantomData }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for GuardedSeed<'_, T> {
    type Value = T;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<T, D::Error> {
        T::deserialize(Guard { inner, meter: self.meter, depth: 0 })
    }
}

/// Something of serde's (a deserializer, a visitor, an access, a seed) with the meter that watches it.
struct Guard<'g, I> {
    inner: I,
    meter: &'g Meter,
    depth: u32,
}

/// A visitor whose sequence or map has a length that the message claims.
struct Claiming<'g, V>(Guard<'g, V>);

/// The elements of a collection, with the part of its length for which memory may be reserved.
struct Elements<'g, A> {
    guard: Guard<'g, A>,
    hint: usize,
}

impl<'g, I> Guard<'g, I> {
    #[inline]
    fn wrap<J>(&self, inner: J) -> Guard<'g, J> {
        Guard { inner, meter: self.meter, depth: self.depth }
    }

    /// The visitor of a value that contains others, which are one level deeper.
    #[inline]
    fn deeper<V, E: serde::de::Error>(self, visitor: V) -> Result<(I, Guard<'g, V>), E> {
        let depth = self.meter.enter(self.depth).map_err(Tripped::de)?;
        Ok((self.inner, Guard { inner: visitor, meter: self.meter, depth }))
    }
}

macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*) => $to:ident;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$to($($argument,)* visitor)
        }
    )*};
}

macro_rules! descend {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            let (inner, visitor) = self.deeper(visitor)?;
            inner.$method($($argument,)* visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Guard<'_, D> {
    type Error = D::Error;

    forward! {
        deserialize_any() => deserialize_any;
        deserialize_bool() => deserialize_bool;
        deserialize_i8() => deserialize_i8;
        deserialize_i16() => deserialize_i16;
        deserialize_i32() => deserialize_i32;
        deserialize_i64() => deserialize_i64;
        deserialize_i128() => deserialize_i128;
        deserialize_u8() => deserialize_u8;
        deserialize_u16() => deserialize_u16;
        deserialize_u32() => deserialize_u32;
        deserialize_u64() => deserialize_u64;
        deserialize_u128() => deserialize_u128;
        deserialize_f32() => deserialize_f32;
        deserialize_f64() => deserialize_f64;
        deserialize_char() => deserialize_char;
        deserialize_str() => deserialize_str;
        deserialize_bytes() => deserialize_bytes;
        // Owned texts and byte strings are copied out of borrowed ones: a format that allocates for the length
        // it was told, before looking for the bytes, is how ten bytes abort a process.
        deserialize_string() => deserialize_str;
        deserialize_byte_buf() => deserialize_bytes;
        deserialize_unit() => deserialize_unit;
        deserialize_unit_struct(name: &'static str) => deserialize_unit_struct;
        deserialize_identifier() => deserialize_identifier;
        deserialize_ignored_any() => deserialize_ignored_any;
    }

    descend! {
        deserialize_option();
        deserialize_newtype_struct(name: &'static str);
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let (inner, visitor) = self.deeper(visitor)?;
        inner.deserialize_seq(Claiming(visitor))
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let (inner, visitor) = self.deeper(visitor)?;
        inner.deserialize_map(Claiming(visitor))
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Only what a format may call for a value that contains others.
impl<'de, V: Visitor<'de>> Visitor<'de> for Guard<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    #[inline]
    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let inner = self.wrap(inner);
        self.inner.visit_some(inner)
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let inner = self.wrap(inner);
        self.inner.visit_newtype_struct(inner)
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let hint = inner.size_hint().unwrap_or(0);
        let guard = self.wrap(inner);
        self.inner.visit_seq(Elements { guard, hint })
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let inner = self.wrap(inner);
        self.inner.visit_enum(inner)
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Claiming<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let hint = claim(self.0.meter, inner.size_hint())?;
        let guard = self.0.wrap(inner);
        self.0.inner.visit_seq(Elements { guard, hint })
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let hint = claim(self.0.meter, inner.size_hint())?;
        let guard = self.0.wrap(inner);
        self.0.inner.visit_map(Elements { guard, hint })
    }
}

#[inline]
fn claim<E: serde::de::Error>(meter: &Meter, len: Option<usize>) -> Result<usize, E> {
    match len {
        Some(len) => meter.claim(len).map_err(Tripped::de),
        None => Err(meter.trip(Trip::NoLength).de()),
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        let seed = self.guard.wrap(seed);
        self.guard.inner.next_element_seed(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.hint)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Elements<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let seed = self.guard.wrap(seed);
        self.guard.inner.next_key_seed(seed)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        let seed = self.guard.wrap(seed);
        self.guard.inner.next_value_seed(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.hint)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Guard<'_, S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        let inner = self.wrap(inner);
        self.inner.deserialize(inner)
    }
}

impl<'de, 'g, A: EnumAccess<'de>> EnumAccess<'de> for Guard<'g, A> {
    type Error = A::Error;
    type Variant = Guard<'g, A::Variant>;

    // The index of the variant is a number: there is nothing in it to guard.
    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(seed)?;
        Ok((value, Guard { inner: variant, meter: self.meter, depth: self.depth }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Guard<'_, A> {
    type Error = A::Error;

    #[inline]
    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    #[inline]
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        let seed = self.wrap(seed);
        self.inner.newtype_variant_seed(seed)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = self.wrap(visitor);
        self.inner.tuple_variant(len, visitor)
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let visitor = self.wrap(visitor);
        self.inner.struct_variant(fields, visitor)
    }
}
