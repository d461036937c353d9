//! Two honest sides, and everything that somebody between them could try.

use proptest::prelude::*;

use super::*;
use crate::trust::{LinkKeys, Secret, Secrets};

fn keys(secrets: &[u8]) -> LinkKeys {
    let mut all = secrets.iter().map(|byte| Secret::new([*byte; 32]).unwrap());
    let first = Secrets::new(all.next().unwrap());
    let ring = all.fold(first, |ring, secret| ring.with_previous(secret).unwrap());
    LinkKeys::derive(&ring, "game")
}

fn identity(node: &str, boot: u64) -> Identity {
    Identity {
        cluster: "game".into(),
        node: node.into(),
        boot,
        address: format!("{node}:7000"),
        version: "1.2.3".into(),
    }
}

fn config_with(node: &str, boot: u64, secrets: &[u8]) -> Config {
    Config::new(identity(node, boot), keys(secrets), 1).unwrap()
}

fn alpha() -> Config {
    config_with("alpha", 0xa, &[7])
}

fn beta() -> Config {
    config_with("beta", 0xb, &[7])
}

fn dial(config: Config) -> (Initiator, Vec<u8>) {
    Initiator::new(config, Purpose::Calls, [1; 32])
}

fn answer(config: Config, hello: &[u8]) -> Result<(Challenged, Vec<u8>), Refusal> {
    Responder::new(config, [2; 32]).on_hello(hello)
}

/// Runs a whole handshake; what each side learns of the other, or the first failure.
fn shake(initiator: Config, responder: Config) -> Result<(PeerHello, PeerHello), String> {
    let (initiator, hello) = dial(initiator);
    let (challenged, challenge) = answer(responder, &hello).map_err(|it| format!("{:?}", it.code))?;
    let (proof, responder) = initiator.on_challenge(&challenge).map_err(|it| it.to_string())?;
    let initiator = challenged.on_proof(&proof).map_err(|it| format!("{:?}", it.code))?;
    Ok((initiator, responder))
}

/// The code and text with which beta refuses the hello of `config`.
fn refused(config: Config) -> (RefusalCode, String) {
    let refusal = answer(beta(), &dial(config).1).err().unwrap();
    (refusal.code, refusal.text)
}

#[test]
fn two_nodes_of_a_cluster_get_to_know_each_other() {
    let (initiator, responder) = shake(alpha(), beta()).unwrap();
    let expected = |node: &str, boot| PeerHello {
        node: node.into(),
        boot,
        address: format!("{node}:7000"),
        version: "1.2.3".into(),
        purpose: Purpose::Calls,
    };
    assert_eq!((initiator, responder), (expected("alpha", 0xa), expected("beta", 0xb)));
    assert_eq!(decode_accept(&encode_accept()), Ok(()));
    assert_eq!(decode_accept(&[0]), Err(HandshakeError::Malformed));
}

#[test]
fn the_purpose_reaches_the_other_side() {
    let (initiator, hello) = Initiator::new(alpha(), Purpose::Liveness, [1; 32]);
    let (challenged, challenge) = answer(beta(), &hello).unwrap();
    let (proof, responder) = initiator.on_challenge(&challenge).unwrap();
    assert_eq!(responder.purpose, Purpose::Liveness);
    assert_eq!(challenged.on_proof(&proof).unwrap().purpose, Purpose::Liveness);
}

#[test]
fn another_protocol_is_refused() {
    for hello in [b"".as_slice(), b"GET / HTTP/1.1\r\n", b"SHR"] {
        assert_eq!(answer(beta(), hello).err().unwrap().code, RefusalCode::Protocol);
    }
}

#[test]
fn m72_another_wire_version_is_refused_whatever_follows() {
    let refusal = answer(beta(), b"SHRD\x02\x00 and something that we cannot know").err().unwrap();
    assert_eq!(refusal.code, RefusalCode::WireVersion);
    assert_eq!(refusal.text, "the other side speaks wire version 2, this node speaks 1");
}

#[test]
fn m12_another_routing_version_is_refused() {
    let config = Config::new(identity("alpha", 0xa), keys(&[7]), 2).unwrap();
    let (code, text) = refused(config);
    assert_eq!(code, RefusalCode::RoutingVersion);
    assert_eq!(text, "the other side has routing version 2, this node has 1");
}

#[test]
fn m72_another_cluster_is_refused() {
    let other = Identity { cluster: "chess".into(), ..identity("alpha", 0xa) };
    let (code, text) = refused(Config::new(other, keys(&[7]), 1).unwrap());
    assert_eq!(code, RefusalCode::Cluster);
    assert_eq!(text, r#"cluster "chess" was asked for, this node is in cluster "game""#);
}

#[test]
fn another_secret_is_refused() {
    let (code, text) = refused(config_with("alpha", 0xa, &[8]));
    assert_eq!(code, RefusalCode::Secret);
    assert_eq!(text, r#"node "alpha" and this node have no cluster secret in common"#);
}

#[test]
fn a_node_that_dials_itself_is_refused() {
    assert_eq!(refused(beta()), (RefusalCode::SelfDial, r#"node "beta" dialled itself"#.into()));
}

#[test]
fn a_namesake_is_left_to_the_caller() {
    let (initiator, _) = shake(config_with("beta", 0xa, &[7]), beta()).unwrap();
    assert_eq!((initiator.node.as_str(), initiator.boot), ("beta", 0xa));
    assert_eq!(Refusal::name_taken("beta", "10.0.0.1:7000").code, RefusalCode::NameTaken);
    assert_eq!(Refusal::duplicate("beta").code, RefusalCode::Duplicate);
}

#[test]
fn secrets_in_rotation_meet() {
    for (initiator, responder) in
        [([1, 2].as_slice(), [2, 1].as_slice()), (&[1], &[2, 1]), (&[2, 1], &[1]), (&[1, 2], &[3, 2])]
    {
        let (alpha, beta) = (config_with("alpha", 0xa, initiator), config_with("beta", 0xb, responder));
        assert!(shake(alpha, beta).is_ok(), "{initiator:?} {responder:?}");
    }
    let nothing = shake(config_with("alpha", 0xa, &[1, 2]), config_with("beta", 0xb, &[3, 4]));
    assert_eq!(nothing.unwrap_err(), "Secret");
    let eight: Vec<_> = (1..=8).collect();
    assert!(shake(config_with("alpha", 0xa, &eight), config_with("beta", 0xb, &[8])).is_ok());
}

#[test]
fn one_who_only_knows_the_key_id_gets_nowhere() {
    // Mallory answers with the id of the right key, and proves with a wrong one.
    let (initiator, hello) = dial(alpha());
    let id = keys(&[7]).ids().next().unwrap();
    let mallory = config_with("beta", 0xb, &[8]);
    let mut challenge = mallory.hello(Purpose::Calls, [2; 32], vec![id]).encode().unwrap();
    let wrong = keys(&[8]);
    let key = wrong.common(&wrong.ids().collect::<Vec<_>>()).unwrap();
    let proof = proof::prove(key, proof::Role::Responder, &hello, &challenge);
    challenge.extend(proof);
    assert_eq!(initiator.on_challenge(&challenge).unwrap_err(), HandshakeError::Unproven);

    let (challenged, challenge) = answer(beta(), &hello).unwrap();
    let proof = proof::prove(key, proof::Role::Initiator, &hello, &challenge);
    let refusal = challenged.on_proof(&proof).unwrap_err();
    assert_eq!((refusal.code, refusal.text.contains("proof")), (RefusalCode::Secret, true));
}

#[test]
fn what_is_sent_back_to_its_sender_is_refused() {
    // The hello, to a listener of its own sender.
    let (initiator, hello) = dial(alpha());
    assert_eq!(answer(alpha(), &hello).err().unwrap().code, RefusalCode::SelfDial);
    assert!(initiator.on_challenge(&hello).is_err());
    // The responder's proof, as the initiator's.
    let (challenged, challenge) = answer(beta(), &hello).unwrap();
    let proof = challenge.last_chunk::<32>().unwrap();
    assert_eq!(challenged.on_proof(proof).unwrap_err().code, RefusalCode::Secret);
    // The challenge, to the one who made it.
    let (initiator, _) = dial(beta());
    assert!(matches!(initiator.on_challenge(&challenge), Err(HandshakeError::Mismatch(_))));
    assert_eq!(answer(beta(), &challenge).err().unwrap().code, RefusalCode::Protocol);
}

#[test]
fn what_was_recorded_is_refused_later() {
    let (initiator, hello) = dial(alpha());
    let (_, challenge) = answer(beta(), &hello).unwrap();
    let (proof, _) = initiator.on_challenge(&challenge).unwrap();
    // The same hello and proof against a responder with its next nonce.
    let (challenged, _) = Responder::new(beta(), [3; 32]).on_hello(&hello).unwrap();
    assert_eq!(challenged.on_proof(&proof).unwrap_err().code, RefusalCode::Secret);
    // The same challenge against an initiator with its next nonce.
    let (initiator, _) = Initiator::new(alpha(), Purpose::Calls, [4; 32]);
    assert_eq!(initiator.on_challenge(&challenge).unwrap_err(), HandshakeError::Unproven);
}

#[test]
fn every_flipped_bit_in_a_hello_is_refused() {
    let (_, hello) = dial(alpha());
    for bit in 0..hello.len() * 8 {
        let (initiator, mut changed) = dial(alpha());
        changed[bit / 8] ^= 1 << (bit % 8);
        // The responder cannot know; then its proof is over the changed hello, and the initiator does.
        if let Ok((_, challenge)) = answer(beta(), &changed) {
            assert!(initiator.on_challenge(&challenge).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn every_flipped_bit_in_a_challenge_is_refused() {
    let (_, challenge) = answer(beta(), &dial(alpha()).1).unwrap();
    for bit in 0..challenge.len() * 8 {
        let mut changed = challenge.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(dial(alpha()).0.on_challenge(&changed).is_err(), "bit {bit}");
    }
}

#[test]
fn every_flipped_bit_in_a_proof_is_refused() {
    let (initiator, hello) = dial(alpha());
    let (_, challenge) = answer(beta(), &hello).unwrap();
    let (proof, _) = initiator.on_challenge(&challenge).unwrap();
    for bit in 0..proof.len() * 8 {
        let mut changed = proof.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let (challenged, _) = answer(beta(), &hello).unwrap();
        assert!(challenged.on_proof(&changed).is_err(), "bit {bit}");
    }
}

#[test]
fn truncated_and_extended_messages_are_refused() {
    let (initiator, hello) = dial(alpha());
    let (_, challenge) = answer(beta(), &hello).unwrap();
    let (proof, _) = initiator.on_challenge(&challenge).unwrap();
    let cuts = |whole: &[u8]| {
        let longer = [whole, &[0]].concat();
        (0..whole.len()).map(|len| whole[..len].to_vec()).chain([longer]).collect::<Vec<_>>()
    };
    assert!(cuts(&hello).iter().all(|cut| answer(beta(), cut).is_err()));
    assert!(cuts(&challenge).iter().all(|cut| dial(alpha()).0.on_challenge(cut).is_err()));
    for cut in cuts(&proof) {
        assert!(answer(beta(), &hello).unwrap().0.on_proof(&cut).is_err());
    }
}

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

proptest! {
    #[test]
    fn random_bytes_are_refused(mut bytes: Vec<u8>, prefix in 0..3_usize) {
        let start = [b"".as_slice(), b"SHRD", b"SHRD\x01\x00\x01\x00\x00"][prefix];
        bytes.splice(0..0, start.iter().copied());
        prop_assert!(answer(beta(), &bytes).is_err());
        prop_assert!(dial(alpha()).0.on_challenge(&bytes).is_err());
        let (challenged, _) = answer(beta(), &dial(alpha()).1).unwrap();
        prop_assert!(challenged.on_proof(&bytes).is_err());
        let _ = Refusal::decode(&bytes);
    }
}

/// Hello, challenge and proof of alpha and beta, with nonces of ones and twos.
const GOLDEN: [&str; 3] = [
    "5348524401000100000a000000000000000101010101010101010101010101010101010101010101010101010101010101040067616d650500616c7068610a00616c7068613a373030300500312e322e3301f9c2a731",
    "5348524401000100000b000000000000000202020202020202020202020202020202020202020202020202020202020202040067616d650400626574610900626574613a373030300500312e322e3301f9c2a731baa724403003084a71a3d82803f4cb5e79250b2ea51a18d1518051f6d7295064",
    "237fabbf31ef00fe06e3fa3e8f93e009fcd913b5786b2dccce1c5e69073dcbe1",
];
