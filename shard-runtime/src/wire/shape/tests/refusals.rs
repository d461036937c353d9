//! Types that cannot travel, and types that cannot be looked at.

use std::collections::HashMap;

use serde::Deserialize;

use super::Shape;

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
