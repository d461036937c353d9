//! Each type completes, and its fingerprint changes when one thing in it changes.
#![expect(dead_code, reason = "types that are only looked at")]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroI8, NonZeroU32};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer};

use super::{Shape, combine};

fn of<T: Deserialize<'static>>() -> u64 {
    let shape = Shape::of::<T>().unwrap();
    assert_eq!(shape.opaque, [""; 0], "{}", std::any::type_name::<T>());
    assert_eq!(Shape::of::<T>().unwrap(), shape, "the same again");
    shape.fingerprint
}

/// The types look alike.
macro_rules! same {
    ($($left:ty, $right:ty;)*) => {$( assert_eq!(of::<$left>(), of::<$right>()); )*};
}

/// The types differ, and not only these two: nothing in the table looks like anything else.
macro_rules! different {
    ($($left:ty, $right:ty;)*) => {{
        $( assert_ne!(of::<$left>(), of::<$right>(), "{} {}", stringify!($left), stringify!($right)); )*
    }};
}

#[test]
fn types_of_the_standard_library() {
    different! {
        u8, u16;
        u32, i32;
        f32, f64;
        bool, u8;
        char, u32;
        i128, u128;
        (), u8;
        String, Vec<u8>;
        Vec<u8>, Vec<u16>;
        Vec<u8>, [u8; 4];
        [u8; 4], [u8; 5];
        [u8; 4], (u8, u8, u8, u16);
        (u8, u16), (u16, u8);
        Option<u8>, u8;
        Option<u8>, Option<Option<u8>>;
        Option<Option<u8>>, Option<Option<i8>>;
        Result<u8, String>, Result<u8, u8>;
        Result<u8, String>, Result<u16, String>;
        HashMap<String, Vec<Option<u8>>>, HashMap<String, Vec<Option<u16>>>;
        HashMap<String, Vec<Option<u8>>>, HashMap<u8, Vec<Option<u8>>>;
        HashMap<String, Vec<Option<u8>>>, HashMap<String, Option<Vec<u8>>>;
        BTreeMap<u8, (u8, Result<(), (u8, Vec<i8>)>)>, BTreeMap<u8, (u8, Result<(), (u8, Vec<u8>)>)>;
        NonZeroU32, u64;
        NonZeroI8, i16;
        Duration, (u64, u32);
        SystemTime, Duration;
        IpAddr, SocketAddr;
        IpAddr, String;
        std::ops::Range<u8>, std::ops::Range<u16>;
        std::ops::Bound<u8>, std::ops::Bound<u16>;
        PathBuf, u8;
    }
    same! {
        String, &'static str;
        String, Cow<'static, str>;
        String, PathBuf;
        usize, u64;
        isize, i64;
        Vec<u8>, VecDeque<u8>;
        HashSet<u8>, BTreeSet<u8>;
        HashMap<u8, u8>, BTreeMap<u8, u8>;
        Box<u8>, u8;
        NonZeroU32, u32;
        PhantomData<String>, ();
        (&'static str, u32), (String, u32);
        &'static [u8], &'static [u8];
    }
}

mod v1 {
    use super::*;

    #[derive(Deserialize)]
    pub(super) struct Player {
        name: String,
        pos: Pos,
        clan: Option<Clan>,
    }
    #[derive(Deserialize)]
    pub(super) struct Pos {
        x: f32,
        y: f32,
    }
    #[derive(Deserialize)]
    pub(super) struct Clan {
        members: Vec<Rank>,
    }
    #[derive(Deserialize)]
    pub(super) enum Rank {
        Private,
        Officer(Commission),
        General { since: u32 },
    }
    #[derive(Deserialize)]
    pub(super) enum Commission {
        None,
        Full { by: Box<Player>, orders: HashMap<String, Order> },
        Pair(u8, u8),
    }
    #[derive(Deserialize)]
    pub(super) enum Order {
        Stay,
        Go { to: Target },
    }
    #[derive(Deserialize)]
    pub(super) struct Target {
        slot: u16,
    }
}

/// The same types with one thing changed.
macro_rules! variation {
    ($module:ident, player { $($player:tt)* }, rank { $($rank:tt)* }, target { $($target:tt)* }) => {
        mod $module {
            use super::*;

            #[derive(Deserialize)]
            pub(super) struct Gamer { $($player)* }
            type Player = Gamer;
            #[derive(Deserialize)]
            pub(super) struct Pos { x: f32, y: f32 }
            #[derive(Deserialize)]
            pub(super) struct Clan { members: Vec<Rank> }
            #[derive(Deserialize)]
            pub(super) enum Rank { $($rank)* }
            #[derive(Deserialize)]
            pub(super) enum Commission {
                None,
                Full { by: Box<Player>, orders: HashMap<String, Order> },
                Pair(u8, u8),
            }
            #[derive(Deserialize)]
            pub(super) enum Order { Stay, Go { to: Target } }
            #[derive(Deserialize)]
            pub(super) struct Target { $($target)* }
        }
    };
}

variation! { renamed,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 } },
target { slot: u16 } }
variation! { field_type,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 } },
target { slot: u32 } }
variation! { field_name,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 } },
target { place: u16 } }
variation! { field_added,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 } },
target { slot: u16, z: () } }
variation! { variant_field,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u64 } },
target { slot: u16 } }
variation! { variant_name,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), Marshal { since: u32 } },
target { slot: u16 } }
variation! { variant_added,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 }, Marshal },
target { slot: u16 } }
variation! { variant_order,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Officer(Commission), Private, General { since: u32 } },
target { slot: u16 } }
variation! { variant_payload,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General(u32) },
target { slot: u16 } }
variation! { field_order,
player { pos: Pos, name: String, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 } },
target { slot: u16 } }
variation! { field_optional,
player { name: String, pos: Option<Pos>, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 } },
target { slot: u16 } }

#[test]
fn one_change_several_levels_deep_is_seen() {
    let base = of::<v1::Player>();
    assert_eq!(of::<renamed::Gamer>(), base, "the name of a struct does not matter");
    let changed = [
        of::<field_type::Gamer>(),
        of::<field_name::Gamer>(),
        of::<field_added::Gamer>(),
        of::<variant_field::Gamer>(),
        of::<variant_name::Gamer>(),
        of::<variant_added::Gamer>(),
        of::<variant_order::Gamer>(),
        of::<variant_payload::Gamer>(),
        of::<field_order::Gamer>(),
        of::<field_optional::Gamer>(),
    ];
    for (place, one) in changed.iter().enumerate() {
        assert_ne!(*one, base, "change {place}");
        assert!(!changed[..place].contains(one), "change {place}");
    }
    // Also where the type is only one of many.
    assert_ne!(
        of::<Vec<Option<Result<u8, (u8, v1::Player)>>>>(),
        of::<Vec<Option<Result<u8, (u8, field_type::Gamer)>>>>()
    );
}

#[test]
fn types_that_contain_themselves() {
    #[derive(Deserialize)]
    struct List(u8, Option<Box<List>>);
    #[derive(Deserialize)]
    struct WideList(u16, Option<Box<WideList>>);
    #[derive(Deserialize)]
    struct Folder {
        inside: Vec<Folder>,
        size: u8,
    }
    #[derive(Deserialize)]
    struct BigFolder {
        inside: Vec<BigFolder>,
        size: u16,
    }
    #[derive(Deserialize)]
    struct Index(BTreeMap<String, Index>);
    #[derive(Deserialize)]
    struct Numbered(BTreeMap<u8, Numbered>);
    #[derive(Deserialize)]
    enum Expr {
        Sum(Box<Expr>, Box<Expr>),
        Call { name: String, args: Vec<Expr> },
        Block(Box<Block>),
        Number(i64),
    }
    #[derive(Deserialize)]
    enum Block {
        Scope(Box<Expr>, Box<Block>),
        Nothing { line: u32 },
    }
    #[derive(Deserialize)]
    enum Expr2 {
        Sum(Box<Expr2>, Box<Expr2>),
        Call { name: String, args: Vec<Expr2> },
        Block(Box<Block2>),
        Number(i64),
    }
    #[derive(Deserialize)]
    enum Block2 {
        Scope(Box<Expr2>, Box<Block2>),
        Nothing { line: u64 },
    }
    // All of the first enum's variants but one lead back, and the way out comes last.
    #[derive(Deserialize)]
    enum Ping {
        Back(Box<Ping>, Box<Ping>),
        Over(Box<Pong>),
        Other(Box<Pong>, Box<Ping>),
    }
    #[derive(Deserialize)]
    enum Pong {
        Back(Box<Ping>),
        Out(u8),
    }
    #[derive(Deserialize)]
    enum Ping2 {
        Back(Box<Ping2>, Box<Ping2>),
        Over(Box<Pong2>),
        Other(Box<Pong2>, Box<Ping2>),
    }
    #[derive(Deserialize)]
    enum Pong2 {
        Back(Box<Ping2>),
        Out(u16),
    }
    different! {
        List, WideList;
        Folder, BigFolder;
        Index, Numbered;
        Expr, Expr2;
        Ping, Ping2;
        Pong, Pong2;
    }
}

#[test]
fn attributes_of_serde() {
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
    impl BytesVisitor {
        fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
            impl serde::de::Visitor<'_> for BytesVisitor {
                type Value = Vec<u8>;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("bytes")
                }
                fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                    Ok(bytes.to_vec())
                }
            }
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
    same! { All, Plain; }
    different! {
        Even, Address;
        Interval, (u16, u16);
        Uuid, [u8; 16];
        All, (u32, u8);
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

#[test]
fn what_accepts_nothing_is_listed_and_the_rest_still_counts() {
    macro_rules! picky {
        ($name:ident) => {
            #[derive(Deserialize)]
            #[serde(try_from = "String")]
            struct $name;
            impl TryFrom<String> for $name {
                type Error = &'static str;
                fn try_from(_: String) -> Result<Self, Self::Error> {
                    Err("never")
                }
            }
        };
    }
    picky!(Picky);
    picky!(Choosy);
    #[derive(Deserialize)]
    enum Event<T, U> {
        Odd(T),
        Maybe { odd: Option<T>, many: Vec<T>, level: U },
    }
    let picky = Shape::of::<Event<Picky, u8>>().unwrap();
    assert_eq!(picky.opaque, ["Picky"]);
    assert_ne!(Shape::of::<Event<Choosy, u8>>().unwrap().fingerprint, picky.fingerprint);
    assert_ne!(Shape::of::<Event<Picky, u16>>().unwrap().fingerprint, picky.fingerprint);
    assert_eq!(Shape::of::<Picky>().unwrap().opaque, ["Picky"]);
    assert_eq!(Shape::of::<(u8, Picky, u8)>().unwrap().opaque, ["Picky"]);
}

#[test]
fn endless_types_end() {
    #[derive(Deserialize)]
    struct Endless {
        next: Box<Endless>,
    }
    #[derive(Deserialize)]
    enum Trap {
        One(Box<Trap>),
        Two(Box<Trap>),
    }
    #[derive(Deserialize)]
    enum Never {}
    assert!(!Shape::of::<Endless>().unwrap().opaque.is_empty());
    assert!(!Shape::of::<Trap>().unwrap().opaque.is_empty());
    assert_eq!(Shape::of::<Result<u8, Never>>().unwrap().opaque, [""; 0]);
}

#[test]
fn what_cannot_travel_is_named() {
    #[derive(Deserialize)]
    struct Inner {
        a: u8,
    }
    #[derive(Deserialize)]
    struct Flat {
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(u8),
        Text(String),
    }
    #[derive(Deserialize)]
    #[serde(tag = "type")]
    enum Tagged {
        A { x: u8 },
        B,
    }
    #[derive(Deserialize)]
    struct Player<T> {
        name: String,
        pos: T,
    }
    #[derive(Deserialize)]
    enum Deep<T> {
        Nothing,
        Something { players: Vec<Player<Option<T>>> },
    }
    #[derive(Deserialize)]
    #[serde(tag = "type", content = "of")]
    enum Adjacent {
        A { x: u8 },
    }
    fn refused<T: Deserialize<'static>>() -> [String; 3] {
        let error = Shape::of::<T>().unwrap_err();
        [error.path, error.type_name, error.reason]
    }
    let [path, name, reason] = refused::<Flat>();
    assert_eq!((&*path, &*name), ("the value itself", "Flat"));
    assert!(reason.contains("`flatten`"), "{reason}");
    let [path, name, reason] = refused::<Player<Untagged>>();
    assert_eq!((&*path, &*name), ("field `pos` of `Player<Untagged>`", "Untagged"));
    assert!(reason.contains("`untagged`"), "{reason}");
    let [path, name, _] = refused::<(u8, Deep<Tagged>)>();
    assert_eq!(name, "Tagged");
    assert_eq!(
        path,
        "field `pos` of `Player<Option<Tagged>>`, in an element of `Vec<Player<Option<Tagged>>>`, \
         in field `players` of variant `Something` of `Deep<Tagged>`, in element 1 of `(u8, Deep<Tagged>)`"
    );
    let [path, name, _] = refused::<HashMap<String, serde_json::Value>>();
    assert_eq!((&*path, &*name), ("a value of `HashMap<String, Value>`", "Value"));
    let [path, name, _] = refused::<Vec<Flat>>();
    assert_eq!((&*path, &*name), ("an element of `Vec<Flat>`", "Flat"));
    assert_eq!(refused::<Adjacent>()[1], "Adjacent");
    assert_eq!(refused::<serde::de::IgnoredAny>()[1], "IgnoredAny");
}

#[test]
fn fingerprints_are_frozen() {
    // They travel between builds: a change of these numbers is a new `WIRE_VERSION`.
    let found = [of::<u8>(), of::<v1::Player>(), of::<HashMap<String, Vec<Option<u8>>>>(), combine(1, 2, 3)];
    assert_eq!(
        found,
        [0x2995_bec8_edff_c9df, 0xc2fe_7c05_e924_18f2, 0xdd0e_464d_1341_0e7e, 0xd178_7779_9911_d4cd]
    );
}
