//! What the protocol asks for while it runs.

use std::collections::BTreeSet;
use std::time::Duration;

use foca::{Notification, Runtime, Timer, TimerToken};

use super::identity::Record;
use crate::membership::NodeName;

/// Takes down what the protocol asks for during one call, to be acted on afterwards.
#[derive(Debug, Default)]
pub(super) struct Collector {
    pub(super) sends: Vec<(Record, Vec<u8>)>,
    pub(super) timers: Vec<(Duration, Timer<Record>)>,
    /// Those that have come, gone or changed.
    pub(super) touched: BTreeSet<NodeName>,
    /// Those that have just gone down.
    pub(super) downs: Vec<Record>,
    /// There is nobody left.
    pub(super) idle: bool,
    /// There is somebody again.
    pub(super) active: bool,
    /// Others hold this node for dead.
    pub(super) defunct: bool,
    /// By what the protocol tells its present timers from those before; it says so only in timers.
    pub(super) token: Option<TimerToken>,
}

impl Runtime<Record> for Collector {
    fn notify(&mut self, notification: Notification<'_, Record>) {
        match notification {
            Notification::MemberUp(record)
            | Notification::MemberDown(record)
            | Notification::Rename(_, record) => drop(self.touched.insert(record.name.clone())),
            Notification::Active => (self.idle, self.active) = (false, true),
            Notification::Idle => (self.idle, self.active) = (true, false),
            Notification::Defunct => self.defunct = true,
            // Never: identities do not renew themselves.
            Notification::Rejoin(_) => {}
        }
    }

    fn send_to(&mut self, to: Record, data: &[u8]) {
        self.sends.push((to, data.to_vec()));
    }

    fn submit_after(&mut self, event: Timer<Record>, after: Duration) {
        match event {
            // A timer of a day for everybody who leaves would be a queue without a bound.
            Timer::RemoveDown(record) => self.downs.push(record),
            Timer::ProbeRandomMember(token) => {
                self.token = Some(token);
                self.timers.push((after, event));
            }
            other => self.timers.push((after, other)),
        }
    }
}
