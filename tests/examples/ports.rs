//! Ports that can be named before anybody listens on them.

use std::net::TcpListener;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Addresses on loopback where nobody listens now.
///
/// They lie below the range from which systems take ports for connections (32768 on Linux, 49152
/// elsewhere): a node that is restarted must find its port as it left it.
pub(crate) fn free<const N: usize>() -> [String; N] {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Tests of one run may be processes of their own: each begins somewhere else.
    let begin = u16::try_from(process::id() % 599).unwrap() * 20;
    std::array::from_fn(|_| {
        loop {
            let port = 20_000 + (begin + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
            let address = format!("127.0.0.1:{port}");
            if TcpListener::bind(&address).is_ok() {
                return address;
            }
        }
    })
}
