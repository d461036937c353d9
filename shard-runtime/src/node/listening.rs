//! Takes in whoever dials, within bounds.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use super::gossip;
use super::inner::{Inner, lock};
use super::link::{self, Accepted, LinkError};
use super::peers;
use super::refusals::Refusals;
use crate::transport::Listener;
use crate::wire::handshake::RefusalCode;

/// Connections that have not proved anything yet; one more is closed at once.
const UNPROVEN: usize = 64;

/// As many of them may come from one address, except from this machine.
const UNPROVEN_PER_ADDRESS: usize = 8;

/// Connections that others have dialled, those that have not proved anything included; one more is closed at once. Of each
/// of 4,096 members there is one for calls and one for liveness, and as many of the run before, until that is found dead.
pub(super) const CONNECTIONS: usize = 4 * 4096 + UNPROVEN;

pub(super) async fn run(inner: &Arc<Inner>, mut listener: Listener) {
    let places = Arc::new(Places::default());
    let refusals = Arc::new(Refusals::default());
    loop {
        let stream = listener.accept().await;
        let Ok(connection) = Arc::clone(&inner.incoming).try_acquire_owned() else {
            tracing::debug!("a connection was closed: there are as many as may be");
            continue;
        };
        let address = stream.remote_ip();
        let Some(place) = Place::take(&places, address) else {
            tracing::debug!("a connection was closed: too many have not proved anything yet");
            continue;
        };
        let task = Arc::clone(inner);
        let refusals = Arc::clone(&refusals);
        inner.spawn(async move {
            let from = stream.peer_description();
            // In a box, and so gone by when the link runs: its task waits most of the time.
            let link = Box::pin(link::accepted(&task, stream)).await;
            drop(place);
            match link {
                Ok(Accepted::Calls(link)) => {
                    if peers::enter(&task, &link) {
                        peers::serve(&task, link).await;
                    }
                    drop(connection);
                }
                Ok(Accepted::Liveness(link)) => {
                    let inner = Arc::clone(&task);
                    task.liveness.spawn(async move {
                        gossip::serve(&inner, link).await;
                        drop(connection);
                    });
                }
                Err(error) => log(&refusals, &from, address, &error),
            }
        });
    }
}

fn log(refusals: &Refusals, from: &str, address: Option<IpAddr>, error: &LinkError) {
    let (refusal, what) = match error {
        // Two nodes that dial each other at once: the ordinary way to one link.
        LinkError::WeRefuse(refusal) if refusal.code == RefusalCode::Duplicate => return,
        LinkError::WeRefuse(refusal) => (refusal, "a connection was refused"),
        LinkError::TheyRefuse { refusal, .. } => (refusal, "whoever has dialled this node refuses it"),
        error => return tracing::debug!(from, %error, "a connection came to nothing"),
    };
    if refusals.is_news(address, refusal, Instant::now()) {
        tracing::warn!(from, code = ?refusal.code, reason = %refusal, "{what}");
    } else {
        tracing::debug!(from, reason = %refusal, "{what} again");
    }
}

/// Who has connected and not proved anything yet.
#[derive(Default)]
struct Places(Mutex<Taken>);

#[derive(Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One connection's place among them, given up on drop.
struct Place {
    places: Arc<Places>,
    address: Option<IpAddr>,
}

impl Place {
    fn take(places: &Arc<Places>, address: Option<IpAddr>) -> Option<Self> {
        let address = address.filter(|address| !address.is_loopback());
        let mut taken = lock(&places.0);
        let here = address.map_or(0, |address| taken.by_address.get(&address).copied().unwrap_or(0));
        if taken.all >= UNPROVEN || here >= UNPROVEN_PER_ADDRESS {
            return None;
        }
        taken.all += 1;
        if let Some(address) = address {
            taken.by_address.insert(address, here + 1);
        }
        drop(taken);
        Some(Self { places: Arc::clone(places), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = lock(&self.places.0);
        taken.all = taken.all.saturating_sub(1);
        let Some(address) = self.address else { return };
        if let Some(here) = taken.by_address.get_mut(&address) {
            *here -= 1;
            if *here == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use tokio::time::sleep;

    use super::*;
    use crate::node::seeking;
    use crate::testing::Cluster;

    fn fill(places: &Arc<Places>, address: &str) -> Vec<Place> {
        let address = address.parse().ok();
        std::iter::from_fn(|| Place::take(places, address)).collect()
    }

    #[test]
    fn an_address_gets_eight_places_and_this_machine_all() {
        let places = Arc::default();
        let eight = fill(&places, "192.0.2.1");
        assert_eq!(eight.len(), 8);
        assert_eq!(fill(&places, "127.0.0.1").len(), 56);
        assert_eq!(fill(&places, "192.0.2.2").len(), 8, "the loopback's were given up on drop");
    }

    #[test]
    fn what_is_given_up_can_be_taken_again() {
        let places = Arc::default();
        drop(fill(&places, "192.0.2.1"));
        assert_eq!(fill(&places, "192.0.2.1").len(), 8);
        assert!(lock(&places.0).by_address.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_has_a_place_for_as_long_as_it_is_open() {
        let mut cluster = Cluster::of(2, |node| node).await.unwrap();
        sleep(Duration::from_secs(5)).await;
        let taken = |inner: &Inner| CONNECTIONS - inner.incoming.available_permits();
        let all: usize = cluster.nodes().map(|node| taken(node.inside())).sum();
        assert!(
            (2..=3).contains(&all),
            "{all}: one for calls, and one for liveness or one that each has dialled"
        );
        let inner = Arc::clone(cluster.node(0).inside());
        cluster.kill(1);
        sleep(Duration::from_secs(10)).await;
        assert_eq!(taken(&inner), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_places_are_taken_a_connection_is_closed_at_once() {
        let cluster = Cluster::of(2, |node| node).await.unwrap();
        sleep(Duration::from_secs(5)).await;
        let (inner, other) = (cluster.node(0).inside(), cluster.node(1).inside());
        let free = u32::try_from(inner.incoming.available_permits()).unwrap();
        let rest = inner.incoming.try_acquire_many(free).unwrap();
        let begun = Instant::now();
        let dialled = seeking::dial(other, &Cluster::address(0)).await;
        assert!(dialled.is_err() && begun.elapsed() < Duration::from_millis(100));
        drop(rest);
        assert!(seeking::dial(other, &Cluster::address(0)).await.is_ok());
    }
}
