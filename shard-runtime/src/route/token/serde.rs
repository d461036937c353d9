//! `{"id":"…"}` where people read, and the bytes in the same field where they do not.
//!
//! By hand, since the field's type depends on the format, and since no text or bytes whatever may fail:
//! a hostile id becomes a token that is refused like any other forged one.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::shard_token::ShardToken;

const NAME: &str = "ShardToken";
const FIELD: &str = "id";

impl Serialize for ShardToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let readable = serializer.is_human_readable();
        let mut object = serializer.serialize_struct(NAME, 1)?;
        if readable {
            object.serialize_field(FIELD, &self.to_string())?;
        } else {
            object.serialize_field(FIELD, &Raw(self.as_bytes()))?;
        }
        object.end()
    }
}

impl<'de> Deserialize<'de> for ShardToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct(NAME, &[FIELD], Object)
    }
}

/// Bytes as serde's bytes, not as a sequence of numbers.
struct Raw<'a>(&'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = ShardToken;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a shard token: an object with the field `id`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<ShardToken, A::Error> {
        let id: Id = fields.next_element()?.ok_or_else(|| Error::invalid_length(0, &self))?;
        Ok(id.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<ShardToken, A::Error> {
        let mut found = None;
        while let Some(name) = fields.next_key::<Name>()? {
            match name {
                Name::Id if found.is_some() => return Err(Error::duplicate_field(FIELD)),
                Name::Id => found = Some(fields.next_value::<Id>()?.0),
                Name::Other => _ = fields.next_value::<IgnoredAny>()?,
            }
        }
        found.ok_or_else(|| Error::missing_field(FIELD))
    }
}

/// The name of a field. What else a client puts into the object is passed over.
enum Name {
    Id,
    Other,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl Visitor<'_> for Names {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(if name == FIELD { Name::Id } else { Name::Other })
            }

            fn visit_u64<E>(self, index: u64) -> Result<Name, E> {
                Ok(if index == 0 { Name::Id } else { Name::Other })
            }
        }

        deserializer.deserialize_identifier(Names)
    }
}

struct Id(ShardToken);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Ids;

        impl Visitor<'_> for Ids {
            type Value = ShardToken;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the id of a shard token")
            }

            fn visit_str<E>(self, text: &str) -> Result<ShardToken, E> {
                Ok(text.into())
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<ShardToken, E> {
                Ok(ShardToken::from_bytes(bytes))
            }
        }

        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Ids).map(Self)
        } else {
            deserializer.deserialize_bytes(Ids).map(Self)
        }
    }
}
