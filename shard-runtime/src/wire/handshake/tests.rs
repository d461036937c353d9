//! Two honest sides, and why one of them refuses.

use super::responder::Challenged;
use super::*;
use crate::trust::{LinkKeys, Secret, Secrets};

mod attacks;
mod bodies;

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
    assert_eq!(text, r#"cluster "chess" was asked for, and node "beta" is in cluster "game""#);
}

#[test]
fn another_secret_is_refused() {
    let (code, text) = refused(config_with("alpha", 0xa, &[8]));
    assert_eq!(code, RefusalCode::Secret);
    assert_eq!(text, r#"node "alpha" and node "beta" have no cluster secret in common"#);
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
