//! What the protocol asked for becomes outputs.

use std::time::Duration;

use foca::State;

use super::codec;
use super::driver::{Standing, Swim};
use super::hearing::is_up;
use super::identity::Record;
use super::output::{Due, Output, Timer};
use super::seal::{self, Kind};
use crate::membership::{MemberState, NodeName};

/// How often it is looked for who went down long enough ago to be forgotten.
const SWEEP: Duration = Duration::from_secs(3600);

/// How many of those that were lost all at once are looked for.
const MAX_LOST: usize = 64;

impl Swim {
    /// Comes at the end of every call from outside.
    pub(super) fn settle(&mut self, out: &mut Vec<Output>) {
        for name in std::mem::take(&mut self.collector.touched) {
            self.tell_change(name, out);
        }
        for down in std::mem::take(&mut self.collector.downs) {
            if let Some(oldest) = self.downs.remember(down) {
                self.forget(oldest);
            }
        }
        if std::mem::take(&mut self.collector.active) {
            self.lost.clear();
        }
        if std::mem::take(&mut self.collector.idle) {
            self.be_alone();
        }
        if std::mem::take(&mut self.collector.defunct) {
            self.told_dead(self.me.age.drawn, out);
        }
        self.reckon();
        self.set_own_timers(out);
        for (delay, timer) in std::mem::take(&mut self.collector.timers) {
            out.push(Output::After { delay, timer: Timer(Due::Protocol(timer)) });
        }
        self.send_all(out);
    }

    /// One change for each name, whatever came in between.
    fn tell_change(&mut self, name: NodeName, out: &mut Vec<Output>) {
        let entry = self.entry(&name).map(|entry| (entry.id().clone(), is_up(entry)));
        let now = entry.clone().filter(|(record, up)| *up && record.state != MemberState::Left);
        let before = match &now {
            Some((record, _)) => self.known.insert(name, record.clone()),
            None => self.known.remove(&name),
        };
        out.extend(match (before, now) {
            (None, None) => None,
            (None, Some((new, _))) => Some(Output::Joined(new.to_member())),
            (Some(old), Some((new, _))) if old == new => None,
            (Some(old), Some((new, _))) => {
                let (old, new, same_boot) = (old.to_member(), new.to_member(), old.boot == new.boot);
                Some(if same_boot { Output::Changed { old, new } } else { Output::Reborn { old, new } })
            }
            (Some(old), None) => {
                let last = entry.map(|(record, _)| record).filter(|record| record.is_run_of(&old));
                let member = last.unwrap_or(old).to_member();
                let graceful = member.state >= MemberState::Draining;
                Some(Output::Left { member, graceful })
            }
        });
    }

    /// Nobody is left, which says more of this node than of the others: should they be there after all, then they
    /// have removed it, and it is the one that comes back under a new boot. So it forgets that it held them for dead,
    /// and goes on looking for them. Those that said good-bye have gone.
    fn be_alone(&mut self) {
        self.earlier.clear();
        if self.standing != Standing::Living {
            return;
        }
        let lost = self.foca.iter_membership_state().filter(|entry| entry.state() == State::Down);
        let lost: Vec<Record> =
            lost.map(|entry| entry.id().clone()).filter(|record| record.state != MemberState::Left).collect();
        for record in lost {
            self.downs.drop_one(&record.name);
            self.forget(record.clone());
            if self.lost.len() < MAX_LOST {
                self.lost.push_back(record);
            }
        }
    }

    pub(super) fn told_dead(&mut self, later_than: u64, out: &mut Vec<Output>) {
        if self.standing == Standing::Living {
            self.standing = Standing::ToldDead;
            out.push(Output::ToldDead { later_than });
        }
    }

    /// The more there are, the longer news take, and so the time to speak up.
    fn reckon(&mut self) {
        let members = self.foca.num_members().saturating_add(1);
        if members != self.reckoned {
            self.full &= members > self.reckoned;
            self.reckoned = members;
            let _ = self.foca.set_config(self.pace.config(members));
        }
    }

    fn set_own_timers(&mut self, out: &mut Vec<Output>) {
        if !self.sweeping && !self.downs.is_empty() {
            self.sweeping = true;
            out.push(Output::After { delay: SWEEP, timer: Timer(Due::Sweep) });
        }
        if !self.rejoining && !self.lost.is_empty() {
            self.rejoining = true;
            out.push(Output::After { delay: self.pace.announce, timer: Timer(Due::Rejoin) });
        }
    }

    fn send_all(&mut self, out: &mut Vec<Output>) {
        for (to, body) in std::mem::take(&mut self.superseding) {
            let bytes = seal::seal(&self.keys, self.me.boot, Some(to.boot), Kind::Superseded, &body);
            out.push(Output::Send { to: to.shared(), bytes });
        }
        for (to, packet) in std::mem::take(&mut self.collector.sends) {
            let Some((incarnation, is_announce)) = codec::glance(&packet) else { continue };
            self.incarnation = incarnation;
            // A node that was down may have come back under another boot.
            let boot = Some(to.boot).filter(|_| !is_announce);
            let bytes = seal::seal(&self.keys, self.me.boot, boot, Kind::Packet, &packet);
            let full = self.known.get(&to.name).filter(|known| known.is_run_of(&to));
            out.push(Output::Send { to: full.unwrap_or(&to).shared(), bytes });
        }
    }
}
