//! Packets that no honest node sends, and records that are too much.

use std::time::Instant;

use super::super::codec::write_update;
use super::super::identity::Record;
use super::super::record::RecordError;
use super::super::record::{MAX_RECORD, read, write};
use super::super::seal::{Kind, MAX_PACKET, MAX_SYNC, open, seal};
use super::*;
use crate::wire::cursor::Reader;

/// A packet that `from` sends to `to` to be let in, as it travels.
fn announce(from: &mut Swim, to: &Swim) -> Vec<u8> {
    let mut out = Vec::new();
    from.join(to.me(), &mut out);
    sent(out).remove(0)
}

fn sent(out: Vec<Output>) -> Vec<Vec<u8>> {
    let bytes = |output| match output {
        Output::Send { bytes, .. } => Some(bytes.to_vec()),
        _ => None,
    };
    out.into_iter().filter_map(bytes).collect()
}

fn heard(swim: &mut Swim, bytes: &[u8]) -> Result<Vec<Output>, BadPacket> {
    let mut out = Vec::new();
    swim.heard(bytes, &mut out).map(|()| out)
}

fn refused(swim: &mut Swim, bytes: &[u8]) -> BadPacket {
    let mut out = Vec::new();
    let error = swim.heard(bytes, &mut out).unwrap_err();
    assert!(out.is_empty(), "{out:?}");
    assert_eq!(swim.members().len(), 1);
    error
}

#[test]
fn another_secret_or_cluster_is_not_heard() {
    let mut alpha = swim("alpha", 1);
    for keys in [keys_of(&[2], "cluster"), keys_of(&[1], "other")] {
        let id = keys.id();
        let mut stranger = Swim::new(member("mallory", 9, 9), keys, 1, Pace::default()).unwrap();
        let packet = announce(&mut stranger, &alpha);
        assert_eq!(refused(&mut alpha, &packet), BadPacket::UnknownKey(id));
        let sync = stranger.sync_body(true, 1);
        assert_eq!(alpha.on_sync(&sync, &mut Vec::new()), Err(BadPacket::UnknownKey(id)));
    }
}

#[test]
fn a_previous_secret_is_heard_while_the_secret_is_changed() {
    let mut new = Swim::new(member("new", 1, 1), keys_of(&[2, 1], "cluster"), 1, Pace::default()).unwrap();
    let packet = announce(&mut swim("old", 2), &new);
    assert!(!heard(&mut new, &packet).unwrap().is_empty());
    assert_eq!(new.members().len(), 2);
}

#[test]
fn every_flipped_bit_is_found() {
    let mut alpha = swim("alpha", 1);
    let packet = announce(&mut swim("beta", 2), &alpha);
    for bit in 0..packet.len() * 8 {
        let mut bent = packet.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        let error = refused(&mut alpha, &bent);
        let byte = bit / 8;
        let right = match error {
            BadPacket::Version(_) => byte == 0,
            BadPacket::UnknownKey(_) => (1..5).contains(&byte),
            BadPacket::Forged => byte >= 5,
            _ => false,
        };
        assert!(right, "byte {byte}: {error}");
    }
    assert!(heard(&mut alpha, &packet).is_ok(), "as it was sent it is heard");
}

#[test]
fn every_truncated_packet_is_refused() {
    let mut alpha = swim("alpha", 1);
    let packet = announce(&mut swim("beta", 2), &alpha);
    for len in 0..packet.len() {
        refused(&mut alpha, &packet[..len]);
    }
    let long = vec![1; MAX_PACKET + 1];
    assert_eq!(refused(&mut alpha, &long), BadPacket::TooLong { size: MAX_PACKET + 1, limit: MAX_PACKET });
}

#[test]
fn a_body_of_somebody_with_the_key_may_be_anything() {
    let mut alpha = swim("alpha", 1);
    let packet = announce(&mut swim("beta", 2), &alpha);
    let body = open(&keys(), &packet, MAX_PACKET).unwrap().body.to_vec();
    let resealed = |body: &[u8], kind| seal(&keys(), Boot::new(2), Some(Boot::new(1)), kind, body);
    for len in 0..body.len() {
        refused(&mut alpha, &resealed(&body[..len], Kind::Packet));
    }
    for at in 0..body.len() {
        for byte in [0, 1, 2, 9, 127, 128, 251, 252, 253, 255, body[at] ^ 1] {
            let mut bent = body.clone();
            bent[at] = byte;
            for kind in [Kind::Packet, Kind::Superseded] {
                let _ = swim("alpha", 1).heard(&resealed(&bent, kind), &mut Vec::new());
            }
        }
    }
    let mut trailing = body.clone();
    trailing.extend([0, 0, 7]);
    refused(&mut alpha, &resealed(&trailing, Kind::Packet));
    trailing.truncate(body.len());
    trailing.extend(u16::MAX.to_be_bytes());
    refused(&mut alpha, &resealed(&trailing, Kind::Packet));
}

#[test]
fn a_packet_counts_only_from_whom_and_for_whom_it_was_sealed() {
    let (mut alpha, mut beta) = (swim("alpha", 1), swim("beta", 2));
    let packet = announce(&mut beta, &alpha);
    let body = open(&keys(), &packet, MAX_PACKET).unwrap().body.to_vec();
    let from = |from, to: Option<u64>| seal(&keys(), Boot::new(from), to.map(Boot::new), Kind::Packet, &body);
    assert_eq!(refused(&mut alpha, &from(3, None)), BadPacket::OtherSender);
    assert_eq!(refused(&mut alpha, &from(1, None)), BadPacket::FromSelf);
    assert_eq!(refused(&mut alpha, &from(2, Some(7))), BadPacket::OtherBoot);
    assert_eq!(refused(&mut swim("gamma", 3), &packet), BadPacket::OtherBoot, "it is meant for alpha");

    // What alpha answers is for this run of beta, and not for the next.
    let answer = sent(heard(&mut alpha, &packet).unwrap()).remove(0);
    assert!(heard(&mut swim("beta", 2), &answer).is_ok());
    assert_eq!(heard(&mut swim("beta", 4), &answer).unwrap_err(), BadPacket::OtherBoot);
}

#[test]
fn an_announcement_is_taken_by_whoever_has_the_name_now() {
    let (mut now, mut beta) = (swim("alpha", 7), swim("beta", 2));
    let packet = announce(&mut beta, &swim("alpha", 1));
    let answer = sent(heard(&mut now, &packet).unwrap()).remove(0);
    heard(&mut beta, &answer).unwrap();
    assert_eq!(beta.members()[0].boot, Boot::new(7));
    let mut unnamed = Vec::new();
    swim("beta", 2).join(&Member::new(name("alpha"), Boot::new(0)), &mut unnamed);
    assert!(heard(&mut now, &sent(unnamed)[0]).is_ok());
}

#[test]
fn records_are_bounded_when_said_and_when_heard() {
    let refused = |change: fn(&mut Member)| {
        let mut member = member("alpha", 1, 1);
        change(&mut member);
        let error = Swim::new(member.clone(), keys(), 1, Pace::default()).err().expect("it is refused");
        let mut swim = swim("alpha", 1);
        member.age.turn += 1;
        assert_eq!(swim.say(member, &mut Vec::new()), Err(error.clone()));
        assert_eq!(swim.me().age.turn, 0);
        error
    };
    let many = (|m| m.modules = (0..400).map(|n| HostedModule::new(format!("module{n}"), n)).collect())
        as fn(&mut Member);
    assert_eq!(refused(many), RecordError::TooLong);
    assert_eq!(
        refused(|m| m.address = "x".repeat(257)),
        RecordError::TextTooLong { what: "the address", len: 257, limit: 256 }
    );
    assert!(matches!(refused(|m| m.version = "x".repeat(65)), RecordError::TextTooLong { .. }));
    assert!(matches!(refused(|m| m.roles = vec!["x".repeat(65).into()]), RecordError::TextTooLong { .. }));
    assert_eq!(refused(|m| m.roles = vec!["x".into(); 65]), RecordError::TooManyRoles(65));
    assert_eq!(refused(|m| m.modules[0].limit = Some(0)), RecordError::NoSeat);
    assert_eq!(refused(|m| m.version = "\u{1b}[2J".into()), RecordError::ControlCharacter("the version"));
    assert_eq!(refused(|m| m.address = "a\n".into()), RecordError::ControlCharacter("the address"));
    assert_eq!(refused(|m| m.roles = vec!["a\0".into()]), RecordError::ControlCharacter("a role"));
    assert_eq!(
        refused(|m| m.modules = vec![HostedModule::new("a\u{85}", 1)]),
        RecordError::ControlCharacter("a module's name")
    );
}

#[test]
fn what_is_read_is_checked_like_what_is_written() {
    let mut bytes = Vec::new();
    write(&member("alpha", 1, 1), &mut bytes).unwrap();
    assert!(read(&mut Reader::new(&bytes)).is_ok());
    // The address is the first text behind name and boot.
    let at = bytes.windows(4).position(|bytes| bytes == b"10.0").unwrap();
    bytes[at] = 0x1b;
    assert_eq!(
        read(&mut Reader::new(&bytes)).unwrap_err(),
        BadPacket::Record(RecordError::ControlCharacter("the address"))
    );
    let mut long = u16::try_from(MAX_RECORD + 1).unwrap().to_le_bytes().to_vec();
    long.resize(MAX_RECORD + 3, 0);
    assert_eq!(read(&mut Reader::new(&long)).unwrap_err(), BadPacket::Record(RecordError::TooLong));
}

/// A list of that many members nobody has ever seen, from `beta`.
fn made_up(first: u64, count: u64, state: foca::State) -> Vec<u8> {
    let mut body = vec![0; 9];
    for boot in first..first + count {
        let mut member = Member::new(name(&format!("m{boot}")), Boot::new(boot));
        member.age.drawn = boot;
        write_update(&foca::Member::new(Record::new(member), 0, state), &mut body).unwrap();
    }
    seal(&keys(), Boot::new(2), None, Kind::Sync, &body).to_vec()
}

#[test]
fn five_thousand_members_are_too_many() {
    let mut network = Network::settled(1, 3);
    let before = network.nodes[0].swim.members();
    let start = Instant::now();
    let mut out = Vec::new();
    let swim = &mut network.nodes[0].swim;
    for first in [1000, 3000, 5000, 7000] {
        let bytes = made_up(first, 1250, foca::State::Alive);
        assert!(bytes.len() <= MAX_SYNC);
        swim.on_sync(&bytes, &mut out).unwrap();
    }
    println!("5,000 made-up members: {} ms", start.elapsed().as_millis());
    let members = swim.members();
    assert_eq!(members.len(), 4096);
    assert!(before.iter().all(|known| members.contains(known)), "those that were there stay");
    let refused = out.iter().filter_map(|output| match output {
        Output::Full { refused } => Some(refused.name.as_str()),
        _ => None,
    });
    assert_eq!(refused.collect::<Vec<_>>(), ["m7343"], "it is said once, of the first without room");

    let mut stranger = super::swim("stranger", 77);
    let packet = announce(&mut stranger, swim);
    let mut out = Vec::new();
    swim.heard(&packet, &mut out).unwrap();
    assert!(out.is_empty(), "there is no room, and no noise: {out:?}");
    assert_eq!(swim.members().len(), 4096);
    // Among themselves they go on.
    let mut me = network.nodes[1].swim.me().clone();
    (me.age.turn, me.state) = (me.age.turn + 1, MemberState::Draining);
    let mut out = Vec::new();
    network.nodes[1].swim.say(me, &mut out).unwrap();
    for packet in sent(out) {
        let _ = network.nodes[0].swim.heard(&packet, &mut Vec::new());
    }
    let draining = |member: &Member| member.state == MemberState::Draining;
    assert!(network.nodes[0].swim.members().iter().any(draining));
}

#[test]
fn the_dead_are_bounded_too() {
    let mut swim = swim("alpha", 1);
    let mut out = Vec::new();
    for first in [1000, 3000, 5000, 7000, 9000] {
        swim.on_sync(&made_up(first, 1250, foca::State::Down), &mut out).unwrap();
    }
    assert_eq!(swim.foca.iter_membership_state().len(), 4096);
    assert_eq!(swim.members().len(), 1);
    let timers = out.iter().filter(|output| matches!(output, Output::After { .. })).count();
    assert_eq!(timers, 1, "one timer for all of the dead");
    assert!(swim.sync_body(false, 0).len() <= MAX_SYNC);
    let mut list = made_up(1, 8193, foca::State::Down);
    list.truncate(MAX_SYNC);
    assert!(swim.on_sync(&list, &mut out).is_err());
}
