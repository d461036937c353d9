//! What an engine sees, on its way to whoever dials.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use crate::membership::{Boot, NodeName};
use crate::transport::is_dialable;

/// As many addresses are looked after at most. Whoever can write into a directory could fill it.
const MOST: usize = 1_024;

/// An address where a node may be. The rest is what the engine heard, not what was proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// `host:port`.
    pub(crate) address: String,
    pub(crate) name: Option<NodeName>,
    pub(crate) boot: Option<Boot>,
}

impl Sighting {
    /// Somebody may be there, and nothing more is known.
    pub(crate) fn at(address: impl Into<String>) -> Self {
        Self { address: address.into(), name: None, boot: None }
    }
}

/// The latest that an engine said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Whether it has looked at all, with success or without.
    pub(crate) looked: bool,
    /// What it saw when it last could, one entry for each address.
    pub(crate) sightings: Arc<[Sighting]>,
}

/// Where an engine reports to. Only the latest report is kept.
#[derive(Debug)]
pub(crate) struct Sightings(watch::Sender<Found>);

impl Sightings {
    pub(crate) fn new() -> (Self, watch::Receiver<Found>) {
        let (to, from) = watch::channel(Found::default());
        (Self(to), from)
    }

    /// All that the engine sees now. What is no address, or comes twice, or is one too many, is left out.
    pub(crate) fn report(&self, seen: impl IntoIterator<Item = Sighting>) {
        let mut by_address = BTreeMap::new();
        let mut left_out = 0_usize;
        for sighting in seen {
            if by_address.contains_key(&sighting.address) {
                continue;
            }
            if by_address.len() < MOST && is_dialable(&sighting.address) {
                by_address.insert(sighting.address.clone(), sighting);
            } else {
                left_out += 1;
            }
        }
        let found = Found { looked: true, sightings: by_address.into_values().collect() };
        let news = self.0.send_if_modified(|last| {
            let news = *last != found;
            *last = found;
            news
        });
        if news && left_out > 0 {
            tracing::warn!(
                left_out,
                most = MOST,
                "addresses that cannot be dialled, or are too many, are left out"
            );
        }
    }

    /// The engine cannot see anything now: what it saw before stands.
    pub(crate) fn report_failure(&self) {
        self.0.send_if_modified(|last| !std::mem::replace(&mut last.looked, true));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(found: &watch::Receiver<Found>) -> Vec<String> {
        found.borrow().sightings.iter().map(|sighting| sighting.address.clone()).collect()
    }

    #[test]
    fn a_report_replaces_the_one_before() {
        let (sightings, mut found) = Sightings::new();
        assert!(!found.borrow().looked);
        sightings.report([Sighting::at("b:1"), Sighting::at("a:1"), Sighting::at("b:1")]);
        assert_eq!(addresses(&found), ["a:1", "b:1"]);
        assert!(found.borrow_and_update().looked);
        sightings.report([Sighting::at("b:1"), Sighting::at("a:1")]);
        assert!(!found.has_changed().unwrap(), "the same again is no news");
        sightings.report([]);
        assert!(found.has_changed().unwrap());
        assert!(addresses(&found).is_empty());
    }

    #[test]
    fn a_failure_takes_nothing_back() {
        let (sightings, mut found) = Sightings::new();
        sightings.report_failure();
        assert!(found.borrow_and_update().looked);
        sightings.report([Sighting::at("a:1")]);
        assert!(found.has_changed().unwrap());
        sightings.report_failure();
        assert_eq!(addresses(&found), ["a:1"]);
    }

    #[test]
    fn what_cannot_be_dialled_is_left_out_and_so_is_one_too_many() {
        let (sightings, found) = Sightings::new();
        let wrong = ["", "host", "host:0", "a:b:1", "two words:1", "http://host:1", "[::1%2]:1"];
        sightings.report(wrong.map(Sighting::at).into_iter().chain([Sighting::at("[::1]:1")]));
        assert_eq!(addresses(&found), ["[::1]:1"]);
        sightings.report((0..5_000).map(|host| Sighting::at(format!("host-{host}:1"))));
        assert_eq!(addresses(&found).len(), MOST);
    }
}
