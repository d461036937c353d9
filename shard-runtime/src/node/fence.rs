//! A node that others may hold for dead goes on as another boot.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::inner::{Inner, lock};
use super::joining;
use crate::call::{Phase, Standstill};
use crate::membership::{Boot, Event, Member, MemberState};

impl Inner {
    /// Goes on under a new boot. Calls for the old one are refused from here on, its links are closed (calls
    /// that wait on them end as unknown) and made anew. Handlers that run for others are stopped with
    /// their links; those that this node has called itself go on.
    /// It takes part again when it has met the others again. Drawn later than `later_than`, in milliseconds of the
    /// system's clock.
    pub(super) fn fence(self: &Arc<Self>, reason: &str, later_than: u64) {
        let mut membership = lock(self.membership());
        if self.door.admission.phase() >= Phase::Ended {
            return;
        }
        let old = self.door.boot();
        let new = another_boot(old);
        // Before all else: each start of a call looks at it.
        self.door.set_boot(new);
        tracing::warn!(
            cluster = self.cluster,
            node = %self.door.name,
            %old,
            boot = %new,
            reason,
            "this node goes on under a new boot"
        );
        let running = self.door.admission.phase() == Phase::Running;
        let state = if running { MemberState::Joining } else { MemberState::Draining };
        let me = Member { state, ..self.said().borrow().reborn(new, now_millis().max(later_than)) };
        self.apply(&mut membership, [Event::Joined(me.clone())]);
        self.announced.send_modify(|announced| announced.boot = new);
        self.say_again(me);
        drop(membership);
        for link in self.links() {
            link.close();
        }
        if running {
            let task = Arc::clone(self);
            self.spawn(async move { joining::again(&task, new).await });
        }
    }

    /// Fences this node, since it has stood still for too long.
    pub(super) fn stood_still(self: &Arc<Self>, found: Standstill) {
        match found {
            Standstill::Process(gap) => {
                self.fence(&format!("its process stood still for {} ms", gap.as_millis()), 0);
            }
            Standstill::Workers(gap) => {
                self.fence(&format!("its workers stood still for {} ms", gap.as_millis()), 0);
            }
        }
    }

    /// Drains this node while its workers stand still: keyed calls go elsewhere. To be called now and then from
    /// where they cannot hold it up.
    pub(super) fn drain_if_stuck(&self, now: Instant) {
        self.door.pulse.if_workers_stand_still(now, |idle| {
            let (name, boot) = (self.door.name.clone(), self.door.boot());
            let view = self.door.view();
            if view.by_boot(boot).is_some_and(|me| me.state != MemberState::Draining) {
                let millis = idle.as_millis();
                tracing::error!(cluster = self.cluster, node = %name, millis, "the workers stand still: something blocks them all");
                // To all: not everybody has a link over which it could be asked.
                self.say(|me| me.state = MemberState::Draining);
            }
        });
    }

    /// Fences this node, since others hold its boot for dead: they would never believe a word of it again.
    pub(super) fn told_dead(self: &Arc<Self>, later_than: u64) {
        self.fence("other nodes hold this boot for dead", later_than.saturating_add(1));
    }
}

fn another_boot(old: Boot) -> Boot {
    // The fence must hold also where the system gives no random bytes: what is certain then is only that it is
    // another one, which is what matters most.
    let drawn = getrandom::u64().unwrap_or_else(|_| old.get().wrapping_mul(0x9e37_79b9_7f4a_7c15));
    Boot::new(if drawn == old.get() { !drawn } else { drawn })
}

/// Milliseconds of the system's clock, by which the boots of one name are ordered.
pub(super) fn now_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::sync::Arc;

    use tokio::time::{Instant, advance, sleep};

    use crate::node::Node;
    use crate::testing::Cluster;

    /// The boot under which one node sees the other.
    fn seen(from: &Node, name: &str) -> Option<crate::Boot> {
        from.view().get(name).map(|member| member.boot)
    }

    #[tokio::test(start_paused = true)]
    async fn a_fenced_node_is_another_boot_at_once_and_comes_back_as_that() {
        let cluster = Cluster::of(3, |node| node).await.unwrap();
        let (one, two) = (cluster.node(0), cluster.node(1));
        for _ in 0..20 {
            let (old, age) = (one.boot(), one.view().get("node-0").unwrap().age);
            let links = one.inside().links();
            one.inside().told_dead(0);
            assert_ne!(one.boot(), old);
            assert_eq!(seen(one, "node-0"), Some(one.boot()), "its view and its checks agree");
            assert!(one.view().get("node-0").unwrap().age > age);
            assert!(links.len() >= 2 && links.iter().all(|link| !link.is_open()));

            let start = Instant::now();
            let back = || [1, 2].map(|n| seen(cluster.node(n), "node-0")) == [Some(one.boot()); 2];
            while !(back() && one.inside().door.peer(two.boot()).is_some()) {
                sleep(Duration::from_millis(1)).await;
                assert!(start.elapsed() < Duration::from_secs(5), "not back yet");
            }
            cluster.settled().await;
            assert!(two.inside().door.peer(old).is_none());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_of_two_and_a_half_seconds_fences_and_a_shorter_one_does_not() {
        let cluster = Cluster::of(2, |node| node).await.unwrap();
        let boots = || [0, 1].map(|n| cluster.node(n).boot());
        let before = boots();
        advance(Duration::from_millis(2_390)).await;
        sleep(Duration::from_millis(300)).await;
        assert_eq!(boots(), before);
        advance(Duration::from_millis(2_500)).await;
        sleep(Duration::from_millis(300)).await;
        let after = boots();
        assert!(after[0] != before[0] && after[1] != before[1]);
        sleep(Duration::from_secs(5)).await;
        assert_eq!(boots(), after, "once");
        cluster.settled().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_that_was_begun_under_the_old_boot_is_not_entered() {
        let cluster = Cluster::of(2, |node| node).await.unwrap();
        let inner = cluster.node(0).inside();
        for link in inner.links() {
            link.close();
        }
        let stream = inner.transport.dial("node-0:1", "node-1:1", Duration::from_secs(1)).await.unwrap();
        let link = super::super::link::dialled(inner, stream).await.unwrap();
        let peer = Arc::clone(&link.peer);
        inner.fence("a test", 0);
        assert!(!super::super::peers::enter(inner, &link));
        assert!(!peer.is_open());
        drop(link);
        cluster.settled().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_is_fenced_while_it_joins_takes_part_all_the_same() {
        for after in (0..1_000).step_by(40) {
            let mut cluster = Cluster::of(2, |node| node).await.unwrap();
            cluster.kill(1);
            cluster.settled().await;
            let node = cluster.restart(1, |node| node).await.unwrap();
            sleep(Duration::from_millis(after)).await;
            node.inside().fence("a test", 0);
            let settled = tokio::time::timeout(Duration::from_secs(10), cluster.settled()).await;
            let state = cluster.node(1).view().get("node-1").unwrap().state;
            assert!(settled.is_ok(), "fenced after {after} ms, it is {state:?}");
        }
    }
}
