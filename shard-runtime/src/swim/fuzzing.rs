//! What the fuzzer does with packets, lists of members and records.

use core::fmt::Debug;
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use foca::{Member as Update, State};

use super::BadPacket;
use super::codec::{Packet, write_header, write_update};
use super::driver::Swim;
use super::identity::Record;
use super::output::{Output, Timer};
use super::pace::Pace;
use super::record;
use super::seal::{Kind, MAX_PACKET, open, seal};
use crate::fuzzing::Script;
use crate::membership::{Boot, HostedModule, Member, MemberState, NodeName};
use crate::trust::{GossipKeys, Secret, Secrets};
use crate::wire::cursor::Reader;

static KEYS: LazyLock<GossipKeys> =
    LazyLock::new(|| GossipKeys::derive(&Secrets::new(Secret::new([1; 32]).unwrap()), "cluster"));

/// The boots of the node that hears, and of those that speak.
const HERE: u64 = 1;
const THERE: u64 = 2;
const THIRD: u64 = 3;

/// Steps of one script.
const STEPS: usize = 16;

/// Any bytes are a packet, a list of members or a record, or are refused; what is read is written and read as the same; and
/// what is not sealed is not opened. A node that hears many of them, while its own time goes on, tells of each member that
/// comes and goes as it knows it; and what it refuses has changed nothing, also when it had something to lose.
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
        _ => hear(choice / 5, &mut Script::new(bytes)),
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

/// A node that knows up to three others hears what the script says.
fn hear(members: u8, script: &mut Script<'_>) {
    let mut ear =
        Ear { swim: swim(), view: BTreeMap::new(), now: Duration::ZERO, timers: Vec::new(), told: 0 };
    let known = [("there", THERE), ("third", THIRD), ("fourth", 4)];
    let known = &known[..usize::from(members & 3)];
    if !known.is_empty() {
        let list =
            list(&known.iter().map(|(name, boot)| (member(name, *boot), State::Alive)).collect::<Vec<_>>());
        ear.hears(Kind::Sync, (THERE, None), &list).expect("an honest list is taken");
        assert_eq!(ear.view.len(), known.len(), "all that were told of are known");
    }
    for _ in 0..STEPS {
        if script.is_over() {
            break;
        }
        let how = script.u8();
        let kind = match how & 3 {
            0 => Kind::Packet,
            1 => Kind::Sync,
            2 => Kind::Superseded,
            _ => {
                ear.waits();
                continue;
            }
        };
        let to = [Some(HERE), None, Some(HERE + 8), Some(HERE)][usize::from(how >> 2 & 3)];
        let from = [THERE, THIRD, HERE, THERE][usize::from(how >> 4 & 3)];
        let len = usize::from(script.u16());
        let result = ear.hears(kind, (from, to.map(Boot::new)), script.take(len));
        assert!(from != HERE || result.is_err(), "it has heard itself");
        // A list is for whoever gets it.
        let is_for_others = kind != Kind::Sync && to.is_some_and(|to| to != HERE);
        assert!(!is_for_others || result.is_err(), "what is sealed for another boot was taken");
    }
}

/// A node that hears, and what it has said.
struct Ear {
    swim: Swim,
    /// Whom it has told of, and of nobody's end.
    view: BTreeMap<NodeName, Member>,
    now: Duration,
    timers: Vec<(Duration, Timer)>,
    /// No more members than these can have been told of.
    told: usize,
}

impl Ear {
    fn hears(&mut self, kind: Kind, (from, to): (u64, Option<Boot>), body: &[u8]) -> Result<(), BadPacket> {
        let sealed = seal(&KEYS, Boot::new(from), to, kind, body);
        let mut out = Vec::new();
        let before = state(&self.swim);
        let result = match kind {
            Kind::Sync => self.swim.on_sync(&sealed, &mut out).map(|_| ()),
            Kind::Packet | Kind::Superseded => self.swim.heard(&sealed, &mut out),
        };
        self.told += body.len() / 8 + 2;
        if result.is_err() {
            assert!(out.is_empty(), "what was refused has come to something: {out:?}");
            assert_eq!(state(&self.swim), before, "what was refused has changed something");
            self.swim.settle(&mut out);
            assert!(out.is_empty(), "what was refused comes to something later: {out:?}");
            assert_eq!(state(&self.swim), before, "what was refused changes something later");
        }
        self.does(out);
        result
    }

    /// Until the next timer.
    fn waits(&mut self) {
        let next = self.timers.iter().enumerate().min_by_key(|(_, (due, _))| *due).map(|(at, _)| at);
        let Some(next) = next else { return };
        let (due, timer) = self.timers.remove(next);
        self.now = due;
        let mut out = Vec::new();
        self.swim.timer(timer, &mut out);
        self.does(out);
    }

    fn does(&mut self, out: Vec<Output>) {
        for output in out {
            match output {
                Output::Send { bytes, .. } => {
                    let opened = open(&KEYS, &bytes, MAX_PACKET).expect("what is sent is sealed");
                    assert_eq!(opened.from, Boot::new(HERE));
                }
                Output::After { delay, timer } => self.timers.push((self.now + delay, timer)),
                Output::Joined(new) => {
                    let before = self.view.insert(new.name.clone(), new);
                    assert!(before.is_none(), "{before:?} has joined twice");
                }
                Output::Changed { old, new } => {
                    assert_eq!(old.boot, new.boot);
                    let before = self.view.insert(new.name.clone(), new);
                    assert_eq!(before.map(|before| rank(&before)), Some(rank(&old)));
                }
                Output::Reborn { old, new } => {
                    assert_ne!(old.boot, new.boot);
                    let before = self.view.insert(new.name.clone(), new);
                    assert_eq!(before.map(|before| rank(&before)), Some(rank(&old)));
                }
                Output::Left { member, .. } => {
                    assert!(self.view.remove(&member.name).is_some(), "{member:?} was not there");
                }
                Output::ToldDead { .. } | Output::Superseded { .. } => {}
                Output::Full { refused } => panic!("there is room for {refused:?}"),
            }
        }
        let swim = &self.swim;
        assert_eq!(
            (swim.me.name.as_str(), swim.me.boot),
            ("here", Boot::new(HERE)),
            "nobody else says who it is"
        );
        assert!(swim.known.keys().eq(self.view.keys()), "it knows others than it has told of");
        let are_told =
            swim.known.values().zip(self.view.values()).all(|(known, told)| rank(known) == rank(told));
        assert!(are_told, "it knows something else of them than it has told");
        assert!(!swim.known.contains_key(&swim.me.name), "it is not another");
        assert!(swim.known.len() <= self.told, "more members than were told of");
    }
}

/// Of one run at one turn nobody says two things, and whoever does is believed once.
fn rank(member: &Member) -> (Boot, u64, u32) {
    (member.boot, member.age.drawn, member.age.turn)
}

/// What others could have changed.
fn state(swim: &Swim) -> impl PartialEq + Debug + use<> {
    let known: Vec<Arc<Member>> = swim.known.values().map(Record::shared).collect();
    let entries: Vec<_> = swim
        .foca
        .iter_membership_state()
        .map(|entry| (entry.id().shared(), entry.incarnation(), entry.state()))
        .collect();
    let lost: Vec<Arc<Member>> = swim.lost.iter().map(Record::shared).collect();
    let flags = (swim.standing, swim.sweeping, swim.rejoining, swim.full);
    let counts = (swim.incarnation, swim.reckoned, swim.foca.updates_backlog());
    let rest = format!("{:?} {:?} {:?} {:?}", swim.collector, swim.downs, swim.superseding, swim.earlier);
    (swim.me.shared(), known, entries, lost, flags, counts, rest)
}

/// A list of members, unsealed.
fn list(members: &[(Record, State)]) -> Vec<u8> {
    let mut list = vec![1];
    list.extend_from_slice(&7_u64.to_le_bytes());
    for (record, state) in members {
        write_update(&Update::new(record.clone(), 2, *state), &mut list).unwrap();
    }
    list
}

fn member(name: &str, boot: u64) -> Record {
    let mut member = Member::new(name.parse().unwrap(), Boot::new(boot));
    member.address = format!("{name}:7400");
    "1.2.3".clone_into(&mut member.version);
    member.state = MemberState::Active;
    member.roles = vec!["game".into()];
    member.modules = ["Arena", "Lobby"].map(|name| HostedModule::new(name, boot)).into();
    member.age.drawn = boot * 1000;
    Record::new(member)
}

fn swim() -> Swim {
    let name: NodeName = "here".parse().unwrap();
    let mut me = Member::new(name, Boot::new(HERE));
    "here:1".clone_into(&mut me.address);
    Swim::new(me, KEYS.clone(), 1, Pace::default()).unwrap()
}

/// What the seeds are made of, unsealed.
#[cfg(test)]
pub(crate) struct Seeds {
    pub(crate) packets: Vec<Vec<u8>>,
    pub(crate) list: Vec<u8>,
    pub(crate) superseded: Vec<u8>,
    pub(crate) record: Vec<u8>,
}

#[cfg(test)]
pub(crate) fn seeds() -> Seeds {
    use foca::{Header, Message};

    let here = Record::new(swim().me.to_member());
    let (there, third) = (member("there", THERE), member("third", THIRD));
    let messages = [
        Message::Ping(7),
        Message::Ack(7),
        Message::PingReq { target: third.clone(), probe_number: 7 },
        Message::IndirectPing { origin: third.clone(), probe_number: 7 },
        Message::IndirectAck { target: third.clone(), probe_number: 7 },
        Message::ForwardedAck { origin: third.clone(), probe_number: 7 },
        Message::PingReq { target: here.clone(), probe_number: 7 },
        Message::Announce,
        Message::Feed,
        Message::Gossip,
        Message::TurnUndead,
    ];
    let packet = |message| {
        let header = Header { src: there.clone(), src_incarnation: 1, dst: here.clone(), message };
        let mut out = Vec::new();
        write_header(&header, &mut out).unwrap();
        out.extend_from_slice(&2_u16.to_be_bytes());
        write_update(&Update::new(third.clone(), 1, State::Alive), &mut out).unwrap();
        write_update(&Update::new(here.clone(), 0, State::Suspect), &mut out).unwrap();
        out
    };
    let mut namesake = here.to_member();
    (namesake.boot, namesake.age.drawn) = (Boot::new(9), 9000);
    let mut superseded = Vec::new();
    write_update(&Update::new(Record::new(namesake), 0, State::Alive), &mut superseded).unwrap();
    let mut record = Vec::new();
    record::write(&third, &mut record).unwrap();
    Seeds {
        packets: messages.map(packet).into(),
        list: list(&[(there.clone(), State::Alive), (third, State::Down), (here, State::Suspect)]),
        superseded,
        record,
    }
}
