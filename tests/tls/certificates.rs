//! Certificates, good and bad, made for a test.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair,
};
use shard_runtime::Tls;

/// A CA that signs whatever it is asked to.
pub(crate) struct Ca(CertifiedIssuer<'static, KeyPair>);

/// What a node is given, as PEM.
#[derive(Clone)]
pub(crate) struct Pem {
    pub(crate) ca: String,
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Ca {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these hosts, as `change` would have it.
    pub(crate) fn sign(&self, hosts: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Pem {
        let key = KeyPair::generate().unwrap();
        let certificate = params(hosts, change).signed_by(&key, &self.0).unwrap();
        Pem { ca: self.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// One of a node on this machine.
    pub(crate) fn node(&self) -> Pem {
        self.sign(&["localhost", "127.0.0.1"], |_| ())
    }

    /// What looks like one of a node on this machine, and is signed by nobody else.
    pub(crate) fn self_signed(&self) -> Pem {
        let key = KeyPair::generate().unwrap();
        let certificate = params(&["localhost", "127.0.0.1"], |_| ()).self_signed(&key).unwrap();
        Pem { ca: self.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

fn params(hosts: &[&str], change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    change(&mut params);
    params
}

impl Pem {
    pub(crate) fn tls(&self) -> Tls {
        Tls::from_pem(&self.ca, &self.certificate, &self.key)
    }
}

/// A directory of a test's own, which goes with it.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("shard-tls-test-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Puts the three files there, in place of those that are.
    pub(crate) fn write(&self, pem: &Pem) {
        for (name, text) in [("ca.pem", &pem.ca), ("node.pem", &pem.certificate), ("node.key", &pem.key)] {
            fs::write(self.0.join(name), text).unwrap();
        }
    }

    pub(crate) fn tls(&self) -> Tls {
        let [ca, certificate, key] = ["ca.pem", "node.pem", "node.key"].map(|name| self.0.join(name));
        Tls::from_pem_files(ca, certificate, key)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
