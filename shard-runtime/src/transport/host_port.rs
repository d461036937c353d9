//! `host:port` as text. A host need not be an IP address, so the standard library's types do not do.

use std::net::{IpAddr, Ipv6Addr};

/// The longest address that a handshake carries.
const LONGEST: usize = 256;

/// `10.0.0.5`, `10.0.0.5:7400`, `::1`, `[::1]`, `[::1]:7400`, `host` or `host:7400`; the host without brackets.
pub(crate) fn host_and_port(address: &str) -> Option<(&str, Option<u16>)> {
    if address.parse::<Ipv6Addr>().is_ok() {
        return Some((address, None));
    }
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok()?)),
        _ => (address, None),
    };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let right = match bracketed {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && !host.contains([':', '[', ']', '/', ',', ' ']),
    };
    right.then(|| (bracketed.unwrap_or(host), port))
}

/// `host:port`, with the brackets that an IPv6 address needs.
pub(crate) fn joined(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Whether the host is a wildcard, which can be bound but not dialled.
pub(crate) fn is_unspecified(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified())
}

/// Whether only this machine can reach `address`, a `host:port`. A name other than `localhost` counts as one that others
/// can reach.
pub(crate) fn is_loopback(address: &str) -> bool {
    let host = host_and_port(address).map_or(address, |(host, _)| host);
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// Whether `address` is `host:port` and can be dialled, as far as its text tells.
pub(crate) fn is_dialable(address: &str) -> bool {
    let printable = |text: &str| !text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    address.len() <= LONGEST && printable(address) && matches!(host_and_port(address), Some((_, Some(1..))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_its_port_come_apart_and_together() {
        for (text, host, port) in [
            ("10.0.0.5:7400", "10.0.0.5", Some(7400)),
            ("10.0.0.5", "10.0.0.5", None),
            ("game.example:0", "game.example", Some(0)),
            ("[::1]:7400", "::1", Some(7400)),
            ("[::1]", "::1", None),
            ("fd00::5", "fd00::5", None),
        ] {
            assert_eq!(host_and_port(text), Some((host, port)), "{text}");
        }
        assert_eq!(joined("fd00::5", 1), "[fd00::5]:1");
        assert_eq!(joined("10.0.0.5", 1), "10.0.0.5:1");
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in
            ["", ":", ":7400", "host:", "host:port", "host:65536", "[host]:1", "a:b:1", "tcp://host:1"]
        {
            assert_eq!(host_and_port(text), None, "{text}");
        }
    }

    #[test]
    fn only_a_host_with_a_port_can_be_dialled() {
        for text in ["10.0.0.5:7400", "[::1]:1", "game.example:65535", "localhost:1"] {
            assert!(is_dialable(text), "{text}");
        }
        for text in ["10.0.0.5", "10.0.0.5:0", "host\n:1", "two words:1", &format!("{}:1", "x".repeat(255))] {
            assert!(!is_dialable(text), "{text}");
        }
    }
}
