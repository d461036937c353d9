//! The choice of what carries the bytes.

use std::io;
#[cfg(feature = "tls")]
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::listener::Listener;
use super::memory::MemoryNetwork;
use super::stream::Stream;
use super::tcp;
#[cfg(feature = "tls")]
use super::tls::{self, Keeper, Unsecured};

/// What carries the bytes between nodes.
#[derive(Clone, Debug)]
pub(crate) enum Transport {
    /// The operating system's network.
    Tcp,
    /// The same, encrypted, between nodes that know each other by certificates.
    #[cfg(feature = "tls")]
    Tls(Arc<Keeper>),
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
            Self::Tcp => tcp::bind(address).await.map(Listener::Tcp),
            #[cfg(feature = "tls")]
            Self::Tls(keeper) => {
                tcp::bind(address).await.map(|acceptor| Listener::Tls(acceptor, Arc::clone(keeper)))
            }
            Self::Memory(network) => network.bind(address).map(Listener::Memory),
        }
        .map_err(|error| named(&error, "cannot listen on", address))
    }

    /// Connects to `address`, `host:port`, within `limit`, look-up of the name included. What the two ends have to say
    /// first is said when the stream is [opened](Stream::open).
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
                Self::Tcp => {
                    tcp::dial(address, limit).await.map(|(socket, peer)| Stream::Tcp { socket, peer })
                }
                #[cfg(feature = "tls")]
                Self::Tls(keeper) => {
                    let name = tls::name_of(address)?;
                    let connected = tcp::dial(address, limit).await?;
                    Ok(Stream::Tls(Unsecured::dialled(connected, Arc::clone(keeper), name)))
                }
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
