//! Which addresses are looked after: all that the engine sees now, and no other once its link has ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use tokio::sync::watch;

use super::inner::lock;

/// For each address whether it is wanted. Its task, the keeper, holds the other end.
#[derive(Debug, Default)]
pub(super) struct Keepers(Mutex<BTreeMap<String, watch::Sender<bool>>>);

/// How a keeper learns that nobody sees its address any more.
#[derive(Debug)]
pub(super) struct Wanted(watch::Receiver<bool>);

impl Keepers {
    /// Takes over what the engine sees, and returns what somebody has to look after from now on.
    ///
    /// A keeper whose address is gone stays while its link does, and is the same one again if the address comes back.
    pub(super) fn take_over(&self, seen: &BTreeSet<String>) -> Vec<(String, Wanted)> {
        let mut kept = lock(&self.0);
        kept.retain(|address, wanted| {
            let still = seen.contains(address);
            // Before asking whether it has ended: a keeper ends only when it finds itself unwanted.
            wanted.send_replace(still);
            still || !wanted.is_closed()
        });
        let mut new = Vec::new();
        for address in seen {
            if kept.get(address).is_none_or(watch::Sender::is_closed) {
                let (wanted, keeper) = watch::channel(true);
                kept.insert(address.clone(), wanted);
                new.push((address.clone(), Wanted(keeper)));
            }
        }
        new
    }
}

#[cfg(test)]
impl Keepers {
    fn dials(&self, address: &str) -> bool {
        lock(&self.0).get(address).is_some_and(|wanted| *wanted.borrow() && !wanted.is_closed())
    }
}

impl Wanted {
    /// Waits until nobody sees the address.
    pub(super) async fn no_longer(&mut self) {
        // An error is the end of the node, and with it of all its tasks.
        let _ = self.0.wait_for(|wanted| !*wanted).await;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn seen(addresses: &[&str]) -> BTreeSet<String> {
        addresses.iter().map(|address| (*address).to_owned()).collect()
    }

    fn taken(keepers: &Keepers, addresses: &[&str]) -> Vec<Wanted> {
        keepers.take_over(&seen(addresses)).into_iter().map(|(_, wanted)| wanted).collect()
    }

    #[test]
    fn an_address_is_looked_after_once() {
        let keepers = Keepers::default();
        let first = taken(&keepers, &["a:1", "b:1"]);
        assert_eq!(first.len(), 2);
        assert_eq!(taken(&keepers, &["a:1", "b:1", "c:1"]).len(), 1);
        assert!(keepers.dials("a:1") && !keepers.dials("d:1"));
    }

    #[test]
    fn a_keeper_learns_that_its_address_is_gone_and_that_it_is_back() {
        let keepers = Keepers::default();
        let mut a = taken(&keepers, &["a:1"]).pop().unwrap();
        assert_eq!(a.no_longer().now_or_never(), None);
        taken(&keepers, &[]);
        assert!(!keepers.dials("a:1"));
        assert!(taken(&keepers, &["a:1"]).is_empty(), "it had a link, and so has a keeper");
        assert_eq!(a.no_longer().now_or_never(), None);
        taken(&keepers, &[]);
        assert_eq!(a.no_longer().now_or_never(), Some(()));
    }

    #[test]
    fn an_address_that_is_back_after_its_keeper_has_ended_gets_another_one() {
        let keepers = Keepers::default();
        drop(taken(&keepers, &["a:1"]));
        assert_eq!(taken(&keepers, &["a:1"]).len(), 1, "its keeper ended as it was wanted again");
        taken(&keepers, &[]);
        assert!(lock(&keepers.0).is_empty(), "nothing stays behind");
    }
}
