//! The bytes: how many, and which.

use super::*;

#[test]
fn a_whole_handshake_fits_into_4_kib() {
    let long = |boot| Identity {
        cluster: "c".repeat(128),
        node: "n".repeat(128),
        boot,
        address: "a".repeat(256),
        version: "v".repeat(64),
    };
    let ring = keys(&(1..=8).collect::<Vec<_>>());
    let config = |boot| Config::new(long(boot), ring.clone(), 1).unwrap();
    let (initiator, hello) = dial(config(1));
    let (_, challenge) = answer(config(2), &hello).unwrap();
    let (proof, _) = initiator.on_challenge(&challenge).unwrap();
    let refuse = Refusal::new(RefusalCode::Protocol, "x".repeat(9999)).encode();
    assert!(hello.len() + challenge.len() + proof.len() + refuse.len() <= 4096);

    for (at, text) in [(0, "c"), (1, "n"), (2, "a"), (3, "v")] {
        let mut identity = long(1);
        let texts = [&mut identity.cluster, &mut identity.node, &mut identity.address, &mut identity.version];
        texts.into_iter().nth(at).unwrap().push_str(text);
        assert!(Config::new(identity, ring.clone(), 1).is_err(), "one more byte of {text}");
    }
    assert!(Config::new(identity("", 1), ring.clone(), 1).is_err());
    assert!(Config::new(identity("a\nb", 1), ring, 1).is_err());
}

#[test]
fn a_refusal_is_read_as_it_was_written() {
    let refusal = Refusal::new(RefusalCode::Overloaded, "come back later");
    assert_eq!(refusal.encode(), b"\x08\x0f\x00come back later");
    assert_eq!(Refusal::decode(&refusal.encode()), Ok(refusal));
    assert_eq!(Refusal::decode(b"\xc8\x02\x00hm").unwrap().code, RefusalCode::Protocol);
    let bad: [&[u8]; 5] = [b"", b"\x00", b"\x00\x02\x00h", b"\x00\x02\x00hmm", b"\x00\x01\x00\xff"];
    assert!(bad.iter().all(|body| Refusal::decode(body).is_err()));
    assert!(Refusal::decode(&[b"\x00\x01\x02".as_slice(), &[b'x'; 513]].concat()).is_err());
}

#[test]
fn a_refusal_cannot_forge_a_log() {
    let text = "a\x1b[31mb\r\n2026 c\u{202e}d\u{2028}é";
    assert_eq!(Refusal::new(RefusalCode::Protocol, text).text, "a[31mb2026 cdé");
    assert_eq!(Refusal::new(RefusalCode::Protocol, "é".repeat(400)).text.len(), 512);
    assert_eq!(Refusal::new(RefusalCode::Protocol, "€".repeat(400)).text.len(), 510);
}

#[test]
fn the_bodies_are_frozen() {
    let (initiator, hello) = dial(alpha());
    let (_, challenge) = answer(beta(), &hello).unwrap();
    let (proof, _) = initiator.on_challenge(&challenge).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    assert_eq!([hex(&hello), hex(&challenge), hex(&proof)], GOLDEN);
}

/// Hello, challenge and proof of alpha and beta, with nonces of ones and twos.
const GOLDEN: [&str; 3] = [
    "5348524401000100000a000000000000000101010101010101010101010101010101010101010101010101010101010101040067616d650500616c7068610a00616c7068613a373030300500312e322e3301f9c2a731",
    "5348524401000100000b000000000000000202020202020202020202020202020202020202020202020202020202020202040067616d650400626574610900626574613a373030300500312e322e3301f9c2a731baa724403003084a71a3d82803f4cb5e79250b2ea51a18d1518051f6d7295064",
    "237fabbf31ef00fe06e3fa3e8f93e009fcd913b5786b2dccce1c5e69073dcbe1",
];
