//! What a certificate says.

use rustls::client::verify_server_name;
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error};

use super::distrust::fault;
use super::handshake::name_of;

/// Whether a certificate is for the host of `address`; if not, what is wrong with it, as the end of a sentence.
pub(in crate::transport) fn covers(certificate: &CertificateDer<'_>, address: &str) -> Result<(), String> {
    let other = |error: &dyn std::fmt::Display| format!("cannot be used: {error}");
    let name = name_of(address).map_err(|error| other(&error))?;
    let parsed = ParsedCertificate::try_from(certificate).map_err(|error| other(&error))?;
    verify_server_name(&parsed, &name).map_err(|error| match &error {
        Error::InvalidCertificate(
            wrong @ (CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }),
        ) => fault(wrong),
        error => other(error),
    })
}
