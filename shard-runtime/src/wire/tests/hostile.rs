//! Bytes that kill a process that trusts them.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::wire::Wire;
use crate::wire::codec::{Codec as _, DecodeError, EncodeError};
use crate::wire::limits::Limits;

/// A length as bincode writes it.
fn length(len: u64) -> Vec<u8> {
    let mut bytes = vec![253];
    bytes.extend(len.to_le_bytes());
    bytes
}

fn decode<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, DecodeError> {
    Wire::decode(bytes, &Limits::default())
}

#[derive(Debug, Serialize, Deserialize)]
enum Nest {
    End,
    More(Box<Nest>),
    Tuple(Box<Nest>, u8),
    Struct { inner: Box<Nest> },
    Seq(Vec<Nest>),
}

#[test]
fn huge_lengths_are_refused_before_anything_is_allocated() {
    for len in [1 << 20, 1 << 34, 1 << 40, u64::MAX >> 1, u64::MAX] {
        let bytes = length(len);
        assert!(decode::<String>(&bytes).is_err());
        assert!(decode::<&str>(&bytes).is_err());
        assert!(decode::<&[u8]>(&bytes).is_err());
        assert!(decode::<Box<[u64]>>(&bytes).is_err());
        assert!(decode::<HashMap<u8, u8>>(&bytes).is_err());
        assert!(decode::<BTreeMap<(), u8>>(&bytes).is_err());
        assert_eq!(decode::<Vec<u8>>(&bytes), Err(DecodeError::TooManyElements(65_536)));
        assert_eq!(decode::<Vec<()>>(&bytes), Err(DecodeError::TooManyElements(65_536)));
        assert_eq!(decode::<Vec<[u64; 32]>>(&bytes), Err(DecodeError::TooManyElements(65_536)));
    }
}

#[test]
fn small_lies_end_where_the_bytes_do() {
    let bytes = length(60_000);
    assert_eq!(decode::<Vec<[u64; 32]>>(&bytes), Err(DecodeError::Ended));
    assert_eq!(decode::<String>(&bytes), Err(DecodeError::Ended));
}

#[test]
fn lies_inside_lies_pay_from_one_purse() {
    let mut bytes = length(60_000);
    bytes.extend(length(60_000));
    assert_eq!(decode::<Vec<Vec<()>>>(&bytes), Err(DecodeError::TooManyElements(65_536)));
    assert!(matches!(decode::<Vec<Vec<Vec<u64>>>>(&bytes), Err(DecodeError::TooManyElements(_))));
}

#[test]
fn memory_is_reserved_for_what_the_bytes_can_hold() {
    struct Hint(Option<usize>);
    impl<'de> Deserialize<'de> for Hint {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Hint;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a sequence")
                }
                fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Hint, A::Error> {
                    let hint = seq.size_hint();
                    while seq.next_element::<()>()?.is_some() {}
                    Ok(Hint(hint))
                }
            }
            deserializer.deserialize_seq(Visitor)
        }
    }
    assert_eq!(decode::<Hint>(&length(60_000)).unwrap().0, Some(9));
}

#[test]
fn deep_nesting_stops_at_the_limit() {
    #[derive(Debug, Deserialize)]
    struct Options(#[expect(dead_code, reason = "only its depth matters")] Option<Box<Options>>);
    for variant in [1, 2, 3] {
        let bytes = vec![variant; 1_000_000];
        assert_eq!(decode::<Nest>(&bytes).unwrap_err(), DecodeError::TooDeep(64));
    }
    let bytes = [4, 1].repeat(500_000);
    assert_eq!(decode::<Nest>(&bytes).unwrap_err(), DecodeError::TooDeep(64));
    assert_eq!(decode::<Options>(&vec![1; 1_000_000]).unwrap_err(), DecodeError::TooDeep(64));
}

#[test]
fn an_error_that_is_swallowed_still_counts() {
    #[derive(Debug)]
    struct Tolerant;
    impl<'de> Deserialize<'de> for Tolerant {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Vec::<()>::deserialize(deserializer).ok();
            Ok(Tolerant)
        }
    }
    let result = decode::<Tolerant>(&length(1 << 40));
    assert_eq!(result.unwrap_err(), DecodeError::TooManyElements(65_536));
}

#[test]
fn writing_stops_where_reading_would() {
    let mut out = Vec::new();
    let deep = (0..1_000).fold(Nest::End, |inner, _| Nest::More(Box::new(inner)));
    assert_eq!(Wire::encode(&deep, &mut out, &Limits::default()), Err(EncodeError::TooDeep(64)));
    let endless = std::iter::repeat_n('x', 3 << 20).collect::<String>();
    let result = Wire::encode(&endless, &mut out, &Limits::default());
    assert!(matches!(result, Err(EncodeError::TooLarge { limit: 1_048_576, .. })));
    assert!(out.is_empty() && out.capacity() < 1024);
    let bytes = vec![0; (1 << 20) + 1];
    let result = decode::<&[u8]>(&bytes);
    assert_eq!(result, Err(DecodeError::TooLarge { size: (1 << 20) + 1, limit: 1 << 20 }));
}

#[test]
fn leftovers_are_refused() {
    assert_eq!(decode::<u8>(&[1, 2]), Err(DecodeError::Trailing(1)));
    assert_eq!(decode::<()>(&[0; 100]), Err(DecodeError::Trailing(100)));
    assert_eq!(decode::<u8>(&[]), Err(DecodeError::Ended));
}
