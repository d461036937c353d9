//! Reports in, changes out.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::dead::DeadBoots;
use super::{Boot, Change, Event, LeaveReason, Member, MemberState, NodeName, View};

/// How many members there may be: beyond this somebody is making them up.
const MAX_MEMBERS: usize = 4096;

/// The members, and the boots that will not be members again.
#[derive(Debug, Default)]
pub(crate) struct Membership {
    members: BTreeMap<NodeName, Member>,
    dead: DeadBoots,
    view: View,
}

impl Membership {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The members as they are now.
    pub(crate) fn view(&self) -> &View {
        &self.view
    }

    /// Takes a report in. Every report gives at least one change, if only that it was of no use.
    pub(crate) fn apply(&mut self, event: Event, now: SystemTime) -> Vec<Change> {
        let change = match event {
            // What has left already is not let in for the sake of leaving.
            Event::Joined(Member { name, boot, state: MemberState::Left, .. }) => {
                self.left(name, boot, LeaveReason::Graceful, now)
            }
            Event::Joined(member) => self.joined(member, now),
            Event::Draining { name, boot } => {
                self.advanced(name, boot, MemberState::Draining, Change::Draining)
            }
            Event::Left { name, boot, reason } => self.left(name, boot, reason, now),
        };
        if change.changes_view() {
            self.view = View::new(self.members.values().cloned().collect());
        }
        vec![change]
    }

    fn joined(&mut self, new: Member, now: SystemTime) -> Change {
        let (name, boot) = (new.name.clone(), new.boot);
        if self.dead.contains(boot, now) {
            return Change::DeadBoot { name, boot };
        }
        match self.members.get(&name) {
            Some(known) if known.boot == boot => self.told_again(new),
            Some(known) if new.age < known.age => Change::Stale { name, boot },
            None if self.members.len() >= MAX_MEMBERS => Change::Full { name, boot },
            _ => match self.members.insert(name, new.clone()) {
                Some(old) => {
                    self.dead.remember(old.boot, now);
                    Change::Reborn { old, new }
                }
                None => Change::Joined(new),
            },
        }
    }

    /// A member says something new of itself, or nothing new. States only go forward, also where a goodbye was
    /// faster than the report of it.
    fn told_again(&mut self, mut new: Member) -> Change {
        let (name, boot) = (new.name.clone(), new.boot);
        let Some(known) = self.members.get_mut(&name) else { return Change::Stale { name, boot } };
        if new.age <= known.age {
            return Change::AlreadyKnown(known.clone());
        }
        new.state = new.state.max(known.state);
        known.age = new.age;
        if *known == new {
            return Change::AlreadyKnown(new);
        }
        let old = core::mem::replace(known, new.clone());
        Change::Changed { old, new }
    }

    /// States only go forward: a late report that a node is active does not end its draining.
    fn advanced(
        &mut self,
        name: NodeName,
        boot: Boot,
        state: MemberState,
        change: fn(Member) -> Change,
    ) -> Change {
        match self.members.get_mut(&name) {
            Some(member) if member.boot == boot && member.state < state => {
                member.state = state;
                change(member.clone())
            }
            Some(member) if member.boot == boot && member.state == state => {
                Change::AlreadyKnown(member.clone())
            }
            _ => Change::Stale { name, boot },
        }
    }

    fn left(&mut self, name: NodeName, boot: Boot, reason: LeaveReason, now: SystemTime) -> Change {
        let gone_already = self.dead.contains(boot, now);
        if reason == LeaveReason::Graceful {
            // Also when it was never a member: its departure may have overtaken its arrival. One that was only
            // found dead may have been cut off alone, and is then the only one to know better.
            self.dead.remember(boot, now);
        }
        match self.members.get(&name) {
            Some(known) if known.boot == boot => match self.members.remove(&name) {
                Some(member) => Change::Left(Member { state: MemberState::Left, ..member }, reason),
                None => Change::UnknownDeparture { name, boot },
            },
            _ if gone_already => Change::AlreadyGone { name, boot },
            _ => Change::UnknownDeparture { name, boot },
        }
    }
}

#[cfg(test)]
mod tests;
