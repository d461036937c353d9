//! Names to addresses.

use std::io;
use std::net::SocketAddr;

use tokio::net::lookup_host;

/// All addresses that `host` stands for now, with the port, in the resolver's order and without a limit of time: it is the
/// operating system's resolver, which has its own.
///
/// # Errors
///
/// The resolver's reason, with the name in its text.
pub(crate) async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    match lookup_host((host, port)).await {
        Ok(addresses) => Ok(addresses.collect()),
        Err(error) => Err(io::Error::new(error.kind(), format!("cannot look up `{host}`: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_of_this_machine_has_addresses_and_one_that_cannot_exist_has_none() {
        let found = resolve("localhost", 7400).await.unwrap();
        assert!(!found.is_empty());
        assert!(
            found.iter().all(|address| address.ip().is_loopback() && address.port() == 7400),
            "{found:?}"
        );
        // The top-level domain is reserved for that (RFC 2606).
        let error = resolve("shard-test.invalid", 7400).await.unwrap_err();
        assert!(error.to_string().contains("`shard-test.invalid`"), "{error}");
    }
}
