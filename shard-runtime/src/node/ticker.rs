//! The node's one clockwork: deadlines of waiting calls, pings, links that are dead or done with.

use core::time::Duration;
use std::sync::Arc;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::inner::Inner;
use super::peers;
use crate::call::{Peer, Pulse};

/// How late a deadline may be noticed. One sweep for all calls of a link is cheaper than a timer each.
const TICK: Duration = Duration::from_millis(20);

/// A clockwork that comes this late has not run, rather than been busy.
const STALL: Duration = Duration::from_millis(500);

/// Links are looked after once in this many ticks.
const TICKS_PER_ROUND: u32 = 10;

pub(super) async fn run(inner: &Arc<Inner>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut count: u32 = 0;
    let mut last = Instant::now();
    let mut sockets = Sockets::default();
    loop {
        ticks.tick().await;
        let now = Instant::now();
        inner.door.tick_of_workers(now);
        sockets.tick(&inner.door.pulse);
        let links = inner.links();
        if now.duration_since(last) > STALL {
            // This process stood still, and asked nobody whether they live. The silence begins now.
            for peer in &links {
                peer.excuse(now);
            }
        }
        last = now;
        for peer in &links {
            if peer.pending.len() > 0 {
                peer.pending.sweep(now);
            }
        }
        count = count.wrapping_add(1);
        if count.is_multiple_of(TICKS_PER_ROUND) {
            for peer in &links {
                look_after(inner, peer, now);
            }
        }
    }
}

/// Tells when every socket has been asked since the last stall whether there is something to read: between two
/// of these ticks the runtime asks them all.
#[derive(Default)]
struct Sockets {
    stalled: Duration,
    ticks: u32,
}

/// Ticks until whoever was woken by what had waited in a socket has read it.
const TICKS_TO_READ: u32 = 10;

impl Sockets {
    fn tick(&mut self, pulse: &Pulse) {
        let stalled = pulse.stalled();
        if stalled != self.stalled {
            (self.stalled, self.ticks) = (stalled, 0);
        } else if self.ticks < TICKS_TO_READ {
            self.ticks += 1;
            if self.ticks == TICKS_TO_READ {
                pulse.settle(stalled);
            }
        }
    }
}

fn look_after(inner: &Inner, peer: &Peer, now: Instant) {
    let silent = peer.silent_for(now);
    if silent >= inner.settings.dead_after {
        tracing::info!(node = %peer.name, millis = silent.as_millis(), "a link is dead: nothing has come over it");
        peer.close();
    } else if (silent >= inner.settings.ping_after || peer.said_nothing_for(now) >= inner.settings.ping_after)
        // Behind what cannot be written they would only pile up.
        && peer.outbox.is_written()
    {
        // Also while the other side talks and this one only listens: a large message leaves it no room for a
        // ping of its own, and it must not take the listener for dead.
        peer.ping(now);
    }
    peers::finish_replaced(peer);
}
