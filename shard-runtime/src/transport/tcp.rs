//! TCP: binding and dialling.
//!
//! `TCP_USER_TIMEOUT` would let the kernel give up on a peer that acknowledges nothing. But it notices a frozen process
//! only once the window is full; the runtime's own ping finds both cases sooner, so the option is left out.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::time::{Instant, timeout};

use super::listener::TcpAcceptor;

/// Bytes that the system may keep of what has come. Of itself it would keep megabytes, and whatever comes behind a part of
/// something large waits until all of them have been read: small calls would not pass large ones.
const RECEIVED: u32 = 256 * 1024;

/// Bytes that the system may keep of what has not left, for the same reason. What is on its way does not count, so that
/// a long way does not make a link slow.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT: u32 = 64 * 1024;

/// The same where it cannot be told from what is on its way.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const SENT: u32 = 256 * 1024;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;

pub(super) async fn bind(address: &str) -> io::Result<TcpAcceptor> {
    let mut last = no_address();
    for target in lookup_host(address).await? {
        match listen(target) {
            Ok(socket) => {
                let local = socket.local_addr()?;
                return Ok(TcpAcceptor::new(socket, local));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Connections that are accepted have the listener's bounds.
fn listen(target: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket(target)?;
    // Where it was bound a moment ago it can be bound again.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(target)?;
    socket.listen(BACKLOG)
}

fn socket(target: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if target.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_recv_buffer_size(RECEIVED)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        // Without it links work all the same.
        let _ = socket2::SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT);
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    socket.set_send_buffer_size(SENT)?;
    Ok(socket)
}

fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the name is known but has no address")
}

/// Tries every address that the name stands for, in the resolver's order.
///
/// Each attempt gets a fair share of the time that is left: otherwise one address that swallows packets (an IPv6 route
/// that leads nowhere, say) would use up the limit, and the address that works would never be tried.
pub(super) async fn dial(address: &str, limit: Duration) -> io::Result<(TcpStream, SocketAddr)> {
    let end = Instant::now() + limit;
    let addresses: Vec<SocketAddr> = lookup_host(address).await?.collect();
    let mut last = no_address();
    let count = addresses.len();
    for (tried, target) in addresses.into_iter().enumerate() {
        let left = end.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(count - tried).unwrap_or(u32::MAX);
        match timeout(share, connect(target)).await {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => last = error,
            Err(_) => last = timed_out(share),
        }
    }
    Err(last)
}

async fn connect(target: SocketAddr) -> io::Result<(TcpStream, SocketAddr)> {
    let socket = socket(target)?.connect(target).await?;
    let peer = socket.peer_addr()?;
    // A dial on one machine can be given the very port that it dials as its own, and TCP then connects the socket to
    // itself. A node that redials a dead neighbour would take its own echo for the neighbour.
    if socket.local_addr()? == peer {
        return Err(io::Error::new(
            io::ErrorKind::ConnectionRefused,
            "nobody listens there (the socket connected to itself)",
        ));
    }
    socket.set_nodelay(true)?;
    Ok((socket, peer))
}

pub(super) fn timed_out(limit: Duration) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {limit:?}"))
}

#[cfg(test)]
mod tests {
    use super::super::{Stream, Transport};
    use super::*;

    #[tokio::test]
    async fn a_name_is_resolved_and_each_of_its_addresses_tried() {
        // `localhost` often stands for ::1 first, where nobody listens.
        let listener = Transport::Tcp.bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_address().rsplit_once(':').unwrap().1.to_owned();
        let limit = Duration::from_secs(3);
        let stream = Transport::Tcp.dial("", &format!("localhost:{port}"), limit).await.unwrap();
        assert_eq!(stream.peer_description(), listener.local_address());
    }

    #[tokio::test]
    async fn both_ends_send_small_writes_at_once_and_keep_little() {
        let mut listener = Transport::Tcp.bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_address();
        let dialling = Transport::Tcp.dial("", &address, Duration::from_secs(3));
        let (dialled, accepted) = tokio::join!(dialling, listener.accept());
        for stream in [dialled.unwrap(), accepted] {
            let Stream::Tcp { socket, .. } = stream else {
                panic!("not TCP");
            };
            assert!(socket.nodelay().unwrap());
            let kept = socket2::SockRef::from(&socket);
            // Linux gives twice what it is asked for.
            assert!(kept.recv_buffer_size().unwrap() <= 2 * RECEIVED as usize);
            #[cfg(any(target_os = "linux", target_os = "android"))]
            assert_eq!(kept.tcp_notsent_lowat().unwrap(), UNSENT);
            #[cfg(not(any(target_os = "linux", target_os = "android")))]
            assert!(kept.send_buffer_size().unwrap() <= 2 * SENT as usize);
        }
    }

    #[tokio::test]
    async fn an_address_that_is_none_is_an_error_that_names_it() {
        let error = Transport::Tcp.dial("", "no port", Duration::from_secs(3)).await.unwrap_err();
        assert!(error.to_string().contains("`no port`"), "{error}");
    }
}
