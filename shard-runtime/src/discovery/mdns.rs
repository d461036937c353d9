//! Nodes on the local network, by multicast DNS (RFC 6762) and service discovery (RFC 6763).
//!
//! Every node is an instance of one service, `_shard._tcp.local`, and says in its TXT record which cluster it is of and
//! where it is reached. What is said there is proved by nobody: it is an address to try, and no more.
//!
//! A node that only its own machine can reach speaks on the loopback interface alone, and any other node not at all
//! there: neither could use what it would hear.

use core::time::Duration;
use std::collections::BTreeMap;

use futures::future::{BoxFuture, FutureExt as _};
use mdns_sd::{DaemonEvent, IfKind, ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::engine::{Announcement, Engine};
use super::sighting::{Sighting, Sightings};
use crate::membership::{Boot, NodeName};
use crate::transport::{host_and_port, is_loopback};

const SERVICE: &str = "_shard._tcp.local.";

/// Whoever is there has answered by then: the network is the next room's at most.
const FIRST_LOOK: Duration = Duration::from_secs(1);

/// How long to wait before beginning again when the machine does not let us.
const AGAIN: Duration = Duration::from_secs(5);

/// A goodbye is sent a second time after 120 ms, as packets get lost.
const GOODBYE: Duration = Duration::from_millis(150);

/// As many instances are remembered at most, since anybody on the network can make some up.
const MOST: usize = 1_024;

pub(super) struct Mdns;

impl Engine for Mdns {
    fn run(
        self: Box<Self>,
        me: watch::Receiver<Announcement>,
        sightings: Sightings,
        stop: CancellationToken,
    ) -> BoxFuture<'static, ()> {
        async move {
            let mut me = me;
            let mut told = None;
            while let Err(error) = session(&mut me, &sightings, &stop).await {
                sightings.report_failure();
                if told.as_ref() != Some(&error) {
                    tracing::warn!(%error, "multicast DNS does not work here; it is tried again");
                    told = Some(error);
                }
                if stop.run_until_cancelled(sleep(AGAIN)).await.is_none() {
                    return;
                }
            }
        }
        .boxed()
    }
}

/// One life of the library's thread. Ends well when it is told to stop, and otherwise with the reason.
async fn session(
    me: &mut watch::Receiver<Announcement>,
    sightings: &Sightings,
    stop: &CancellationToken,
) -> Result<(), String> {
    let daemon = Daemon::new(&me.borrow().address)?;
    let events = daemon.0.browse(SERVICE).map_err(text)?;
    let troubles = daemon.0.monitor().map_err(text)?;
    let mut instance = daemon.announce(&me.borrow_and_update())?;
    let mut seen = Seen::default();
    let mut told = false;
    let first_look = sleep_until(Instant::now() + FIRST_LOOK);
    tokio::pin!(first_look);
    let mut looking = true;
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = &mut first_look, if looking => {
                looking = false;
                sightings.report(seen.sightings());
            }
            changed = me.changed() => {
                if changed.is_err() {
                    break;
                }
                // Another boot is another instance.
                daemon.withdraw(&instance).await;
                instance = daemon.announce(&me.borrow_and_update())?;
            }
            event = events.recv_async() => {
                let event = event.map_err(|_| "the browser has ended".to_owned())?;
                let news = seen.note(event, &me.borrow());
                // Nobody is not an answer yet, as long as they may be about to speak.
                if news && !(looking && seen.0.is_empty()) {
                    sightings.report(seen.sightings());
                }
            }
            trouble = troubles.recv_async() => {
                if let (Ok(DaemonEvent::Error(error)), false) = (trouble, told) {
                    told = true;
                    tracing::warn!(%error, "multicast DNS has trouble");
                }
            }
        }
    }
    daemon.withdraw(&instance).await;
    sleep(GOODBYE).await;
    Ok(())
}

/// The library's thread, which ends with this.
struct Daemon(ServiceDaemon);

impl Daemon {
    fn new(address: &str) -> Result<Self, String> {
        let daemon = Self(ServiceDaemon::new().map_err(text)?);
        let loopback = [IfKind::LoopbackV4, IfKind::LoopbackV6];
        if is_loopback(address) {
            daemon.0.disable_interface(IfKind::All).map_err(text)?;
            daemon.0.enable_interface(loopback.to_vec()).map_err(text)?;
        } else {
            daemon.0.disable_interface(loopback.to_vec()).map_err(text)?;
        }
        Ok(daemon)
    }

    /// Returns the instance's full name.
    fn announce(&self, me: &Announcement) -> Result<String, String> {
        let label = label(me);
        let port = host_and_port(&me.address).and_then(|(_, port)| port).unwrap_or_default();
        let boot = me.boot.to_string();
        let text_record = [
            ("txtvers", "1"),
            ("cluster", me.cluster.as_str()),
            ("node", me.name.as_str()),
            ("boot", boot.as_str()),
            ("address", me.address.as_str()),
        ];
        // The host's addresses make the record whole; the address to dial is in the text.
        let host = format!("shard-{boot}.local.");
        let info = ServiceInfo::new(SERVICE, &label, &host, "", port, &text_record[..]).map_err(text)?;
        let mut info = info.enable_addr_auto();
        // The name has a random number in it: asking first whether somebody has it only takes time.
        info.set_requires_probe(false);
        let instance = info.get_fullname().to_owned();
        self.0.register(info).map_err(text)?;
        Ok(instance)
    }

    async fn withdraw(&self, instance: &str) {
        if let Ok(done) = self.0.unregister(instance) {
            let _ = timeout(GOODBYE, done.recv_async()).await;
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.shutdown();
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` calls")]
fn text(error: mdns_sd::Error) -> String {
    error.to_string()
}

/// The instance's name: at most 63 bytes that need no escapes. Whoever looks at the network sees whose it is; for the
/// nodes the text record says so.
fn label(me: &Announcement) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    let name: String = me.name.as_str().chars().take(40).map(plain).collect();
    format!("{name}-{}", me.boot)
}

/// Instances of the cluster, by their full names.
#[derive(Default)]
struct Seen(BTreeMap<String, Sighting>);

impl Seen {
    /// Returns whether anything is different now.
    fn note(&mut self, event: ServiceEvent, me: &Announcement) -> bool {
        match event {
            ServiceEvent::ServiceResolved(service) => {
                let instance = service.get_fullname().to_lowercase();
                let Some(sighting) = sighting(&service, me) else {
                    return self.0.remove(&instance).is_some();
                };
                if self.0.len() >= MOST && !self.0.contains_key(&instance) {
                    return false;
                }
                self.0.insert(instance, sighting.clone()) != Some(sighting)
            }
            ServiceEvent::ServiceRemoved(_, instance) => self.0.remove(&instance.to_lowercase()).is_some(),
            _ => false,
        }
    }

    fn sightings(&self) -> impl Iterator<Item = Sighting> {
        self.0.values().cloned()
    }
}

/// What a text record says, if it is of another node of the cluster that this one could reach.
fn sighting(service: &ResolvedService, me: &Announcement) -> Option<Sighting> {
    let value = |key| service.get_property_val_str(key);
    if value("cluster") != Some(me.cluster.as_str()) {
        return None;
    }
    let address = value("address")?;
    let boot = value("boot").and_then(|boot| u64::from_str_radix(boot, 16).ok()).map(Boot::new);
    let myself = address == me.address || boot == Some(me.boot);
    if myself || is_loopback(address) != is_loopback(&me.address) {
        return None;
    }
    let name = value("node").and_then(|name| NodeName::try_from(name).ok());
    Some(Sighting { address: address.to_owned(), name, boot })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me(address: &str) -> Announcement {
        let name = NodeName::try_from("me").unwrap();
        Announcement { cluster: "game".to_owned(), name, boot: Boot::new(1), address: address.to_owned() }
    }

    fn service(record: &[(&str, &str)]) -> ResolvedService {
        let info =
            ServiceInfo::new(SERVICE, "somebody", "somebody.local.", "10.0.0.9", 7400, record).unwrap();
        info.as_resolved_service()
    }

    #[test]
    fn only_other_nodes_of_the_cluster_that_can_be_reached_are_reported() {
        let at = |address| {
            [("cluster", "game"), ("node", "a"), ("boot", "0000000000000002"), ("address", address)]
        };
        let lan = me("10.0.0.5:7400");
        let seen = sighting(&service(&at("10.0.0.9:7400")), &lan).unwrap();
        assert_eq!((seen.address.as_str(), seen.boot), ("10.0.0.9:7400", Some(Boot::new(2))));
        assert_eq!(seen.name.unwrap().as_str(), "a");
        let local = me("127.0.0.1:7400");
        assert!(sighting(&service(&at("127.0.0.1:7401")), &local).is_some());
        for (record, me) in [
            (at("127.0.0.1:7400").to_vec(), &lan),
            (at("10.0.0.9:7400").to_vec(), &local),
            (at("10.0.0.5:7400").to_vec(), &lan),
            (vec![("cluster", "game"), ("boot", "1"), ("address", "10.0.0.9:7400")], &lan),
            (vec![("cluster", "other"), ("address", "10.0.0.9:7400")], &lan),
            (vec![("address", "10.0.0.9:7400")], &lan),
            (vec![("cluster", "game")], &lan),
            (vec![], &lan),
        ] {
            assert_eq!(sighting(&service(&record), me), None, "{record:?}");
        }
    }

    #[test]
    fn what_is_said_beside_the_address_may_be_nonsense() {
        let long = "x".repeat(200);
        for (node, boot) in [("", ""), ("two words", "-1"), (long.as_str(), "fffffffffffffffff")] {
            let record = [("cluster", "game"), ("node", node), ("boot", boot), ("address", "10.0.0.9:1")];
            let seen = sighting(&service(&record), &me("10.0.0.5:7400")).unwrap();
            assert_eq!(seen, Sighting::at("10.0.0.9:1"));
        }
    }

    #[test]
    fn an_instance_has_a_plain_name_of_at_most_63_bytes() {
        for (name, expected) in [
            ("Game-1.example:7400", "game-1-example-7400-0000000000000001".to_owned()),
            (&"ü".repeat(60), format!("{}-0000000000000001", "-".repeat(40))),
        ] {
            let label = label(&Announcement { name: NodeName::try_from(name).unwrap(), ..me("a:1") });
            assert_eq!(label, expected);
            assert!(label.len() <= 63);
        }
    }

    #[test]
    fn so_many_instances_are_remembered_and_no_more() {
        let mut seen = Seen::default();
        let me = me("10.0.0.5:7400");
        for host in 0..2_000 {
            let record = [("cluster", "game".to_owned()), ("address", format!("host-{host}:1"))];
            let info = ServiceInfo::new(SERVICE, &host.to_string(), "a.local.", "10.0.0.9", 1, &record[..]);
            let resolved = Box::new(info.unwrap().as_resolved_service());
            seen.note(ServiceEvent::ServiceResolved(resolved), &me);
        }
        assert_eq!(seen.0.len(), MOST);
        let gone = |host| ServiceEvent::ServiceRemoved(SERVICE.to_owned(), format!("{host}.{SERVICE}"));
        assert!(seen.note(gone(7), &me));
        assert!(!seen.note(gone(7), &me));
    }
}
