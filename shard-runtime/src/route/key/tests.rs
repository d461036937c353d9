use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn wire(key: &Key) -> Vec<u8> {
    key.wire().to_vec()
}

#[test]
fn is_as_big_as_a_string() {
    assert_eq!(size_of::<Key>(), 24);
}

#[test]
fn kinds_do_not_meet() {
    let keys = [
        Key::from("42"),
        Key::from(42),
        Key::from(b"42"),
        Key::from(-42),
        Key::from(42_u64.to_le_bytes().as_slice()),
        Key::default(),
        Key::from(Vec::new()),
    ];
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    assert_eq!(keys.iter().map(wire).collect::<HashSet<_>>().len(), keys.len());
}

#[test]
fn an_integer_is_one_key_whatever_its_type() {
    let keys: [Key; 10] = [
        7_u8.into(),
        7_u16.into(),
        7_u32.into(),
        7_u64.into(),
        7_usize.into(),
        7_i8.into(),
        7_i16.into(),
        7_i32.into(),
        7_i64.into(),
        7_isize.into(),
    ];
    assert!(keys.iter().all(|key| *key == keys[0] && key.as_integer() == Some(7)));
    assert_eq!(Key::from(i64::MIN).as_integer(), Some(i64::MIN.into()));
    assert_eq!(Key::from(u64::MAX).as_integer(), Some(u64::MAX.into()));
    assert_eq!(Key::from(-1).as_integer(), Some(-1));
}

#[test]
fn shows_itself_readably() {
    let shown = |key: Key| (key.to_string(), format!("{key:?}"));
    assert_eq!(shown("a\nb".into()), ("a\nb".into(), "\"a\\nb\"".into()));
    assert_eq!(shown((-7).into()), ("-7".into(), "-7".into()));
    assert_eq!(shown([0xfe, 1].as_slice().into()), ("fe01".into(), "0xfe01".into()));
}

#[test]
fn orders_integers_by_value() {
    let mut keys: Vec<Key> = vec![
        300.into(),
        "b".into(),
        (-1).into(),
        2.into(),
        b"a".into(),
        (-300).into(),
        "a".into(),
        u64::MAX.into(),
    ];
    keys.sort();
    let shown: Vec<_> = keys.iter().map(|key| format!("{key:?}")).collect();
    assert_eq!(shown, ["\"a\"", "\"b\"", "0x61", "-300", "-1", "2", "300", "18446744073709551615"]);
}

#[test]
fn m4_an_empty_key_is_a_key() {
    assert_eq!(Key::from("").check(), Ok(()));
    assert_eq!(Key::default(), "");
    assert_eq!(Key::from_wire(&[0]), Ok(Key::default()));
}

#[test]
fn a_key_of_129_bytes_is_flagged_and_not_read() {
    assert_eq!(Key::from("x".repeat(128)).check(), Ok(()));
    let long = Key::from("x".repeat(129));
    assert_eq!(long.check(), Err(KeyTooLong { len: 129 }));
    assert_eq!(Key::from_wire(&wire(&long)), Err(BadKey));
    assert_eq!(Key::from_wire(&wire(&Key::from(vec![0; 129]))), Err(BadKey));
}

#[test]
fn written_forms_are_frozen() {
    assert_eq!(wire(&"ab".into()), [0, b'a', b'b']);
    assert_eq!(wire(&b"\xff".into()), [1, 0xff]);
    assert_eq!(wire(&258.into()), [2, 2, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(wire(&(-2).into()), [3, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
}

#[test]
fn other_written_forms_are_refused() {
    let bad: [&[u8]; 7] = [
        &[],
        &[4],
        &[0, 0xff],
        &[2, 1],
        &[2, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        &[3, 0, 0, 0, 0, 0, 0, 0, 0x7f],
        &[3],
    ];
    assert!(bad.iter().all(|wire| Key::from_wire(wire) == Err(BadKey)));
}

proptest! {
    #[test]
    fn what_was_written_is_read(text in ".{0,40}", bytes: Vec<u8>, natural: u64, integer: i64) {
        for key in [Key::from(&text), Key::from(bytes), Key::from(natural), Key::from(integer)] {
            prop_assume!(key.check().is_ok());
            prop_assert_eq!(Key::from_wire(&wire(&key)), Ok(key.clone()));
        }
        let key = Key::from(&text);
        prop_assert_eq!(key.as_str(), Some(text.as_str()));
        prop_assert_eq!(key.to_string(), text);
    }

    #[test]
    fn what_is_read_is_written_the_same(bytes: Vec<u8>) {
        if let Ok(key) = Key::from_wire(&bytes) {
            prop_assert_eq!(wire(&key), bytes);
        }
    }
}
