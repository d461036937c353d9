//! Slot → node: the table of a set of hosts.
//!
//! For routing version 1, with n hosts whose names differ:
//!
//! ```text
//! digest = SipHash-2-4("shard-owners-001", name of the host)
//! score  = the (slot + 1)th number that SplitMix64 makes of the seed `digest`
//! loss   = the highest score that any host with room has for the slot − score
//! room   = ⌈4096 / n⌉ for the (4096 mod n) hosts with the lowest digests (of equal ones, the names that
//!          sort first), ⌊4096 / n⌋ for the others
//! ```
//!
//! Go through all pairs of slot and host, those with the lowest loss first (of equal ones the higher
//! score, then the name that sorts first, then the lower slot), and give the slot to the host if it has
//! none yet and the host has room. Names are compared by their bytes in UTF-8. With a limit, hosts are
//! given [`seats`](super::seats) instead.
//!
//! Why so: the room is what makes the balance perfect, no host having a slot more than another but for
//! the remainder. Giving all hosts ⌈4096 / n⌉ balances less, and where it steps from one n to the next
//! all hosts change by a slot at once, which is 6 % of the keys at 256 hosts; here one leave changes the
//! room of as many hosts as the leaver had slots. Looking at the loss and not at the score spares slots
//! that have their first choice, and moves a twentieth less.

use std::cmp::Reverse;
use std::fmt;

use super::hash::{SLOTS, Slot, owner_digest};
use super::matching::matched;
use super::rendezvous::score;
use super::seats::Seats;

/// Who owns each slot: a function of the *set* of hosts, given in any order and any number of times.
#[derive(Clone)]
pub(crate) struct Table<N> {
    /// For each slot an index into the owners; all of them point nowhere if there are none.
    slots: Box<[u16]>,
    /// The hosts that own a slot: not all do when there are seats, or more hosts than slots.
    owners: Box<[N]>,
}

impl<N: AsRef<str>> Table<N> {
    /// All hosts share the slots.
    pub(crate) fn new(hosts: impl IntoIterator<Item = N>) -> Self {
        let hosts = set(hosts);
        let owners = shared(&hosts);
        Self::of(hosts, &owners)
    }

    /// So many hosts share the slots at most; none, if the limit is zero.
    pub(crate) fn limited(hosts: impl IntoIterator<Item = N>, limit: usize) -> Self {
        let (hosts, seats) = (set(hosts), Seats::new(limit));
        let seated = seats.hosts(&hosts);
        let owner = |slot| seated.get(usize::from(seats.of(slot)?)).copied().flatten();
        let owners: Vec<_> = Slot::all().map(owner).collect();
        Self::of(hosts, &owners)
    }

    /// The owner of a slot; `None` if there are no hosts, or none may be.
    pub(crate) fn owner(&self, slot: Slot) -> Option<&N> {
        let index = self.slots.get(usize::from(slot.number()))?;
        self.owners.get(usize::from(*index))
    }

    /// Who owns a slot at all, sorted by name.
    pub(crate) fn owners(&self) -> &[N] {
        &self.owners
    }

    fn of(hosts: Vec<N>, owners: &[Option<usize>]) -> Self {
        let mut owning: Vec<_> = owners.iter().copied().flatten().collect();
        owning.sort_unstable();
        owning.dedup();
        let index = |owner: &Option<usize>| {
            // There are at most as many owners as slots, which fit.
            let index = owner.and_then(|owner| owning.binary_search(&owner).ok());
            index.and_then(|index| u16::try_from(index).ok()).unwrap_or(u16::MAX)
        };
        let slots = owners.iter().map(index).collect();
        let owns = |at: &usize| owning.binary_search(at).is_ok();
        let owners = hosts.into_iter().enumerate().filter(|(at, _)| owns(at)).map(|(_, host)| host);
        Self { slots, owners: owners.collect() }
    }
}

/// Without the 4,096 numbers.
impl<N: fmt::Debug> fmt::Debug for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("owners", &self.owners).finish_non_exhaustive()
    }
}

/// Sorted by name, each once.
fn set<N: AsRef<str>>(hosts: impl IntoIterator<Item = N>) -> Vec<N> {
    let mut hosts: Vec<_> = hosts.into_iter().collect();
    hosts.sort_by(|a, b| a.as_ref().cmp(b.as_ref()));
    hosts.dedup_by(|a, b| a.as_ref() == b.as_ref());
    hosts
}

/// Who owns each slot, as indices into `hosts`, which are sorted and differ.
fn shared<N: AsRef<str>>(hosts: &[N]) -> Vec<Option<usize>> {
    let open = with_room(hosts);
    let digest = |host: usize| open.get(host).map_or(0, |open| open.digest);
    let best: Vec<_> =
        (0..SLOTS).map(|slot| open.iter().map(|open| score(open.digest, slot)).max().unwrap_or(0)).collect();
    let wish = |slot: u16, host: usize| {
        let (score, best) = (score(digest(host), slot), best.get(usize::from(slot)).copied().unwrap_or(0));
        (Reverse(best.saturating_sub(score)), score)
    };
    let room: Vec<_> = open.iter().map(|open| open.room).collect();
    let owners = matched(SLOTS, &room, wish);
    owners.into_iter().map(|owner| open.get(owner?).map(|open| open.host)).collect()
}

struct Open {
    host: usize,
    digest: u64,
    room: usize,
}

/// The hosts that may own a slot, by name.
fn with_room<N: AsRef<str>>(hosts: &[N]) -> Vec<Open> {
    let slots = usize::from(SLOTS);
    let each = slots.checked_div(hosts.len()).unwrap_or(0);
    let rest = slots.checked_rem(hosts.len()).unwrap_or(0);
    let digests = hosts.iter().map(|host| owner_digest(host.as_ref()));
    let mut open: Vec<_> =
        digests.enumerate().map(|(host, digest)| Open { host, digest, room: each }).collect();
    open.sort_unstable_by_key(|open| (open.digest, open.host));
    open.iter_mut().take(rest).for_each(|open| open.room += 1);
    open.retain(|open| open.room > 0);
    open.sort_unstable_by_key(|open| open.host);
    open
}

#[cfg(test)]
mod tests;
