//! The choice of what carries the bytes.

use std::io;
use std::time::Duration;

use tokio::time::timeout;

use super::listener::Listener;
use super::memory::MemoryNetwork;
use super::stream::Stream;
use super::tcp;

/// What carries the bytes between nodes.
#[derive(Clone, Debug)]
pub(crate) enum Transport {
    /// The operating system's network.
    Tcp,
    /// A network inside this process, for tests.
    Memory(MemoryNetwork),
}

impl Transport {
    /// Listens on `address`, `host:port`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// The operating system's reason, with the address in its text.
    pub(crate) async fn bind(&self, address: &str) -> io::Result<Listener> {
        match self {
            Self::Tcp => tcp::bind(address).await,
            Self::Memory(network) => network.bind(address).map(Listener::Memory),
        }
        .map_err(|error| named(&error, "cannot listen on", address))
    }

    /// Connects to `address`, `host:port`, within `limit`, look-up of the name included.
    ///
    /// `from` is the address that the dialling node listens on. TCP has no use for it; the network in memory knows a
    /// link by it.
    ///
    /// # Errors
    ///
    /// The reason of the last address tried, or `TimedOut`, with the address in its text.
    pub(crate) async fn dial(&self, from: &str, address: &str, limit: Duration) -> io::Result<Stream> {
        let dialled = async {
            match self {
                Self::Tcp => tcp::dial(address, limit).await,
                Self::Memory(network) => network.dial(from, address).await.map(Stream::Memory),
            }
        };
        match timeout(limit, dialled).await {
            Ok(result) => result,
            Err(_) => Err(tcp::timed_out(limit)),
        }
        .map_err(|error| named(&error, "cannot connect to", address))
    }
}

/// The same error, which now says what was attempted with which address.
fn named(error: &io::Error, attempt: &str, address: &str) -> io::Error {
    io::Error::new(error.kind(), format!("{attempt} `{address}`: {error}"))
}
