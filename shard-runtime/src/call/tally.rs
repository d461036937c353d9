use core::sync::atomic::{AtomicU64, Ordering};

/// What becomes of calls that nobody waits for, and what is done on the runtime's own account.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    one_way: AtomicU64,
    one_way_failed: AtomicU64,
    repeated: AtomicU64,
}

/// What a node has counted of calls since it started, and what there is of them now: see
/// [`Node::calls`](crate::Node::calls).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CallCounts {
    /// Handlers that run here now, for whomever.
    pub running: usize,
    /// Those of them that wait to start: for a thread if they are `#[blocking]`, or for the hook `slots_arriving`.
    pub to_start: usize,
    /// Calls of this node that wait for their answers from other nodes now, and streams that it reads.
    pub waiting: usize,
    /// Bytes that wait here now to be written to other nodes.
    pub bytes_out: usize,
    /// Bytes that have come from other nodes, of messages that are not whole yet or of calls that wait to start.
    pub bytes_in: usize,
    /// One-way calls that were queued.
    pub one_way: u64,
    /// Those of them that failed afterwards: they did not start, or panicked, or it is not known whether they ran.
    pub one_way_failed: u64,
    /// Calls of idempotent methods that were sent again after they may have run.
    pub repeated: u64,
}

impl Tally {
    pub(super) fn one_way(&self) {
        self.one_way.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn one_way_failed(&self) {
        self.one_way_failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn repeated(&self) {
        self.repeated.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> CallCounts {
        CallCounts {
            one_way: self.one_way.load(Ordering::Relaxed),
            one_way_failed: self.one_way_failed.load(Ordering::Relaxed),
            repeated: self.repeated.load(Ordering::Relaxed),
            ..CallCounts::default()
        }
    }
}
