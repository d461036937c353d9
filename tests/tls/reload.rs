//! Certificates that change while nodes run.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shard_runtime::State;
use tokio::time::sleep;

use crate::certificates::{Ca, Directory, Pem};
use crate::fixture::{sees, shard_on, soon, start, until};
use crate::logs::Logs;

/// Certificates by one CA, for a node that trusts several.
fn by(ca: &Ca, trusted: &[&Ca]) -> Pem {
    let ca_pem = trusted.iter().map(|ca| ca.pem()).collect();
    Pem { ca: ca_pem, ..ca.node() }
}

#[tokio::test]
async fn another_ca_takes_over_without_a_link_being_lost() {
    let (logs, _guard) = Logs::listen();
    let (old, new) = (Ca::new("old"), Ca::new("new"));
    let directories = [Directory::new(), Directory::new()];
    for directory in &directories {
        directory.write(&by(&old, &[&old]));
    }
    let a = start("a", directories[0].tls(), &[]).await;
    let b = start("b", directories[1].tls(), &[&a]).await;
    soon(b.ready()).await.unwrap();
    until("both see both", || sees(&a, &[&b]) && sees(&b, &[&a])).await;
    let shard = shard_on(&b, &a);
    let waiting = {
        let shard = shard.clone();
        tokio::spawn(async move { shard.wait().await })
    };
    soon(shard.here(&State::new())).await.unwrap();

    let read = |count: usize| logs.lines(&["INFO", "the certificates have changed"]).len() == count;
    // First everybody trusts both, then everybody has the new one, then nobody trusts the old one any more.
    let steps = [by(&old, &[&old, &new]), by(&new, &[&old, &new]), by(&new, &[&new])];
    for (step, pem) in (1..).zip(steps) {
        for directory in &directories {
            directory.write(&Pem { ca: pem.ca.clone(), ..pem.clone() });
        }
        until("both have read them", || read(2 * step)).await;
        assert_eq!(soon(shard.here(&State::new())).await.unwrap(), "a");
    }
    let late = start("late", new.node().tls(), &[&a]).await;
    soon(late.ready()).await.unwrap();
    until("it is taken in by all", || sees(&a, &[&late]) && sees(&b, &[&late])).await;
    let old = start("past", old.node().tls(), &[&a]).await;
    assert!(soon(old.ready()).await.is_err());

    // The link that was there first is there still, with what has waited on it all the while.
    assert!(!waiting.is_finished());
    shard.open().await.unwrap();
    assert!(soon(waiting).await.unwrap().unwrap());
    assert!(logs.lines(&["a link ended"]).is_empty(), "{:?}", logs.lines(&["a link ended"]));
}

#[tokio::test]
async fn what_could_not_be_read_is_taken_when_it_can_be_though_no_file_has_changed() {
    let (logs, _guard) = Logs::listen();
    let ca = Ca::new("cluster");
    let directory = Directory::new();
    directory.write(&ca.node());
    let _node = start("node", directory.tls(), &[]).await;
    let from = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(10);
    let early = |params: &mut rcgen::CertificateParams| {
        params.not_before = rcgen::date_time_ymd(1970, 1, 1) + from;
    };
    directory.write(&ca.sign(&["127.0.0.1"], early));
    let read = || logs.lines(&["INFO", "the certificates have changed"]).len() == 1;
    until("it becomes valid and is taken", read).await;
    let refused = logs.lines(&["ERROR", "it is not valid yet"]);
    assert_eq!(refused.len(), 1, "{refused:?}");
}

/// One that ends in so many days, and a bit.
fn ending(ca: &Ca, days: u64) -> Pem {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let left = Duration::from_secs(days * 24 * 60 * 60 + 3_600);
    ca.sign(&["127.0.0.1"], |params| params.not_after = rcgen::date_time_ymd(1970, 1, 1) + now + left)
}

#[tokio::test]
async fn a_certificate_that_ends_within_a_fortnight_is_warned_of() {
    let (logs, _guard) = Logs::listen();
    let ca = Ca::new("cluster");
    let directory = Directory::new();
    let warned = |count: usize| logs.lines(&["WARN", "certificate ends soon"]).len() == count;
    directory.write(&ending(&ca, 13));
    let _node = start("node", directory.tls(), &[]).await;
    assert!(warned(1) && logs.lines(&["node.pem", "days=13"]).len() == 1, "{:?}", logs.lines(&["WARN"]));
    directory.write(&ending(&ca, 5));
    until("it is read and warned of", || warned(2) && logs.lines(&["days=5"]).len() == 1).await;
    directory.write(&ending(&ca, 15));
    let read = || logs.lines(&["INFO", "the certificates have changed"]).len() == 2;
    until("it is read", read).await;
    let _late = start("late", ca.node().tls(), &[]).await;
    assert!(warned(2), "those that are good for longer: {:?}", logs.lines(&["WARN"]));
}

#[tokio::test]
async fn files_that_cannot_be_used_change_nothing_and_are_logged() {
    let (logs, _guard) = Logs::listen();
    let (ca, other) = (Ca::new("cluster"), Ca::new("other"));
    let directory = Directory::new();
    directory.write(&ca.node());
    let node = start("node", directory.tls(), &[]).await;
    let broken = |count: usize| logs.lines(&["ERROR", "those before stay in use"]).len() == count;

    fs::write(directory.path().join("node.pem"), "half a certif").unwrap();
    until("it is noticed", || broken(1)).await;
    directory.write(&Pem { ca: ca.pem(), ..other.node() });
    until("it is noticed", || broken(2)).await;
    directory.write(&ca.sign(&["10.1.2.3"], |_| ()));
    until("it is noticed", || broken(3)).await;
    fs::remove_file(directory.path().join("node.key")).unwrap();
    until("it is noticed", || broken(4)).await;
    let reasons = [
        "has no certificate in PEM",
        "not signed by the cluster's CA",
        "is not for `127.0.0.1`",
        "node.key`: No such file",
    ];
    for (line, reason) in logs.lines(&["ERROR", "those before stay in use"]).iter().zip(reasons) {
        assert!(line.contains(reason), "{line}");
    }
    // They are tried again in this time, and nothing more is said.
    sleep(Duration::from_millis(4_500)).await;
    assert!(broken(4), "each once");

    let before = start("before", ca.node().tls(), &[&node]).await;
    soon(before.ready()).await.unwrap();
    assert_eq!(before.members().len(), 2, "what was there before is still in use");
    directory.write(&other.node());
    until("they are right again", || logs.lines(&["INFO", "the certificates have changed"]).len() == 1).await;
    let after = start("after", other.node().tls(), &[&node]).await;
    soon(after.ready()).await.unwrap();
}
