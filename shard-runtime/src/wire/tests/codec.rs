//! Whatever is encoded comes back equal, and what cannot travel says why.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use serde::{Deserialize, Serialize, Serializer};

use crate::wire::Wire;
use crate::wire::codec::{Codec as _, DecodeError, EncodeError};
use crate::wire::limits::Limits;

fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    Wire::encode(value, &mut out, &Limits::default()).map(|()| out)
}

fn decode<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, DecodeError> {
    Wire::decode(bytes, &Limits::default())
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Meters(f64);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Nothing;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Tree {
    Leaf,
    Number(i64),
    Pair(Box<Tree>, Box<Tree>),
    Named { name: String, inside: Option<Box<Tree>>, letters: Vec<char> },
    Many(Vec<Tree>),
    Map(BTreeMap<String, Tree>),
    Bytes(Vec<u8>),
    Wide(u128, i128, Meters, Nothing, [i16; 3]),
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Leaf),
        any::<i64>().prop_map(Tree::Number),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Tree::Bytes),
        (any::<u128>(), any::<i128>(), -1e300..1e300f64, any::<[i16; 3]>())
            .prop_map(|(a, b, c, d)| Tree::Wide(a, b, Meters(c), Nothing, d)),
    ];
    leaf.prop_recursive(6, 64, 4, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Tree::Pair(Box::new(a), Box::new(b))),
            (".{0,8}", proptest::option::of(inner.clone()), proptest::collection::vec(any::<char>(), 0..4))
                .prop_map(|(name, inside, letters)| Tree::Named {
                    name,
                    inside: inside.map(Box::new),
                    letters
                }),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Tree::Many),
            proptest::collection::btree_map(".{0,4}", inner, 0..4).prop_map(Tree::Map),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_comes_back(tree in trees()) {
        let bytes = encode(&tree).unwrap();
        prop_assert_eq!(decode::<Tree>(&bytes).unwrap(), tree);
    }

    #[test]
    fn a_value_cut_short_or_longer_is_refused(tree in trees()) {
        let mut bytes = encode(&tree).unwrap();
        for end in 0..bytes.len() {
            prop_assert!(decode::<Tree>(&bytes[..end]).is_err());
        }
        bytes.push(0);
        prop_assert_eq!(decode::<Tree>(&bytes), Err(DecodeError::Trailing(1)));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        // What is read may have been written in another way (floats, long varints), but it encodes again.
        if let Ok(tree) = decode::<Tree>(&bytes) {
            encode(&tree).unwrap();
        }
        let _ = decode::<HashMap<String, Vec<Option<u16>>>>(&bytes);
        let _ = decode::<(&str, &[u8], Cow<'_, str>, char, bool)>(&bytes);
    }
}

#[test]
fn borrowed_texts_point_into_the_message() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Args<'a>(&'a str, #[serde(with = "serde_bytes_like")] &'a [u8], Option<&'a str>);
    mod serde_bytes_like {
        pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(d: D) -> Result<&'de [u8], D::Error> {
            serde::Deserialize::deserialize(d)
        }
    }
    let bytes = encode(&("alice", vec![1u8, 2, 3], Some("bob"))).unwrap();
    let args: Args<'_> = decode(&bytes).unwrap();
    assert_eq!(args, Args("alice", &[1, 2, 3], Some("bob")));
    let range = bytes.as_ptr_range();
    assert!(range.contains(&args.0.as_ptr()) && range.contains(&args.1.as_ptr()));
}

#[test]
fn a_failure_leaves_the_buffer_as_it_was() {
    let mut out = b"before".to_vec();
    let small = Limits::of_message(100);
    let error = Wire::encode(&vec![7u64; 200], &mut out, &small).unwrap_err();
    assert_eq!(error, EncodeError::TooLarge { size: 101, limit: 100 });
    assert_eq!(out, b"before");
    Wire::encode("after", &mut out, &small).unwrap();
    assert_eq!(out, b"before\x05after");
}

#[test]
fn fields_left_out_are_named() {
    #[derive(Serialize)]
    struct Player {
        #[serde(skip_serializing_if = "Option::is_none")]
        clan: Option<u8>,
        level: u8,
    }
    let error = encode(&Player { clan: None, level: 3 }).unwrap_err();
    assert!(error.to_string().contains("`clan`"), "{error}");
    assert_eq!(encode(&Player { clan: Some(1), level: 3 }).unwrap(), [1, 1, 3]);
}

#[test]
fn collections_of_unknown_or_wrong_length_are_refused() {
    #[derive(Serialize)]
    struct Flat {
        #[serde(flatten)]
        inner: BTreeMap<String, u8>,
    }
    struct Liar;
    impl Serialize for Liar {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq as _;
            let mut seq = serializer.serialize_seq(Some(2))?;
            seq.serialize_element(&1u8)?;
            seq.end()
        }
    }
    let flat = Flat { inner: BTreeMap::from([("a".into(), 1)]) };
    assert!(matches!(encode(&flat), Err(EncodeError::Unsupported(what)) if what.contains("flatten")));
    assert!(matches!(encode(&Liar), Err(EncodeError::Unsupported(_))));
}

#[test]
fn types_that_ask_what_comes_next_are_refused() {
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u8),
    }
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(tag = "kind", content = "of")]
    enum Adjacent {
        Number(u8),
    }
    assert!(matches!(decode::<Either>(&[1]), Err(DecodeError::Unsupported(_))));
    let bytes = encode(&Adjacent::Number(1)).unwrap();
    assert!(matches!(decode::<Adjacent>(&bytes), Err(DecodeError::Unsupported(_))));
    assert!(matches!(decode::<serde_json::Value>(&[1]), Err(DecodeError::Unsupported(_))));
}

#[test]
fn both_directions_agree_on_depth() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Chain(Option<Box<Chain>>);
    // A newtype and an option each.
    let chain = |links| (1..links).fold(Chain(None), |inner, _| Chain(Some(Box::new(inner))));
    let deepest = encode(&chain(32)).unwrap();
    assert_eq!(decode::<Chain>(&deepest).unwrap(), chain(32));
    assert_eq!(encode(&chain(33)), Err(EncodeError::TooDeep(64)));
    let mut deeper = vec![1];
    deeper.extend(&deepest);
    assert_eq!(decode::<Chain>(&deeper), Err(DecodeError::TooDeep(64)));
}

#[test]
fn both_directions_agree_on_elements() {
    let most = encode(&vec![(); 65_536]).unwrap();
    assert_eq!(decode::<Vec<()>>(&most).unwrap().len(), 65_536);
    assert_eq!(encode(&vec![(); 65_537]), Err(EncodeError::TooManyElements(65_536)));
    // Elements that take a byte each are bounded by the message alone.
    let bytes = encode(&vec![1u8; 500_000]).unwrap();
    assert_eq!(decode::<Vec<u8>>(&bytes).unwrap().len(), 500_000);
    let nested = encode(&vec![vec![1u8]; 100_000]).unwrap();
    assert_eq!(decode::<Vec<Vec<u8>>>(&nested).unwrap().len(), 100_000);
}
