//! Frozen bytes. Another layout is another version of the seal.

use super::super::codec::write_update;
use super::super::identity::Record;
use super::super::seal::{Kind, seal};
use super::*;
use crate::membership::Age;

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn update() -> Vec<u8> {
    let member = Member {
        address: "10.0.0.7:4000".into(),
        roles: vec!["lobby".into(), "match".into()],
        state: MemberState::Active,
        modules: vec![
            HostedModule::new("Arena", 0x0102_0304_0506_0708),
            HostedModule { limit: Some(3), ..HostedModule::new("Lobby", 1) },
        ],
        version: "1.10".into(),
        age: Age { drawn: 1_795_404_000_000, turn: 2 },
        ..Member::new(name("alpha"), Boot::new(0x1122_3344_5566_7788))
    };
    let mut out = Vec::new();
    write_update(&foca::Member::new(Record::new(member), 5, foca::State::Suspect), &mut out).unwrap();
    out
}

#[test]
fn what_is_told_of_a_member() {
    let parts = [
        "01",                               // suspected
        "0500",                             // incarnation
        "5400",                             // length of the record
        "05616c706861",                     // name
        "fd8877665544332211",               // boot
        "0d31302e302e302e373a34303030",     // address
        "02056c6f626279056d61746368",       // roles
        "01",                               // active
        "02",                               // modules:
        "054172656e61fd080706050403020100", // name, digest, no limit
        "054c6f626279010103",               // name, digest, limit
        "04312e3130",                       // version
        "fd00eb6a06a2010000",               // drawn
        "02",                               // turn
    ];
    assert_eq!(hex(&update()), parts.concat());
}

#[test]
fn what_seals_it() {
    let sealed = seal(&keys(), Boot::new(1), Some(Boot::new(2)), Kind::Sync, b"body");
    let parts = [
        "01",                               // version
        "ec525782",                         // key
        "0100000000000000",                 // sender
        "0200000000000000",                 // receiver
        "01",                               // a list of members
        "626f6479",                         // body
        "9627c141c8f8ed79694384f1ba033320", // MAC
    ];
    assert_eq!(hex(&sealed), parts.concat());
}
