//! Why there is no TLS with the other side, in words for whoever runs the nodes.

use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// What stands in the way. It travels inside of an [`io::Error`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Distrust {
    /// The other side says something, and not in TLS.
    #[error("it does not speak TLS, and this node does")]
    NotInTls,
    /// This side does not trust the other.
    #[error("{0}")]
    OfThem(String),
    /// The other side says that it does not trust this one.
    #[error("{0}")]
    OfUs(String),
}

impl Distrust {
    /// Takes it out of an error, if that is what it is about.
    pub(crate) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// As an error of the connection.
    pub(super) fn into_io(self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, self)
    }
}

/// The same error, in our words if it is one of TLS.
pub(super) fn explained(error: io::Error) -> io::Error {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref()) else {
        return match error.kind() {
            // Its text is about what the library's users should know.
            io::ErrorKind::UnexpectedEof => io::ErrorKind::UnexpectedEof.into(),
            _ => error,
        };
    };
    let distrust = match tls {
        Error::InvalidMessage(_) => Distrust::NotInTls,
        Error::AlertReceived(alert) => Distrust::OfUs(refusal(*alert)),
        other => Distrust::OfThem(objection(other)),
    };
    distrust.into_io()
}

fn objection(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => format!("its certificate {}", fault(error)),
        Error::NoCertificatesPresented => "it shows no certificate".to_owned(),
        Error::PeerIncompatible(_) => format!("its TLS does not fit: {error}"),
        other => other.to_string(),
    }
}

/// What is wrong with a certificate: the end of a sentence.
pub(super) fn fault(error: &CertificateError) -> String {
    match error {
        // The signature is a bad one where another CA has the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "is not signed by the cluster's CA".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet; compare the clocks".to_owned()
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let presented = if presented.is_empty() { "nothing".to_owned() } else { presented.join(", ") };
            format!("is not for `{}` but for {presented}", expected.to_str())
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "is not for both `serverAuth` and `clientAuth`, as a node's has to be".to_owned()
        }
        other => format!("cannot be used: {other}"),
    }
}

/// What the other side does not like about this one.
fn refusal(alert: AlertDescription) -> String {
    match alert {
        // The latter where it knows one of the same name.
        AlertDescription::UnknownCA | AlertDescription::DecryptError => {
            "it does not know the CA of this node's certificate".to_owned()
        }
        AlertDescription::CertificateExpired => {
            "this node's certificate has expired, or is not valid yet by its clock".to_owned()
        }
        AlertDescription::BadCertificate => {
            "this node's certificate is not for the host that was dialled".to_owned()
        }
        AlertDescription::UnsupportedCertificate => {
            "this node's certificate is not for both `serverAuth` and `clientAuth`".to_owned()
        }
        AlertDescription::CertificateRequired => "this node shows no certificate".to_owned(),
        AlertDescription::NoApplicationProtocol => "it speaks TLS for something else".to_owned(),
        other => format!("TLS with this node does not work ({other:?})"),
    }
}
