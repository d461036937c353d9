//! Seats: how a module with `limit = N` runs on N nodes only.
//!
//! There are N seats, numbered from zero, or 4,096 if N is more. Slot s belongs to seat s mod N, for ever,
//! and whoever has the seat owns its slots. Seats are given to hosts anew from the set of the hosts' names,
//! for routing version 1 so:
//!
//! ```text
//! digest = SipHash-2-4("shard-seats-0001", name of the host)
//! score  = the (seat + 1)th number that SplitMix64 makes of the seed `digest`
//! loss   = the host's highest score for any seat − score
//! room   = ⌈N / hosts⌉, for each host
//! ```
//!
//! Go through all pairs of seat and host, those with the lowest loss first (of equal ones the higher score,
//! then the name that sorts first, then the lower seat), and give the seat to the host if it has none yet
//! and the host has room.
//!
//! So most seats go to one of the hosts whose favourite they are, and when a host dies, to another of these,
//! who had no seat before. Matching by score alone gives a living host's seat away in one death of
//! fifteen (limit 3 of 10 hosts), and this in one of 250. It cannot be never: from three seats on, no rule
//! that looks at the set alone achieves that for all sets.

use std::cmp::Reverse;

use super::hash::{SLOTS, Slot, seat_digest};
use super::matching::matched;
use super::rendezvous::score;

/// The numbered seats of a module with a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seats(u16);

impl Seats {
    pub(super) fn new(limit: usize) -> Self {
        Self(u16::try_from(limit).unwrap_or(SLOTS).min(SLOTS))
    }

    /// The seat that a slot belongs to; `None` if there are no seats.
    pub(super) fn of(self, slot: Slot) -> Option<u16> {
        slot.number().checked_rem(self.0)
    }

    /// Who has each seat, as indices into `hosts`, which are sorted and differ.
    pub(super) fn hosts<N: AsRef<str>>(self, hosts: &[N]) -> Vec<Option<usize>> {
        let room = vec![usize::from(self.0).div_ceil(hosts.len().max(1)); hosts.len()];
        let wishes: Vec<_> = hosts.iter().map(|host| Wishes::new(host.as_ref(), self)).collect();
        matched(self.0, &room, |seat, host| wishes.get(host).map(|wishes| wishes.of(seat)))
    }
}

/// How much a host wants each seat.
pub(super) struct Wishes {
    digest: u64,
    best: u64,
}

impl Wishes {
    pub(super) fn new(host: &str, seats: Seats) -> Self {
        let digest = seat_digest(host);
        Self { digest, best: (0..seats.0).map(|seat| score(digest, seat)).max().unwrap_or(0) }
    }

    /// The loss, of which less is more, and the score.
    pub(super) fn of(&self, seat: u16) -> (Reverse<u64>, u64) {
        let score = score(self.digest, seat);
        (Reverse(self.best.saturating_sub(score)), score)
    }
}
