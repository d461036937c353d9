//! The only folder that touches a socket. It carries bytes and knows nothing about what they mean.

mod accept;
mod backoff;
mod halves;
mod host_port;
mod listener;
pub(crate) mod memory;
mod resolve;
mod stream;
mod tcp;
#[cfg(feature = "tls")]
pub(crate) mod tls;
#[expect(clippy::module_inception, reason = "the folder's noun is also the name of its entry point")]
mod transport;
mod writer;

#[cfg(test)]
mod conformance;

pub(crate) use backoff::{Backoff, jitter};
pub(crate) use halves::{Detached, ReadHalf, WriteHalf};
pub(crate) use host_port::{host_and_port, is_dialable, is_loopback, is_unspecified, joined};
pub(crate) use listener::Listener;
pub(crate) use resolve::resolve;
pub(crate) use stream::{NotOpened, Opened, Shown, Stream};
#[cfg(feature = "tls")]
pub(crate) use tls::{Distrust, Keeper};
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsError};
pub(crate) use transport::Transport;
