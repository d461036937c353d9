//! What the fuzzer does with packets, lists of members and records.

use std::sync::LazyLock;

use super::codec::{Packet, write_header, write_update};
use super::driver::Swim;
use super::identity::Record;
use super::output::Output;
use super::pace::Pace;
use super::record;
use super::seal::{Kind, MAX_PACKET, open, seal};
use crate::membership::{Boot, Member, NodeName};
use crate::trust::{GossipKeys, Secret, Secrets};
use crate::wire::cursor::Reader;

static KEYS: LazyLock<GossipKeys> =
    LazyLock::new(|| GossipKeys::derive(&Secrets::new(Secret::new([1; 32]).unwrap()), "cluster"));

/// The boots of the node that hears, and of the one that speaks.
const HERE: u64 = 1;
const THERE: u64 = 2;

/// Any bytes are a packet, a list of members or a record, or are refused; what is read is written and read as the same; what
/// is not sealed is not opened; and what was refused has changed nothing.
///
/// # Panics
///
/// When that does not hold.
pub fn gossip(input: &[u8]) {
    let (choice, bytes) = input.split_first().unwrap_or((&0, &[]));
    match choice % 5 {
        0 => unsealed(bytes),
        1 => packet(bytes),
        2 => one_record(bytes),
        3 => hear(Kind::Packet, bytes, choice & 8 != 0),
        _ => hear(if choice & 8 == 0 { Kind::Sync } else { Kind::Superseded }, bytes, choice & 16 != 0),
    }
}

fn unsealed(bytes: &[u8]) {
    let opened = open(&KEYS, bytes, MAX_PACKET);
    assert!(opened.is_err(), "it was not sealed: {opened:?}");
    // And any other byte than the ones that were sealed.
    let sealed = seal(&KEYS, Boot::new(THERE), None, Kind::Packet, bytes);
    let at = bytes.first().map_or(0, |byte| usize::from(*byte)) % sealed.len();
    let mut changed = sealed.to_vec();
    changed[at] ^= bytes.get(1).copied().unwrap_or(1).max(1);
    assert!(open(&KEYS, &changed, MAX_PACKET).is_err(), "byte {at} was changed");
    assert_eq!(open(&KEYS, &sealed, MAX_PACKET).is_ok(), sealed.len() <= MAX_PACKET);
}

fn packet(bytes: &[u8]) {
    let Ok(packet) = Packet::read(bytes) else { return };
    assert!(packet.updates.len() * 8 <= bytes.len(), "more members than there are bytes for");
    let written = written(&packet);
    let again = Packet::read(&written).expect("what is written can be read");
    assert_eq!(again.updates.len(), packet.updates.len());
    for (one, other) in again.updates.iter().zip(&packet.updates) {
        assert_eq!((one.state(), one.incarnation()), (other.state(), other.incarnation()));
        assert_eq!(one.id().to_member(), other.id().to_member());
    }
    assert_eq!(again.header.src.to_member(), packet.header.src.to_member());
    assert_eq!(again.header.dst.to_member(), packet.header.dst.to_member());
    assert_eq!(self::written(&again), written);
}

fn written(packet: &Packet<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    write_header(&packet.header, &mut out).expect("a header that was read can be written");
    if !packet.updates.is_empty() {
        out.extend_from_slice(&u16::try_from(packet.updates.len()).unwrap().to_be_bytes());
    }
    for update in &packet.updates {
        write_update(update, &mut out).expect("a member that was read can be written");
    }
    out
}

fn one_record(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    let Ok(record) = record::read(&mut reader) else { return };
    let taken = bytes.len() - reader.rest().len();
    assert!(taken <= record::MAX_RECORD + 2);
    assert!(record.roles.len() <= 64 && record.roles.iter().all(|role| role.len() <= 64));
    assert!(record.address.len() <= 256 && record.version.len() <= 64);
    let mut texts = vec![record.address.as_str(), record.version.as_str()];
    texts.extend(record.roles.iter().map(|role| &**role));
    texts.extend(record.modules.iter().map(|module| &*module.name));
    assert!(
        !texts.iter().any(|text| text.contains(char::is_control)),
        "a control character could forge a line of the log"
    );
    assert!(record.modules.iter().all(|module| module.limit != Some(0)));
    let mut out = Vec::new();
    record::write(&record, &mut out).expect("a record that was read can be written");
    assert!(out.len() <= taken, "the shortest form is written");
    let again = record::read(&mut Reader::new(&out)).expect("what is written can be read");
    assert_eq!(again.to_member(), record.to_member());
}

fn hear(kind: Kind, body: &[u8], for_us: bool) {
    let mut swim = swim();
    let to = for_us.then_some(Boot::new(HERE));
    let sealed = seal(&KEYS, Boot::new(THERE), to, kind, body);
    let mut out = Vec::new();
    let before = state(&swim);
    let result = match kind {
        Kind::Sync => swim.on_sync(&sealed, &mut out).map(|_| ()),
        Kind::Packet | Kind::Superseded => swim.heard(&sealed, &mut out),
    };
    if result.is_err() {
        assert_eq!(state(&swim), before, "what was refused has changed something");
        assert!(out.is_empty(), "what was refused has come to something: {out:?}");
    }
    assert_eq!(swim.me.name.as_str(), "here");
    assert_eq!(swim.me.boot, Boot::new(HERE), "nobody else says which boot this node has");
    for output in &out {
        match output {
            Output::Send { bytes, .. } => {
                assert!(open(&KEYS, bytes, MAX_PACKET).is_ok(), "what is sent is sealed");
            }
            Output::Joined(member) => assert!(swim.known.contains_key(&member.name)),
            _ => {}
        }
    }
    assert!(swim.known.len() <= body.len() / 8 + 2, "more members than were told of");
}

/// What others could have changed.
fn state(swim: &Swim) -> (Vec<Member>, Member, usize) {
    let known = swim.known.values().map(Record::to_member).collect();
    (known, swim.me.to_member(), swim.foca.iter_membership_state().count())
}

fn swim() -> Swim {
    let name: NodeName = "here".parse().unwrap();
    let mut me = Member::new(name, Boot::new(HERE));
    "here:1".clone_into(&mut me.address);
    Swim::new(me, KEYS.clone(), 1, Pace::default()).unwrap()
}

/// Packets, lists and records as they are, each with the choice of [`gossip`] that they are for.
#[cfg(test)]
pub(crate) fn packets() -> Vec<(u8, Vec<u8>)> {
    use foca::{Header, Member as Update, Message, State};

    use crate::membership::{HostedModule, MemberState};

    let member = |name: &str, boot: u64| {
        let mut member = Member::new(name.parse().unwrap(), Boot::new(boot));
        member.address = format!("{name}:7400");
        "1.2.3".clone_into(&mut member.version);
        member.state = MemberState::Active;
        member.roles = vec!["game".into()];
        member.modules = ["Arena", "Lobby"].map(|name| HostedModule::new(name, boot)).into();
        member.age.drawn = boot * 1000;
        Record::new(member)
    };
    let (here, there, third) =
        (Record::new(swim().me.to_member()), member("there", THERE), member("third", 3));
    let mut packets = Vec::new();
    for message in [
        Message::Ping(7),
        Message::Ack(7),
        Message::PingReq { target: third.clone(), probe_number: 7 },
        Message::IndirectPing { origin: third.clone(), probe_number: 7 },
        Message::IndirectAck { target: third.clone(), probe_number: 7 },
        Message::ForwardedAck { origin: third.clone(), probe_number: 7 },
        Message::Announce,
        Message::Feed,
        Message::Gossip,
        Message::TurnUndead,
    ] {
        let header = Header { src: there.clone(), src_incarnation: 1, dst: here.clone(), message };
        let mut out = Vec::new();
        write_header(&header, &mut out).unwrap();
        out.extend_from_slice(&2_u16.to_be_bytes());
        write_update(&Update::new(third.clone(), 1, State::Alive), &mut out).unwrap();
        write_update(&Update::new(here.clone(), 0, State::Suspect), &mut out).unwrap();
        packets.push((1, out));
    }
    let mut list = vec![1];
    list.extend_from_slice(&7_u64.to_le_bytes());
    for (record, state) in [(&there, State::Alive), (&third, State::Down), (&here, State::Suspect)] {
        write_update(&Update::new(record.clone(), 2, state), &mut list).unwrap();
    }
    packets.push((4, list));
    let mut record = Vec::new();
    record::write(&third, &mut record).unwrap();
    packets.push((2, record));
    packets
}
