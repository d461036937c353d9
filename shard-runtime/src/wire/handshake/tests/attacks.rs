//! Everything that somebody in between could try.

use proptest::prelude::*;

use super::*;
use crate::trust::{LinkKey, Secret};
use crate::wire::handshake::proof::{self, Role, Transcript};

fn prove(key: &LinkKey, role: Role, hello: &[u8], challenge: &[u8]) -> [u8; 32] {
    proof::prove(key, role, Transcript { hello, challenge, channel: &[] })
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
    let proof = prove(key, Role::Responder, &hello, &challenge);
    challenge.extend(proof);
    assert_eq!(initiator.on_challenge(&challenge).unwrap_err(), HandshakeError::Unproven);

    let (challenged, challenge) = answer(beta(), &hello).unwrap();
    let proof = prove(key, Role::Initiator, &hello, &challenge);
    let refusal = challenged.on_proof(&proof).unwrap_err();
    assert_eq!((refusal.code, refusal.text.contains("proof")), (RefusalCode::Secret, true));
}

/// A challenge whose proof is right, made of a hello that no responder of ours would say.
fn proven(hello: &[u8], change: impl FnOnce(&mut hello::Hello)) -> Vec<u8> {
    let ring = keys(&[7]);
    let offered: Vec<_> = ring.ids().collect();
    let mut theirs = beta().hello(Purpose::Calls, [2; 32], offered.clone());
    change(&mut theirs);
    let mut challenge = theirs.encode().unwrap();
    challenge.extend(prove(ring.common(&offered).unwrap(), Role::Responder, hello, &challenge));
    challenge
}

#[test]
fn a_challenge_that_does_not_answer_the_hello_is_refused_for_all_its_proof() {
    let (initiator, hello) = dial(alpha());
    assert!(initiator.on_challenge(&proven(&hello, |_| ())).is_ok());
    let changes: [fn(&mut hello::Hello); 6] = [
        |it| it.peer.purpose = Purpose::Liveness,
        |it| it.cluster = "chess".into(),
        |it| it.routing_version = 2,
        |it| it.peer.boot = 0xa,
        |it| it.keys.clear(),
        |it| it.keys.push(1),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let (initiator, hello) = dial(alpha());
        assert!(initiator.on_challenge(&proven(&hello, change)).is_err(), "change {at}");
    }
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
fn whoever_has_two_channels_cannot_pass_proofs_from_one_to_the_other() {
    assert!(shake(alpha().over(&[1; 32]), beta().over(&[1; 32])).is_ok());
    // An empty one is none.
    assert!(shake(alpha().over(&[]), beta()).is_ok());
    for (near, far) in [(&[1; 32][..], &[2; 32][..]), (&[1; 32], &[]), (&[], &[1; 32])] {
        let (initiator, hello) = dial(alpha().over(near));
        let (_, challenge) = answer(beta().over(far), &hello).unwrap();
        assert_eq!(initiator.on_challenge(&challenge).unwrap_err(), HandshakeError::Unproven);
        // Nor does it help to know what the initiator would have said.
        let (_, hello) = dial(alpha().over(near));
        let (challenged, challenge) = answer(beta().over(far), &hello).unwrap();
        let ring = keys(&[7]);
        let key = ring.get(ring.ids().next().unwrap()).unwrap();
        let said = Transcript { hello: &hello, challenge: &challenge, channel: near };
        let refusal = challenged.on_proof(&proof::prove(key, Role::Initiator, said)).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::Secret);
    }
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
fn whoever_has_overheard_a_handshake_can_tell_the_secret_from_a_wrong_guess() {
    let (_, hello) = dial(alpha());
    let (_, challenge) = answer(beta(), &hello).unwrap();
    let (said, proof) = challenge.split_at(challenge.len() - 32);
    let is_right = |guess: &u8| {
        let ring = keys(&[*guess]);
        let key = ring.common(&ring.ids().collect::<Vec<_>>()).unwrap();
        prove(key, Role::Responder, &hello, said) == proof
    };
    assert_eq!((0..=u8::MAX).filter(is_right).collect::<Vec<_>>(), [7]);
    // No protocol of ours stands against that, so what could be guessed soon is no secret.
    assert!(Secret::new([7; 15]).is_err() && Secret::new([7; 16]).is_ok());
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
