//! A deserializer that notes what it is asked for and answers with samples.

use core::any::type_name;
use core::fmt;

use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer as _, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use super::graph::{Kind, NodeId, Payload, Slot};
use super::names;
use super::recorder::Recorder;

/// The elements of a longer array share the last place.
const MAX_PLACE: usize = 255;

/// The value was not accepted, or there is none; the recorder knows which.
#[derive(Debug)]
pub(super) struct Stop;

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no value")
    }
}

impl core::error::Error for Stop {}

impl serde::de::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Stop
    }
}

/// The value in one place of one type.
pub(super) struct Recording<'r> {
    pub(super) recorder: &'r mut Recorder,
    pub(super) slot: Slot,
    /// The type that is to stand there.
    pub(super) type_name: &'static str,
}

impl Recording<'_> {
    /// A value that contains others.
    fn within<V: Visitor<'static>>(
        self,
        kind: Kind,
        visit: impl FnOnce(Inside<'_>) -> Result<V::Value, Stop>,
    ) -> Result<V::Value, Stop> {
        let (node, choice) = self.recorder.enter(self.slot, type_name::<V::Value>(), kind)?;
        let is_enum = matches!(kind, Kind::Enum(_));
        let slot = Slot { node, variant: if is_enum { choice } else { 0 }, place: 0 };
        let result = visit(Inside { recorder: &mut *self.recorder, node, choice, slot, left: 0 });
        self.recorder.leave(result.is_ok());
        result
    }

    fn leaf(&mut self, name: &'static str) -> Result<super::samples::Pick, Stop> {
        self.recorder.enter(self.slot, "", Kind::Primitive(name))?;
        self.recorder.leave(true);
        Ok(self.recorder.pick(self.slot))
    }

    fn refuse<V: Visitor<'static>>(self, reason: &str) -> Result<V::Value, Stop> {
        let name = if names::is_generated(self.type_name) { type_name::<V::Value>() } else { self.type_name };
        self.recorder.refuse(self.slot, name, reason);
        Err(Stop)
    }
}

macro_rules! leaves {
    ($($method:ident, $name:literal => $visit:ident($pick:ident => $value:expr);)*) => {$(
        fn $method<V: Visitor<'static>>(mut self, visitor: V) -> Result<V::Value, Stop> {
            let $pick = self.leaf($name)?;
            visitor.$visit($value)
        }
    )*};
}

impl Deserializer<'static> for Recording<'_> {
    type Error = Stop;

    leaves! {
        deserialize_bool, "bool" => visit_bool(pick => pick.boolean());
        deserialize_i8, "i8" => visit_i8(pick => i8::try_from(pick.integer()).unwrap_or(i8::MAX));
        deserialize_i16, "i16" => visit_i16(pick => pick.integer().into());
        deserialize_i32, "i32" => visit_i32(pick => pick.integer().into());
        deserialize_i64, "i64" => visit_i64(pick => pick.integer().into());
        deserialize_i128, "i128" => visit_i128(pick => pick.integer().into());
        deserialize_u8, "u8" => visit_u8(pick => pick.integer());
        deserialize_u16, "u16" => visit_u16(pick => pick.integer().into());
        deserialize_u32, "u32" => visit_u32(pick => pick.integer().into());
        deserialize_u64, "u64" => visit_u64(pick => pick.integer().into());
        deserialize_u128, "u128" => visit_u128(pick => pick.integer().into());
        deserialize_f32, "f32" => visit_f32(pick => pick.float());
        deserialize_f64, "f64" => visit_f64(pick => pick.float().into());
        deserialize_char, "char" => visit_char(pick => pick.character());
        deserialize_str, "text" => visit_borrowed_str(pick => pick.text());
        deserialize_string, "text" => visit_borrowed_str(pick => pick.text());
        deserialize_bytes, "bytes" => visit_borrowed_bytes(pick => pick.bytes());
        deserialize_byte_buf, "bytes" => visit_borrowed_bytes(pick => pick.bytes());
    }

    fn deserialize_unit<V: Visitor<'static>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        self.leaf("unit")?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'static>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.deserialize_unit(visitor)
    }

    // A newtype leaves no trace in the bytes, hence none in the shape: what is in it stands in its place.
    fn deserialize_newtype_struct<V: Visitor<'static>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.within::<V>(Kind::Option, |inside| {
            if inside.choice != 0 {
                return visitor.visit_none();
            }
            let inner = names::inside_option(type_name::<V::Value>());
            inside.recorder.child(inside.slot, inner, |recording| visitor.visit_some(recording))
        })
    }

    fn deserialize_seq<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Stop> {
        let len = self.recorder.pick(self.slot).length();
        self.within::<V>(Kind::Seq, |inside| {
            let left = if inside.choice == 0 { len } else { 0 };
            visitor.visit_seq(Elements(Inside { left, ..inside }))
        })
    }

    fn deserialize_map<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.within::<V>(Kind::Map, |inside| {
            let left = usize::from(inside.choice == 0);
            visitor.visit_map(Inside { left, ..inside })
        })
    }

    fn deserialize_tuple<V: Visitor<'static>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        self.within::<V>(Kind::Tuple(len), |inside| visitor.visit_seq(Inside { left: len, ..inside }))
    }

    fn deserialize_tuple_struct<V: Visitor<'static>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_struct<V: Visitor<'static>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.within::<V>(Kind::Struct(fields), |inside| {
            visitor.visit_seq(Inside { left: fields.len(), ..inside })
        })
    }

    fn deserialize_enum<V: Visitor<'static>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.within::<V>(Kind::Enum(variants), |inside| visitor.visit_enum(inside))
    }

    fn deserialize_any<V: Visitor<'static>>(self, _: V) -> Result<V::Value, Stop> {
        self.refuse::<V>(
            "it asks what comes next, which the encoding does not say \
             (`untagged`, `tag` without `content`, and types that hold any value do this)",
        )
    }

    fn deserialize_ignored_any<V: Visitor<'static>>(self, _: V) -> Result<V::Value, Stop> {
        self.refuse::<V>("it skips a value without saying of which type, which the encoding cannot")
    }

    fn deserialize_identifier<V: Visitor<'static>>(self, _: V) -> Result<V::Value, Stop> {
        let reason =
            "it asks for the names of fields, which are not written (`flatten` and `content` do this)";
        self.recorder.refuse_entered(reason);
        Err(Stop)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The places inside a value.
struct Inside<'r> {
    recorder: &'r mut Recorder,
    node: NodeId,
    choice: u32,
    slot: Slot,
    left: usize,
}

/// The elements of a sequence: all of them stand in one place.
struct Elements<'r>(Inside<'r>);

impl Inside<'_> {
    fn ask<T: DeserializeSeed<'static>>(&mut self, seed: T) -> Result<T::Value, Stop> {
        self.recorder.child(self.slot, type_name::<T::Value>(), |recording| seed.deserialize(recording))
    }
}

impl SeqAccess<'static> for Inside<'_> {
    type Error = Stop;

    fn next_element_seed<T: DeserializeSeed<'static>>(&mut self, seed: T) -> Result<Option<T::Value>, Stop> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let value = self.ask(seed)?;
        self.slot.place = self.slot.place.saturating_add(1).min(MAX_PLACE);
        Ok(Some(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl SeqAccess<'static> for Elements<'_> {
    type Error = Stop;

    fn next_element_seed<T: DeserializeSeed<'static>>(&mut self, seed: T) -> Result<Option<T::Value>, Stop> {
        let Some(left) = self.0.left.checked_sub(1) else { return Ok(None) };
        self.0.left = left;
        self.0.ask(seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.left)
    }
}

impl MapAccess<'static> for Inside<'_> {
    type Error = Stop;

    fn next_key_seed<K: DeserializeSeed<'static>>(&mut self, seed: K) -> Result<Option<K::Value>, Stop> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        self.slot.place = 0;
        self.ask(seed).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'static>>(&mut self, seed: V) -> Result<V::Value, Stop> {
        self.slot.place = 1;
        self.ask(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl EnumAccess<'static> for Inside<'_> {
    type Error = Stop;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'static>>(self, seed: S) -> Result<(S::Value, Self), Stop> {
        let index: U32Deserializer<Stop> = self.choice.into_deserializer();
        match seed.deserialize(index) {
            Ok(variant) => Ok((variant, self)),
            Err(stop) => {
                self.recorder.no_such_variant();
                Err(stop)
            }
        }
    }
}

impl VariantAccess<'static> for Inside<'_> {
    type Error = Stop;

    fn unit_variant(self) -> Result<(), Stop> {
        self.recorder.set_payload(self.node, self.choice, Payload::Nothing);
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'static>>(mut self, seed: T) -> Result<T::Value, Stop> {
        self.recorder.set_payload(self.node, self.choice, Payload::Tuple(1));
        self.ask(seed)
    }

    fn tuple_variant<V: Visitor<'static>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        self.recorder.set_payload(self.node, self.choice, Payload::Tuple(len));
        visitor.visit_seq(Inside { left: len, ..self })
    }

    fn struct_variant<V: Visitor<'static>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.recorder.set_payload(self.node, self.choice, Payload::Struct(fields));
        visitor.visit_seq(Inside { left: fields.len(), ..self })
    }
}
