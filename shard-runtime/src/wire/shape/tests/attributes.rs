//! What serde's attributes make of a type.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::{different, of, same};

#[derive(Deserialize)]
#[serde(try_from = "u32")]
struct Even(u32);
impl TryFrom<u32> for Even {
    type Error = &'static str;
    fn try_from(value: u32) -> Result<Self, Self::Error> {
        if value.is_multiple_of(2) && value > 9 { Ok(Self(value)) } else { Err("odd or small") }
    }
}
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Address(IpAddr);
impl TryFrom<String> for Address {
    type Error = std::net::AddrParseError;
    fn try_from(value: String) -> Result<Self, Self::Error> {
        value.parse().map(Self)
    }
}
#[derive(Deserialize)]
#[serde(try_from = "(i16, i16)")]
struct Interval(i16, i16);
impl TryFrom<(i16, i16)> for Interval {
    type Error = &'static str;
    fn try_from((from, to): (i16, i16)) -> Result<Self, Self::Error> {
        if from < to { Ok(Self(from, to)) } else { Err("empty") }
    }
}
struct Uuid([u8; 16]);
impl<'de> Deserialize<'de> for Uuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = BytesVisitor::deserialize(deserializer)?;
        bytes.try_into().map(Uuid).map_err(|_| serde::de::Error::custom("sixteen bytes"))
    }
}
struct BytesVisitor;
impl serde::de::Visitor<'_> for BytesVisitor {
    type Value = Vec<u8>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("bytes")
    }
    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }
}
impl BytesVisitor {
    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        deserializer.deserialize_bytes(BytesVisitor)
    }
}
mod millis {
    use super::*;
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
        u32::deserialize(d).map(|millis| Duration::from_millis(millis.into()))
    }
}
#[derive(Deserialize)]
struct All {
    #[serde(with = "millis")]
    delay: Duration,
    #[serde(deserialize_with = "BytesVisitor::deserialize")]
    bytes: Vec<u8>,
    even: Even,
    #[serde(default)]
    addresses: Vec<Address>,
    interval: Interval,
    #[serde(rename = "uuid")]
    id: Uuid,
    #[serde(skip)]
    cache: Option<Box<dyn Fn()>>,
    last: u8,
}
#[derive(Deserialize)]
struct Plain {
    delay: u32,
    #[serde(deserialize_with = "BytesVisitor::deserialize")]
    bytes: Vec<u8>,
    even: u32,
    addresses: Vec<String>,
    interval: (i16, i16),
    #[serde(deserialize_with = "BytesVisitor::deserialize")]
    uuid: Vec<u8>,
    last: u8,
}
#[derive(Deserialize)]
struct Generic<T> {
    inner: T,
}
#[derive(Deserialize)]
struct Renamed {
    #[serde(rename = "inner")]
    other: u8,
}
#[derive(Deserialize)]
struct Unit;
#[derive(Deserialize)]
struct Meters(f64);
#[derive(Deserialize)]
#[serde(transparent)]
struct Feet {
    value: f64,
}
#[derive(Deserialize)]
enum Aliased {
    #[serde(alias = "old", alias = "older")]
    New(u8),
    Second(u16),
}
#[derive(Deserialize)]
enum Aliased2 {
    #[serde(alias = "old", alias = "older")]
    New(u8),
    Second(u32),
}
#[test]
fn conversions_and_functions_show_what_travels() {
    same! { All, Plain; }
    different! {
        Even, Address;
        Interval, (u16, u16);
        Uuid, [u8; 16];
        All, (u32, u8);
    }
}

#[test]
fn names_count_as_they_are_written() {
    same! {
        Generic<u8>, Renamed;
        Unit, ();
        Meters, f64;
        Feet, f64;
    }
    different! {
        Generic<u8>, Generic<u16>;
        Generic<Generic<u8>>, Generic<u8>;
        Aliased, Aliased2;
    }
}
