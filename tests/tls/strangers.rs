//! Those whose certificates are none of a node: no link comes of it, and the reason is told.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, ServerConfig, ServerConnection,
    StreamOwned, SupportedProtocolVersion, version,
};
use shard_runtime::{Error, Node};

use crate::certificates::{Ca, Pem};
use crate::fixture::{builder, sees, soon, start, until};
use crate::logs::Logs;

const VERSIONS: [&SupportedProtocolVersion; 1] = [&version::TLS13];

fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().unwrap()
}

fn key(pem: &Pem) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(pem.key.as_bytes()).unwrap()
}

/// What somebody is set up with who has this certificate, or none. It knows the node's CA, as anybody can who has ever
/// dialled one.
fn stranger(ca: &Ca, own: Option<Pem>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(&ca.pem()));
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_protocol_versions(&VERSIONS).unwrap().with_root_certificates(roots);
    let mut config = match own {
        Some(pem) => config.with_client_auth_cert(certificates(&pem.certificate), key(&pem)).unwrap(),
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"shard".to_vec()];
    Arc::new(config)
}

/// Dials a node, and says how that ends.
fn knock(address: &str, config: Arc<ClientConfig>) -> (String, Option<HandshakeKind>) {
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let session = ClientConnection::new(config, name).unwrap();
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut stream = StreamOwned::new(session, socket);
    // The handshake ends for this side before the other one has looked.
    let _ = stream.write_all(&[0xff; 16]);
    let mut answer = Vec::new();
    let end = match stream.read_to_end(&mut answer) {
        Ok(_) => format!("{} bytes", answer.len()),
        Err(error) => error.to_string(),
    };
    (end, stream.conn.handshake_kind())
}

/// The same while nodes go on.
async fn knocking(node: &Node, config: Arc<ClientConfig>) -> (String, Option<HandshakeKind>) {
    let address = node.address().to_owned();
    tokio::task::spawn_blocking(move || knock(&address, config)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dials_without_a_certificate_of_a_node_gets_nothing() {
    let ca = Ca::new("cluster");
    let node = start("node", ca.node().tls(), &[]).await;
    let hosts = ["localhost", "127.0.0.1"];
    let expired = ca.sign(&hosts, |params| params.not_after = rcgen::date_time_ymd(2001, 1, 1));
    let client = ca.sign(&hosts, |params| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    });
    for (own, alert) in [
        (Some(Ca::new("other").node()), "UnknownCA"),
        (Some(expired), "CertificateExpired"),
        (Some(ca.self_signed()), "UnknownCA"),
        (Some(client), "UnsupportedCertificate"),
        (None, "CertificateRequired"),
    ] {
        let (end, _) = knocking(&node, stranger(&ca, own)).await;
        assert!(end.contains(alert), "{alert}: {end}");
    }
    assert_eq!(node.members().len(), 1);
}

#[tokio::test]
async fn each_connection_shows_its_certificate_anew() {
    let ca = Ca::new("cluster");
    let node = start("node", ca.node().tls(), &[]).await;
    // It has what a node has, does not speak as one, and would rather not be looked at twice.
    let config = stranger(&ca, Some(ca.node()));
    for _ in 0..2 {
        let (end, kind) = knocking(&node, Arc::clone(&config)).await;
        assert!(kind.is_some_and(|kind| kind != HandshakeKind::Resumed), "{kind:?}, {end}");
    }
}

#[tokio::test]
async fn why_a_stranger_is_refused_is_logged_once() {
    let (logs, _guard) = Logs::listen();
    let ca = Ca::new("cluster");
    let node = start("node", ca.node().tls(), &[]).await;
    for _ in 0..2 {
        knocking(&node, stranger(&ca, Some(Ca::new("other").node()))).await;
    }
    let refused = ["WARN", "a connection was refused", "its certificate is not signed by the cluster's CA"];
    until("it is logged", || logs.lines(&refused).len() == 1).await;
    until("it came twice", || {
        logs.lines(&["DEBUG", "a connection was refused again", refused[2]]).len() == 1
    })
    .await;
}

/// Listens as somebody who has this certificate, for as long as the process lives.
pub(crate) fn listen(own: &Pem) -> String {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_protocol_versions(&VERSIONS).unwrap().with_no_client_auth();
    let mut config = config.with_single_cert(certificates(&own.certificate), key(own)).unwrap();
    config.alpn_protocols = vec![b"shard".to_vec()];
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let mut session = ServerConnection::new(Arc::clone(&config)).unwrap();
            while session.complete_io(&mut socket).is_ok() && session.is_handshaking() {}
            // Nothing may come after the handshake.
            let mut bytes = [0; 100];
            assert!(
                session.reader().read(&mut bytes).map_or(true, |count| count == 0),
                "it spoke: {bytes:?}"
            );
        }
    });
    address
}

#[tokio::test]
async fn whoever_is_dialled_without_a_certificate_of_a_node_hears_nothing() {
    let ca = Ca::new("cluster");
    let hosts = ["127.0.0.1"];
    let expired = ca.sign(&hosts, |params| params.not_after = rcgen::date_time_ymd(2001, 1, 1));
    let elsewhere = ca.sign(&["10.1.2.3"], |_| ());
    let server = ca.sign(&hosts, |params| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    });
    for (name, own, reason) in [
        ("other", Ca::new("other").node(), "its certificate is not signed by the cluster's CA"),
        ("expired", expired, "its certificate has expired"),
        ("alone", ca.self_signed(), "its certificate is not signed by the cluster's CA"),
        ("elsewhere", elsewhere, "its certificate is not for `127.0.0.1` but for"),
        ("server", server, "its certificate is not for both `serverAuth` and `clientAuth`"),
    ] {
        let node = builder(name, ca.node().tls()).peers([listen(&own)]).start().await.unwrap();
        let error = soon(node.ready()).await.unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains(reason), "{name}: {error}");
        assert_eq!(node.members().len(), 1);
    }
}

#[tokio::test]
async fn nodes_of_two_cas_do_not_link_whoever_dials() {
    let (one, two) = (Ca::new("one"), Ca::new("two"));
    let a = start("a", one.node().tls(), &[]).await;
    let b = start("b", two.node().tls(), &[&a]).await;
    let error = soon(b.ready()).await.unwrap_err();
    assert!(error.to_string().contains("its certificate is not signed by the cluster's CA"), "{error}");
    // One that trusts the other's CA is told that it is not trusted.
    let both = two.node();
    let both = Pem { ca: both.ca.clone() + &one.pem(), ..both };
    let c = start("c", both.tls(), &[&a]).await;
    let error = soon(c.ready()).await.unwrap_err();
    assert!(error.to_string().contains("it does not know the CA of this node's certificate"), "{error}");
    assert_eq!(a.members().len(), 1);
}

#[tokio::test]
async fn a_node_is_dialled_by_no_other_name_than_its_certificates() {
    let ca = Ca::new("cluster");
    // It says that it is reached as `localhost`, and its certificate has no address.
    let named = builder("named", ca.sign(&["localhost"], |_| ()).tls());
    let named = named.advertise("localhost").start().await.unwrap();
    let port = named.address().rsplit_once(':').unwrap().1;
    let lost = builder("lost", ca.node().tls()).peers([format!("127.0.0.1:{port}")]).start().await.unwrap();
    let error = soon(lost.ready()).await.unwrap_err();
    assert!(error.to_string().contains("its certificate is not for `127.0.0.1` but for"), "{error}");
    let other: Node = start("other", ca.node().tls(), &[&named]).await;
    soon(other.ready()).await.unwrap();
    until("they see each other", || sees(&other, &[&named]) && sees(&named, &[&other])).await;
}
