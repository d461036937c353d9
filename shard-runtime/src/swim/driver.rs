//! The state of one node's SWIM.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use foca::{Foca, Member as Entry, NoCustomBroadcast, State, TimerToken};

use super::codec::Packets;
use super::collector::Collector;
use super::downs::Downs;
use super::identity::Record;
use super::output::{Due, Output, Timer};
use super::pace::Pace;
use super::record::{self, RecordError};
use super::rng::SplitMix;
use crate::membership::{Member, NodeName};
use crate::trust::GossipKeys;

/// How many members there may be, this node included: beyond this somebody is making them up.
pub(super) const MAX_MEMBERS: usize = 4096;

/// One node's part in SWIM.
///
/// Everything that it wants done is appended to the `out` of the call in which it became known; nothing happens
/// between calls. The same calls with the same seed give the same outputs.
pub(crate) struct Swim {
    pub(super) foca: Foca<Record, Packets, SplitMix, NoCustomBroadcast>,
    pub(super) me: Record,
    pub(super) standing: Standing,
    pub(super) keys: GossipKeys,
    pub(super) pace: Pace,
    pub(super) collector: Collector,
    /// Who is to be told by which record it was replaced.
    pub(super) superseding: Vec<(Record, Vec<u8>)>,
    /// The other members, as they were told.
    pub(super) known: BTreeMap<NodeName, Record>,
    pub(super) downs: Downs,
    pub(super) sweeping: bool,
    /// Those that went down before this node was left alone.
    pub(super) lost: VecDeque<Record>,
    pub(super) rejoining: bool,
    /// Our own incarnation, as the last packet had it.
    pub(super) incarnation: u16,
    /// For how many members suspicion is reckoned.
    pub(super) reckoned: usize,
    /// By what timers are known that were set before this node said something new of itself, and still count.
    pub(super) earlier: BTreeSet<TimerToken>,
    /// Somebody was refused since there was room.
    pub(super) full: bool,
}

/// What this node is to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Living,
    /// They hold this boot for dead.
    ToldDead,
    /// It has said good-bye.
    Left,
}

impl Swim {
    /// A node that knows nobody yet. `seed` decides whom it probes and when it tells whom.
    pub(crate) fn new(me: Member, keys: GossipKeys, seed: u64, pace: Pace) -> Result<Self, RecordError> {
        record::write(&me, &mut Vec::new())?;
        let me = Record::new(me);
        Ok(Self {
            foca: Foca::new(me.clone(), pace.config(1), SplitMix::new(seed), Packets),
            me,
            standing: Standing::Living,
            keys,
            pace,
            collector: Collector::default(),
            superseding: Vec::new(),
            known: BTreeMap::new(),
            downs: Downs::default(),
            sweeping: false,
            lost: VecDeque::new(),
            rejoining: false,
            incarnation: 0,
            reckoned: 1,
            earlier: BTreeSet::new(),
            full: false,
        })
    }

    /// This node as it last told the others.
    pub(crate) fn me(&self) -> &Member {
        &self.me
    }

    /// The members, alive or suspected, sorted by name: this node is among them until it has left.
    #[cfg(test)]
    pub(crate) fn members(&self) -> Vec<Member> {
        let me = Some(&self.me).filter(|_| self.standing != Standing::Left);
        let mut members: Vec<_> = self.known.values().chain(me).map(Record::to_member).collect();
        members.sort_by(|a, b| a.name.cmp(&b.name));
        members
    }

    /// Takes back a timer whose time has come. Timers that no longer matter do nothing.
    pub(crate) fn timer(&mut self, timer: Timer, out: &mut Vec<Output>) {
        match timer.0 {
            Due::Protocol(timer) => self.protocol_timer(timer),
            Due::Sweep => {
                self.sweeping = false;
                for record in self.downs.sweep() {
                    self.forget(record);
                }
            }
            Due::Rejoin => {
                self.rejoining = false;
                self.rejoin();
            }
        }
        self.settle(out);
    }

    fn protocol_timer(&mut self, mut timer: foca::Timer<Record>) {
        if let foca::Timer::ChangeSuspectToDown { member_id, incarnation, token } = &mut timer {
            // The protocol tells the member that it is dead even when it has spoken up since.
            let is_suspected = |entry: &Entry<Record>| {
                entry.id() == &*member_id
                    && entry.incarnation() == *incarnation
                    && entry.state() == State::Suspect
            };
            if !self.entry(&member_id.name).is_some_and(is_suspected) {
                return;
            }
            // To the protocol a changed record is another node, for which nobody is suspected any more.
            if let Some(now) = self.collector.token.filter(|_| self.earlier.contains(token)) {
                *token = now;
            }
        }
        // It fails only when timers were late or out of order, and has set itself right by then.
        let _ = self.foca.handle_timer(timer, &mut self.collector);
    }

    /// Announces this node to three of those that were lost, each time to the next three.
    fn rejoin(&mut self) {
        if self.foca.num_members() > 0 || self.standing != Standing::Living {
            return;
        }
        for _ in 0..self.lost.len().min(self.pace.spread_to.get()) {
            let Some(next) = self.lost.pop_front() else { break };
            let _ = self.foca.announce(next.clone(), &mut self.collector);
            self.lost.push_back(next);
        }
    }

    /// Forgets one that is down, so that it can come back as it is.
    pub(super) fn forget(&mut self, down: Record) {
        let _ = self.foca.handle_timer(foca::Timer::RemoveDown(down), &mut self.collector);
    }

    /// What the protocol holds of a name, down or not.
    pub(super) fn entry(&self, name: &NodeName) -> Option<&Entry<Record>> {
        self.foca.iter_membership_state().find(|entry| entry.id().name == *name)
    }
}
