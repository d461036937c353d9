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

pub(super) async fn run(inner: &Arc<Inner>, mut listener: Listener) {
    let places = Arc::new(Places::default());
    let refusals = Arc::new(Refusals::default());
    loop {
        let stream = listener.accept().await;
        let address = stream.remote_ip();
        let Some(place) = Place::take(&places, address) else {
            tracing::debug!("a connection was closed: too many have not proved anything yet");
            continue;
        };
        let task = Arc::clone(inner);
        let refusals = Arc::clone(&refusals);
        inner.spawn(async move {
            let from = stream.peer_description();
            let link = link::accepted(&task, stream).await;
            drop(place);
            match link {
                Ok(Accepted::Calls(link)) => {
                    if peers::enter(&task, &link) {
                        peers::serve(&task, link).await;
                    }
                }
                Ok(Accepted::Liveness(link)) => {
                    let inner = Arc::clone(&task);
                    task.liveness.spawn(async move { gossip::serve(&inner, link).await });
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
    use super::*;

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
}
