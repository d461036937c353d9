//! Who trusts whom, and what is said where nobody does.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use rustls::pki_types::UnixTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::credentials::Credentials;
use super::testing::{Ca, example};
use super::{Distrust, Keeper, Tls, TlsError};
use crate::transport::{NotOpened, Opened, Stream, Transport};

const LIMIT: Duration = Duration::from_secs(3);

/// The certificates of a node, under another CA.
fn trusting(tls: &Tls, ca: &Ca) -> Tls {
    Tls { ca: Tls::from_pem(ca.pem(), "", "").ca, ..tls.clone() }
}

fn transport(tls: Tls) -> Transport {
    Transport::Tls(Keeper::new(tls).unwrap())
}

/// Certificates as they are, without a look at whether others would take them.
fn unchecked(tls: &Tls, good: &Tls) -> Transport {
    let keeper = Keeper::new(good.clone()).unwrap();
    keeper.force(tls);
    Transport::Tls(keeper)
}

/// What the two ends of a connection make of each other: the dialler's and the acceptor's view. The dialler learns what
/// is held against it when it reads.
async fn meet(dialler: &Transport, acceptor: &Transport) -> (Result<(), String>, Result<(), String>) {
    let mut listener = acceptor.bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_address();
    let near = async {
        let opened = dialler.dial("", &address, LIMIT).await.unwrap().open().await;
        let mut opened = opened.map_err(|error| reason(&error))?;
        opened.write.write_all(b"x").await.map_err(|error| io_reason(&error))?;
        opened.write.flush().await.map_err(|error| io_reason(&error))?;
        opened.read.read_u8().await.map_err(|error| io_reason(&error))?;
        Ok(())
    };
    let far = async {
        let opened: Result<Opened, _> = listener.accept().await.open().await;
        let mut opened = opened.map_err(|error| reason(&error))?;
        let byte = opened.read.read_u8().await.map_err(|error| io_reason(&error))?;
        opened.write.write_all(&[byte]).await.unwrap();
        opened.write.flush().await.unwrap();
        Ok(())
    };
    tokio::time::timeout(Duration::from_secs(20), async { tokio::join!(near, far) }).await.expect("it ends")
}

fn reason(error: &NotOpened) -> String {
    match error {
        NotOpened::Io(error) => io_reason(error),
        NotOpened::Plain(..) => "plain".to_owned(),
    }
}

fn io_reason(error: &io::Error) -> String {
    match Distrust::of(error) {
        Some(reason @ Distrust::NotInTls) => format!("they: {reason}"),
        Some(Distrust::OfThem(reason)) => format!("they: {reason}"),
        Some(Distrust::OfUs(reason)) => format!("we: {reason}"),
        None => format!("io: {error}"),
    }
}

async fn refused(dialler: &Transport, acceptor: &Transport, expected: [&str; 2]) {
    let (near, far) = meet(dialler, acceptor).await;
    let found = [near.unwrap_err(), far.unwrap_err()];
    assert!(found[0].contains(expected[0]) && found[1].contains(expected[1]), "{found:?}");
}

const SHOWS_EXPIRED: [&str; 2] =
    ["we: this node's certificate has expired", "they: its certificate has expired"];

#[tokio::test]
async fn two_nodes_of_one_ca_trust_each_other() {
    let ca = Ca::new("cluster");
    assert_eq!(meet(&transport(ca.node()), &transport(ca.node())).await, (Ok(()), Ok(())));
}

#[tokio::test]
async fn a_node_of_another_ca_is_refused_by_both_sides() {
    let here = "they: its certificate is not signed by the cluster's CA";
    let there = "we: it does not know the CA of this node's certificate";
    // Also of one that has the same name.
    for name in ["other", "cluster"] {
        let (ours, theirs) = (Ca::new("cluster"), Ca::new(name));
        let good = ours.node();
        let node = transport(good.clone());
        let stranger = transport(theirs.node());
        refused(&stranger, &node, [here, there]).await;
        refused(&node, &stranger, [here, there]).await;
        // One that trusts us, and whom we do not.
        let gullible = unchecked(&trusting(&theirs.node(), &ours), &good);
        refused(&gullible, &node, [there, here]).await;
        refused(&node, &gullible, [here, there]).await;
    }
}

#[tokio::test]
async fn a_certificate_that_has_expired_or_is_not_valid_yet_is_refused() {
    let ca = Ca::new("cluster");
    let good = ca.node();
    let node = transport(good.clone());
    let old = ca.sign(&["127.0.0.1"], |params| params.not_after = date_time_ymd(2001, 1, 1));
    let old = unchecked(&old, &good);
    refused(&old, &node, SHOWS_EXPIRED).await;
    let [we, they] = SHOWS_EXPIRED;
    refused(&node, &old, [they, we]).await;
    let early = ca.sign(&["127.0.0.1"], |params| params.not_before = date_time_ymd(2999, 1, 1));
    refused(&unchecked(&early, &good), &node, ["we:", "they: its certificate is not valid yet"]).await;
}

#[tokio::test]
async fn a_certificate_for_one_end_alone_is_refused_at_both() {
    let ca = Ca::new("cluster");
    let good = ca.node();
    let node = transport(good.clone());
    for usage in [ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth] {
        let one = ca.sign(&["127.0.0.1"], |params| params.extended_key_usages = vec![usage]);
        let one = unchecked(&one, &good);
        let [we, they] =
            ["we: this node's certificate is not for both", "they: its certificate is not for both"];
        refused(&one, &node, [we, they]).await;
        refused(&node, &one, [they, we]).await;
    }
    let any = ca.sign(&["127.0.0.1"], |params| params.extended_key_usages.clear());
    assert_eq!(meet(&transport(any), &node).await, (Ok(()), Ok(())));
}

#[tokio::test]
async fn a_certificate_that_nobody_else_has_signed_is_refused() {
    let ca = Ca::new("cluster");
    let good = ca.node();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let own = Tls::from_pem(ca.pem(), own.pem(), key.serialize_pem());
    refused(&unchecked(&own, &good), &transport(good), ["we:", "they: its certificate"]).await;
}

#[tokio::test]
async fn whoever_is_dialled_shows_a_certificate_for_that_host() {
    let ca = Ca::new("cluster");
    let good = ca.node();
    let node = transport(good.clone());
    let elsewhere = unchecked(&ca.sign(&["10.1.2.3", "game-1.example"], |_| ()), &good);
    let expected = ["they: its certificate is not for `127.0.0.1` but for", "we:"];
    refused(&node, &elsewhere, expected).await;
    // What it says of itself is compared when it has said it.
    assert_eq!(meet(&elsewhere, &node).await, (Ok(()), Ok(())));
}

#[tokio::test]
async fn what_an_end_says_of_itself_has_to_be_in_its_certificate() {
    let ca = Ca::new("cluster");
    let node = transport(ca.sign(&["127.0.0.1", "game-1.example", "*.pods.example", "fd00::5"], |_| ()));
    let mut listener = node.bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_address();
    let near = async { node.dial("", &address, LIMIT).await.unwrap().open().await.unwrap() };
    let (near, far) = tokio::join!(near, async { listener.accept().await.open().await.unwrap() });
    for shown in [near.shown, far.shown] {
        for address in ["127.0.0.1:1", "game-1.example:7400", "a.pods.example:1", "[fd00::5]:1", ""] {
            assert_eq!(shown.objection(address), None);
        }
        for address in
            ["127.0.0.2:1", "game-2.example:7400", "a.b.pods.example:1", "[fd00::6]:1", "two words:1"]
        {
            let reason = shown.objection(address).unwrap();
            assert!(reason.starts_with("its certificate"), "{reason}");
        }
    }
}

#[tokio::test]
async fn a_node_with_tls_and_one_without_say_so() {
    let tls = transport(example());
    let (near, far) = meet(&Transport::Tcp, &tls).await;
    assert!(near.is_err());
    assert_eq!(far, Err("plain".to_owned()));
    // A plain node answers what it does not understand.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let answering = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut hello = [0; 5];
        socket.read_exact(&mut hello).await.unwrap();
        assert!(crate::wire::is_tls(&hello));
        socket.write_all(&[0; 40]).await.unwrap();
        socket
    };
    let dialling = async { tls.dial("", &address, LIMIT).await.unwrap().open().await };
    let (opened, _socket) = tokio::join!(dialling, answering);
    assert_eq!(reason(&opened.unwrap_err()), "they: it does not speak TLS, and this node does");
}

#[tokio::test]
async fn tls_for_something_else_makes_no_node() {
    let node = transport(example());
    let other = Ca::new("cluster");
    let tls = other.node();
    let same_ca = transport(tls.clone());
    drop(node);
    let keeper = Keeper::new(tls).unwrap();
    keeper.speak(b"h2");
    let web = Transport::Tls(keeper);
    refused(&same_ca, &web, ["we: it speaks TLS for something else", "they:"]).await;
    refused(&web, &same_ca, ["we: it speaks TLS for something else", "they:"]).await;
    let keeper = Keeper::new(other.node()).unwrap();
    keeper.speak(b"");
    let mute = Transport::Tls(keeper);
    let as_none = "they: it speaks TLS, but not as a node does";
    refused(&same_ca, &mute, [as_none, ""]).await;
    refused(&mute, &same_ca, ["", as_none]).await;
}

/// Both ends of a connection, before anything was said.
async fn unopened(dialler: &Transport, acceptor: &Transport) -> (Stream, Stream) {
    let mut listener = acceptor.bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_address();
    let (near, far) = tokio::join!(dialler.dial("", &address, LIMIT), listener.accept());
    (near.unwrap(), far)
}

async fn opened(dialler: &Transport, acceptor: &Transport) -> (Opened, Opened) {
    let (near, far) = unopened(dialler, acceptor).await;
    let (near, far) = tokio::join!(near.open(), far.open());
    (near.unwrap(), far.unwrap())
}

#[tokio::test]
async fn both_ends_know_a_connection_by_the_same_and_no_other_by_it() {
    let node = transport(example());
    let (near, far) = opened(&node, &node).await;
    assert_eq!((near.channel.len(), &near.channel), (32, &far.channel));
    let (other, _) = opened(&node, &node).await;
    assert_ne!(near.channel, other.channel);
    let (plain, _) = opened(&Transport::Tcp, &Transport::Tcp).await;
    assert!(plain.channel.is_empty());
}

/// A node's certificate, and behind it some kilobytes that prove nothing.
fn lengthy(ca: &Ca) -> Tls {
    let good = ca.node();
    let text = String::from_utf8(good.certificate.read().unwrap()).unwrap();
    Tls { certificate: Tls::from_pem("", text.repeat(50), "").certificate, ..good }
}

#[tokio::test]
async fn whoever_proves_nothing_is_not_listened_to_for_long() {
    let ca = Ca::new("cluster");
    let node = transport(ca.node());
    let longer = "they: its TLS handshake is longer than that of a node may be";
    let lengthy = unchecked(&lengthy(&ca), &ca.node());
    refused(&node, &lengthy, [longer, ""]).await;
    refused(&lengthy, &node, ["", longer]).await;
    // A greeting of 60,000 bytes, in records of one and of a thousand.
    for size in [1, 1_000] {
        let (near, far) = unopened(&Transport::Tcp, &node).await;
        let sending = async {
            let mut near = near.open().await.unwrap();
            let mut greeting = vec![0; 60_004];
            greeting[..4].copy_from_slice(&[1, 0, 0xea, 0x60]);
            for part in greeting.chunks(size) {
                let length = u16::try_from(part.len()).unwrap().to_be_bytes();
                let record = [&[0x16, 3, 1], &length[..], part].concat();
                if near.write.write_all(&record).await.is_err() {
                    break;
                }
            }
            near
        };
        let listening = async { far.open().await.map(drop).map_err(|error| reason(&error)) };
        let both = async { tokio::join!(sending, listening).1 };
        let end = tokio::time::timeout(Duration::from_secs(2), both).await.expect("at once");
        assert_eq!(end, Err(longer.to_owned()), "records of {size}");
    }
}

#[test]
fn a_certificate_that_ends_soon_is_known_to() {
    let ca = Ca::new("cluster");
    let of = |tls: Tls| Credentials::load(&tls, UnixTime::now()).unwrap();
    let day = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
    let ends = of(ca.sign(&["127.0.0.1"], |params| params.not_after = date_time_ymd(2090, 1, 1)));
    // So many days after 1970 that one is.
    let left = |before: u64| ends.left(UnixTime::since_unix_epoch(day(43_830 - before)), day(14));
    assert_eq!(left(15), None);
    assert_eq!(left(10), Some(day(10)));
    assert_eq!(left(0), Some(Duration::ZERO));
    assert_eq!(ends.left(UnixTime::since_unix_epoch(day(43_833)), day(14)), Some(Duration::ZERO));
}

#[test]
fn what_cannot_be_used_is_said() {
    let ca = Ca::new("cluster");
    let good = ca.node();
    let fails = |tls: Tls| Keeper::new(tls).unwrap_err().to_string();
    let missing = Tls::from_pem_files("/nowhere/ca.pem", "/nowhere/node.pem", "/nowhere/node.key");
    let expired = ca.sign(&["127.0.0.1"], |params| params.not_after = date_time_ymd(2001, 1, 1));
    let other_key = Tls { key: ca.node().key, ..good.clone() };
    for (tls, expected) in [
        (missing, "cannot read `/nowhere/ca.pem`"),
        (Tls { ca: Tls::from_pem("no PEM", "", "").ca, ..good.clone() }, "has no certificate in PEM"),
        (Tls { certificate: good.key.clone(), ..good.clone() }, "has no certificate in PEM"),
        (Tls { key: good.certificate.clone(), ..good.clone() }, "has no private key in PEM"),
        (other_key, "is not the key of the certificate"),
        (trusting(&good, &Ca::new("other")), "it is not signed by the cluster's CA"),
        (expired, "it has expired"),
        (lengthy(&ca), "bytes, and nodes read 8192 at most"),
    ] {
        let error = fails(tls);
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(!error.contains("BEGIN"), "{error}");
    }
    let keeper = Keeper::new(good.clone()).unwrap();
    let error = keeper.advertise("game-1.example:7400").unwrap_err();
    assert!(matches!(&error, TlsError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains("is not for `game-1.example` but for"), "{error}");
    assert!(!format!("{good:?}").contains("KEY"));
}

/// A place for files that goes with it.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("shard-tls-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, tls: &Tls) -> Tls {
        for (part, name) in [(&tls.ca, "ca"), (&tls.certificate, "certificate"), (&tls.key, "key")] {
            fs::write(self.0.join(name), part.read().unwrap()).unwrap();
        }
        Tls::from_pem_files(self.0.join("ca"), self.0.join("certificate"), self.0.join("key"))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn files_that_change_are_read_again_and_used_only_if_they_can_be() {
    let directory = Directory::new("reload");
    let (first, second) = (Ca::new("first"), Ca::new("second"));
    let keeper = Keeper::new(directory.write(&first.node())).unwrap();
    keeper.advertise("127.0.0.1:7400").unwrap();
    let fresh = tokio::spawn(std::sync::Arc::clone(&keeper).keep_fresh());
    let own = || keeper.current();
    let before = own();
    let node = Transport::Tls(std::sync::Arc::clone(&keeper));

    let broken = second.node();
    fs::write(directory.0.join("certificate"), "-----BEGIN CERTIFICATE-----\nnonsense").unwrap();
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    directory.write(&second.sign(&["10.1.2.3"], |_| ()));
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    fs::remove_file(directory.0.join("key")).unwrap();
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(std::sync::Arc::ptr_eq(&before, &own()), "half a file, another host, no file");
    assert_eq!(meet(&transport(first.node()), &node).await, (Ok(()), Ok(())));

    directory.write(&broken);
    let changed = async {
        while std::sync::Arc::ptr_eq(&before, &own()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), changed).await.expect("they are read again");
    assert_eq!(meet(&transport(second.node()), &node).await, (Ok(()), Ok(())));
    assert!(meet(&transport(first.node()), &node).await.1.is_err());
    fresh.abort();
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_is_not_valid_yet_is_taken_when_it_is() {
    let directory = Directory::new("early");
    let ca = Ca::new("cluster");
    let keeper = Keeper::new(directory.write(&ca.node())).unwrap();
    let before = keeper.current();
    // Of a day in 2033, when those that are in use are good as well.
    let noon = 2_000_000_000;
    let begun = tokio::time::Instant::now();
    let clock = move || UnixTime::since_unix_epoch(Duration::from_secs(noon) + begun.elapsed());
    let following = std::sync::Arc::clone(&keeper);
    let following = tokio::spawn(async move { following.follow(clock).await });

    let valid_from = date_time_ymd(1970, 1, 1) + Duration::from_secs(noon + 20);
    directory.write(&ca.sign(&["127.0.0.1"], |params| params.not_before = valid_from));
    tokio::time::sleep(Duration::from_secs(19)).await;
    assert!(std::sync::Arc::ptr_eq(&before, &keeper.current()), "others would refuse it");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(
        !std::sync::Arc::ptr_eq(&before, &keeper.current()),
        "it is read again, though no file has changed"
    );
    following.abort();
}

#[test]
fn a_file_that_is_given_to_somebody_else_or_has_other_permissions_has_another_stamp() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = Directory::new("stamp");
    let tls = directory.write(&example());
    let before = tls.stamps();
    assert_eq!(tls.stamps(), before);
    let modified = fs::metadata(directory.0.join("key")).unwrap().modified().unwrap();
    // The clock of a file system ticks every few milliseconds.
    std::thread::sleep(Duration::from_millis(50));
    fs::set_permissions(directory.0.join("key"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(fs::metadata(directory.0.join("key")).unwrap().modified().unwrap(), modified);
    assert_ne!(tls.stamps(), before);
}
