//! The guard around a serializer.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::meter::{Meter, Trip, Tripped};

/// A value that is serialized through the guard.
pub(in crate::wire) struct Guarded<'g, T: ?Sized> {
    value: &'g T,
    meter: &'g Meter,
    depth: u32,
}

impl<'g, T: ?Sized> Guarded<'g, T> {
    #[inline]
    pub(in crate::wire) fn new(value: &'g T, meter: &'g Meter) -> Self {
        Self { value, meter, depth: 0 }
    }
}

impl<T: Serialize + ?Sized> Serialize for Guarded<'_, T> {
    #[inline]
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Guard { inner, meter: self.meter, depth: self.depth })
    }
}

/// A serializer, or one of its compounds, with the meter that watches it.
struct Guard<'g, I> {
    inner: I,
    meter: &'g Meter,
    depth: u32,
}

/// A sequence or map, with the number of elements still to come.
struct Counted<'g, I> {
    guard: Guard<'g, I>,
    left: usize,
}

impl<I> Guard<'_, I> {
    #[inline]
    fn enter<E: serde::ser::Error>(&self) -> Result<u32, E> {
        self.meter.enter(self.depth).map_err(Tripped::ser)
    }

    /// The length of a collection: it must be known and within the budget.
    #[inline]
    fn claim<E: serde::ser::Error>(&self, len: Option<usize>) -> Result<usize, E> {
        let len = len.ok_or_else(|| self.meter.trip(Trip::NoLength).ser())?;
        self.meter.claim(len).map_err(Tripped::ser)?;
        Ok(len)
    }

    #[cold]
    fn skipped<E: serde::ser::Error>(&self, field: &'static str) -> E {
        self.meter.trip(Trip::SkippedField(field)).ser()
    }
}

impl<I> Counted<'_, I> {
    #[inline]
    fn count<E: serde::ser::Error>(&mut self) -> Result<(), E> {
        let left = self.left.checked_sub(1);
        self.left = left.ok_or_else(|| self.guard.meter.trip(Trip::WrongLength).ser())?;
        Ok(())
    }

    #[inline]
    fn complete<E: serde::ser::Error>(&self) -> Result<(), E> {
        if self.left == 0 { Ok(()) } else { Err(self.guard.meter.trip(Trip::WrongLength).ser()) }
    }
}

macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {$(
        #[inline]
        fn $method(self, $($argument: $type),*) -> Result<S::Ok, S::Error> {
            self.inner.$method($($argument),*)
        }
    )*};
}

macro_rules! compound {
    ($($method:ident($($argument:ident: $type:ty),*) -> $out:ident;)*) => {$(
        #[inline]
        fn $method(self, $($argument: $type),*) -> Result<Self::$out, S::Error> {
            let depth = self.enter()?;
            Ok(Guard { inner: self.inner.$method($($argument),*)?, meter: self.meter, depth })
        }
    )*};
}

impl<'g, S: Serializer> Serializer for Guard<'g, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Counted<'g, S::SerializeSeq>;
    type SerializeTuple = Guard<'g, S::SerializeTuple>;
    type SerializeTupleStruct = Guard<'g, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Guard<'g, S::SerializeTupleVariant>;
    type SerializeMap = Counted<'g, S::SerializeMap>;
    type SerializeStruct = Guard<'g, S::SerializeStruct>;
    type SerializeStructVariant = Guard<'g, S::SerializeStructVariant>;

    forward! {
        serialize_bool(v: bool);
        serialize_i8(v: i8);
        serialize_i16(v: i16);
        serialize_i32(v: i32);
        serialize_i64(v: i64);
        serialize_i128(v: i128);
        serialize_u8(v: u8);
        serialize_u16(v: u16);
        serialize_u32(v: u32);
        serialize_u64(v: u64);
        serialize_u128(v: u128);
        serialize_f32(v: f32);
        serialize_f64(v: f64);
        serialize_char(v: char);
        serialize_str(v: &str);
        serialize_bytes(v: &[u8]);
        serialize_unit();
        serialize_unit_struct(name: &'static str);
    }

    compound! {
        serialize_tuple(len: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeTupleVariant;
        serialize_struct(name: &'static str, len: usize) -> SerializeStruct;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeStructVariant;
    }

    // The reader is one level deeper as soon as it meets an option or an enum, whatever is in it.
    #[inline]
    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.enter()?;
        self.inner.serialize_none()
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.enter()?;
        self.inner.serialize_unit_variant(name, index, variant)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let depth = self.enter()?;
        self.inner.serialize_some(&Guarded { value, meter: self.meter, depth })
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let depth = self.enter()?;
        self.inner.serialize_newtype_struct(name, &Guarded { value, meter: self.meter, depth })
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let depth = self.enter()?;
        let value = Guarded { value, meter: self.meter, depth };
        self.inner.serialize_newtype_variant(name, index, variant, &value)
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        let depth = self.enter()?;
        let left = self.claim(len)?;
        let inner = self.inner.serialize_seq(Some(left))?;
        Ok(Counted { guard: Guard { inner, meter: self.meter, depth }, left })
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        let depth = self.enter()?;
        let left = self.claim(len)?;
        let inner = self.inner.serialize_map(Some(left))?;
        Ok(Counted { guard: Guard { inner, meter: self.meter, depth }, left })
    }

    #[inline]
    fn collect_str<T: core::fmt::Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

impl<I: SerializeSeq> SerializeSeq for Counted<'_, I> {
    type Ok = I::Ok;
    type Error = I::Error;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), I::Error> {
        self.count()?;
        let value = Guarded { value, meter: self.guard.meter, depth: self.guard.depth };
        self.guard.inner.serialize_element(&value)
    }

    #[inline]
    fn end(self) -> Result<I::Ok, I::Error> {
        self.complete()?;
        self.guard.inner.end()
    }
}

impl<I: SerializeMap> SerializeMap for Counted<'_, I> {
    type Ok = I::Ok;
    type Error = I::Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), I::Error> {
        self.count()?;
        let value = Guarded { value, meter: self.guard.meter, depth: self.guard.depth };
        self.guard.inner.serialize_key(&value)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), I::Error> {
        let value = Guarded { value, meter: self.guard.meter, depth: self.guard.depth };
        self.guard.inner.serialize_value(&value)
    }

    #[inline]
    fn end(self) -> Result<I::Ok, I::Error> {
        self.complete()?;
        self.guard.inner.end()
    }
}

macro_rules! positional {
    ($($trait:ident::$method:ident;)*) => {$(
        impl<I: $trait> $trait for Guard<'_, I> {
            type Ok = I::Ok;
            type Error = I::Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), I::Error> {
                let value = Guarded { value, meter: self.meter, depth: self.depth };
                self.inner.$method(&value)
            }

            #[inline]
            fn end(self) -> Result<I::Ok, I::Error> {
                self.inner.end()
            }
        }
    )*};
}

positional! {
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! named {
    ($($trait:ident;)*) => {$(
        impl<I: $trait> $trait for Guard<'_, I> {
            type Ok = I::Ok;
            type Error = I::Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), I::Error> {
                let value = Guarded { value, meter: self.meter, depth: self.depth };
                self.inner.serialize_field(name, &value)
            }

            // Left alone, the reader would take the next field's bytes for this one.
            fn skip_field(&mut self, name: &'static str) -> Result<(), I::Error> {
                Err(self.skipped(name))
            }

            #[inline]
            fn end(self) -> Result<I::Ok, I::Error> {
                self.inner.end()
            }
        }
    )*};
}

named! {
    SerializeStruct;
    SerializeStructVariant;
}
