//! From PEM to what a handshake needs.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{CertificateError, ClientConfig, Error, RootCertStore, ServerConfig};

use super::PROTOCOL;
use super::distrust::fault;
use super::error::TlsError;
use super::setting::{Part, Tls};
use super::shown::covers;
use super::verifier::NodeVerifier;

/// Bytes of a node's certificate and of those that come with it; for more the other side has no room.
const LONGEST: usize = 8 * 1024;

/// What handshakes use that begin now.
#[derive(Debug)]
pub(super) struct Credentials {
    pub(super) client: Arc<ClientConfig>,
    pub(super) server: Arc<ServerConfig>,
    verifier: Arc<NodeVerifier>,
    own: CertificateDer<'static>,
    intermediates: Vec<CertificateDer<'static>>,
    place: String,
}

impl Credentials {
    /// Reads them, and looks at this node's certificate as the other nodes will: it is better not to start than to be
    /// refused by everybody.
    pub(super) fn load(tls: &Tls, now: UnixTime) -> Result<Self, TlsError> {
        Self::read(tls, |verifier, own, intermediates| {
            let length = intermediates.iter().fold(own.len(), |sum, certificate| sum + certificate.len());
            if length > LONGEST {
                let problem = format!("has certificates of {length} bytes, and nodes read {LONGEST} at most");
                return Err(unusable(&tls.certificate, problem));
            }
            verifier.check(own, intermediates, now).map_err(|error| refused(tls, &error))
        })
    }

    fn read(
        tls: &Tls,
        check: impl FnOnce(&NodeVerifier, &CertificateDer<'_>, &[CertificateDer<'_>]) -> Result<(), TlsError>,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        for root in certificates(&tls.ca)? {
            roots.add(root).map_err(|error| unusable(&tls.ca, format!("is no CA: {error}")))?;
        }
        let chain = certificates(&tls.certificate)?;
        let verifier =
            NodeVerifier::new(roots, &provider).map_err(|error| unusable(&tls.ca, error.to_string()))?;
        let Some((own, intermediates)) = chain.split_first() else {
            return Err(unusable(&tls.certificate, "has no certificate"));
        };
        check(&verifier, own, intermediates)?;
        let (own, intermediates) = (own.clone(), intermediates.to_vec());
        let key = PrivateKeyDer::from_pem_slice(&tls.key.read()?)
            .map_err(|error| unusable(&tls.key, format!("has no private key in PEM: {error}")))?;
        let certified = CertifiedKey::from_der(chain, key, &provider).map_err(|error| match error {
            Error::InconsistentKeys(_) => {
                unusable(&tls.key, format!("is not the key of the certificate of {}", tls.certificate))
            }
            other => unusable(&tls.key, format!("cannot be used: {other}")),
        })?;
        let verifier = Arc::new(verifier);
        let (client, server) = configs(certified, &verifier, &provider)
            .map_err(|error| unusable(&tls.certificate, format!("cannot be used: {error}")))?;
        Ok(Self { client, server, verifier, own, intermediates, place: tls.certificate.to_string() })
    }

    /// How long others take them from `now` on, if that is shorter than `soon`: zero, if they do not any more.
    pub(super) fn left(&self, now: UnixTime, soon: Duration) -> Option<Duration> {
        let then = UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs()) + soon);
        // A look from there says when the first of them ends, which is not to be had by itself.
        match self.verifier.check(&self.own, &self.intermediates, then) {
            Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
                Some(Duration::from_secs(not_after.as_secs().saturating_sub(now.as_secs())))
            }
            _ => None,
        }
    }

    /// Where the node's certificate comes from.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Whether others can dial this node by that address.
    pub(super) fn check_for(&self, address: &str) -> Result<(), TlsError> {
        covers(&self.own, address).map_err(|problem| TlsError::Refused { place: self.place.clone(), problem })
    }
}

#[cfg(test)]
impl Credentials {
    /// Takes them as they are.
    pub(super) fn unchecked(tls: &Tls) -> Result<Self, TlsError> {
        Self::read(tls, |_, _, _| Ok(()))
    }

    /// The same for another protocol inside of TLS.
    pub(super) fn speaking(&self, protocol: &[u8]) -> Self {
        let protocols = if protocol.is_empty() { Vec::new() } else { vec![protocol.to_vec()] };
        let (mut client, mut server) = (ClientConfig::clone(&self.client), ServerConfig::clone(&self.server));
        client.alpn_protocols.clone_from(&protocols);
        server.alpn_protocols = protocols;
        let (client, server) = (Arc::new(client), Arc::new(server));
        let (verifier, place) = (Arc::clone(&self.verifier), self.place.clone());
        Self { client, server, verifier, own: self.own.clone(), intermediates: Vec::new(), place }
    }
}

fn configs(
    certified: CertifiedKey,
    verifier: &Arc<NodeVerifier>,
    provider: &Arc<rustls::crypto::CryptoProvider>,
) -> Result<(Arc<ClientConfig>, Arc<ServerConfig>), Error> {
    let certified = Arc::new(SingleCertAndKey::from(certified));
    let mut client = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(verifier) as _)
        .with_client_cert_resolver(Arc::clone(&certified) as _);
    client.alpn_protocols = vec![PROTOCOL.to_vec()];
    client.resumption = Resumption::disabled();
    let mut server = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(Arc::clone(verifier) as _)
        .with_cert_resolver(certified);
    server.alpn_protocols = vec![PROTOCOL.to_vec()];
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    Ok((Arc::new(client), Arc::new(server)))
}

fn certificates(part: &Part) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = part.read()?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let all = all.map_err(|error| unusable(part, format!("is not PEM: {error}")))?;
    if all.is_empty() { Err(unusable(part, "has no certificate in PEM")) } else { Ok(all) }
}

fn unusable(part: &Part, problem: impl Into<String>) -> TlsError {
    TlsError::Unusable { place: part.to_string(), problem: problem.into() }
}

fn refused(tls: &Tls, error: &Error) -> TlsError {
    let problem = match error {
        Error::InvalidCertificate(error) => fault(error),
        other => format!("cannot be used: {other}"),
    };
    TlsError::Refused { place: tls.certificate.to_string(), problem }
}
