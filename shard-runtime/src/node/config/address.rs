//! Where a node listens, what it tells others, and what it is called.

use std::net::{IpAddr, SocketAddr};

use super::error::ConfigError;
use super::interfaces::{Interface, best, chosen};
use super::settings::Settings;
use crate::transport::{host_and_port, is_loopback, is_unspecified, joined};

const DEFAULT_LISTEN: &str = "127.0.0.1:0";
const ADDRESS_EXPECTED: &str = "`host:port`, such as `0.0.0.0:7400`, `[::1]:7400` or `game-1.example:7400`";
const ADVERTISE_EXPECTED: &str = "a host or `host:port` that other nodes can reach this one by, such as `10.0.0.5` or `game-1.example:7400`";

/// The address to bind: what `listen` says, or else the chosen interface's, or else this machine only.
///
/// # Errors
///
/// `Malformed` if `listen` is not `host:port`; `NoInterface`.
pub(crate) fn listen_address(settings: &Settings, interfaces: &[Interface]) -> Result<String, ConfigError> {
    if let Some(listen) = &settings.listen {
        return match host_and_port(listen) {
            Some((_, Some(_))) => Ok(listen.clone()),
            _ => Err(ConfigError::malformed(
                "the address to listen on (`SHARD_LISTEN`)",
                listen,
                ADDRESS_EXPECTED,
            )),
        };
    }
    match &settings.interface {
        Some(wanted) => Ok(SocketAddr::new(chosen(wanted, interfaces, None)?, 0).to_string()),
        None => Ok(DEFAULT_LISTEN.to_owned()),
    }
}

/// The address that other nodes are told, now that `bound` is known: what `advertise` says, or else the chosen interface's,
/// or else the bound one, or else, if every address is bound, the first that leads off this machine.
///
/// # Errors
///
/// `Malformed` if `advertise` is no address that can be dialled; `NoInterface`; `NoAdvertisedAddress`.
pub(crate) fn advertised_address(
    settings: &Settings,
    bound: &str,
    interfaces: &[Interface],
) -> Result<String, ConfigError> {
    let wrong_bound = || ConfigError::malformed("the bound address", bound, ADDRESS_EXPECTED);
    let (bound_host, Some(bound_port)) = host_and_port(bound).ok_or_else(wrong_bound)? else {
        return Err(wrong_bound());
    };
    if let Some(advertise) = &settings.advertise {
        let wrong = || {
            ConfigError::malformed(
                "the address to advertise (`SHARD_ADVERTISE`)",
                advertise,
                ADVERTISE_EXPECTED,
            )
        };
        let (host, port) = host_and_port(advertise).ok_or_else(wrong)?;
        if is_unspecified(host) {
            return Err(wrong());
        }
        let port = port.filter(|port| *port != 0).unwrap_or(bound_port);
        return Ok(joined(host, port));
    }
    let bound_ip: Option<IpAddr> = bound_host.parse().ok();
    if let Some(wanted) = &settings.interface {
        return Ok(joined(&chosen(wanted, interfaces, bound_ip)?.to_string(), bound_port));
    }
    let Some(wildcard) = bound_ip.filter(IpAddr::is_unspecified) else {
        return Ok(bound.to_owned());
    };
    let usable = |interface: &&Interface| interface.up && !interface.address.is_loopback();
    best(interfaces.iter().filter(usable), Some(wildcard))
        .map(|ip| joined(&ip.to_string(), bound_port))
        .ok_or_else(|| ConfigError::NoAdvertisedAddress { bound: bound.to_owned() })
}

/// The node's name: the one it was given, or else this machine's name and its port.
///
/// `listen` is the address as it was asked for, before a port was taken; `advertised` is what other nodes are told.
/// On loopback the name is the address itself: there is one machine, and its name says nothing.
///
/// # Errors
///
/// `EphemeralPort` off loopback if the port was not fixed: keys are placed by names, so a node that comes back under
/// another one would move them all.
pub(crate) fn node_name(
    settings: &Settings,
    listen: &str,
    advertised: &str,
    host_name: Option<&str>,
) -> Result<String, ConfigError> {
    if let Some(name) = &settings.name {
        return Ok(name.clone());
    }
    let Some((host, Some(port))) = host_and_port(advertised) else {
        return Err(ConfigError::malformed("the advertised address", advertised, ADDRESS_EXPECTED));
    };
    if is_loopback(advertised) {
        return Ok(advertised.to_owned());
    }
    let fixed =
        |address: &str| host_and_port(address).and_then(|(_, port)| port).is_some_and(|port| port != 0);
    if !fixed(listen) && !settings.advertise.as_deref().is_some_and(fixed) {
        let (listen, advertised) = (listen.to_owned(), advertised.to_owned());
        return Err(ConfigError::EphemeralPort { listen, advertised });
    }
    // A host that was advertised by name is stable on purpose. An IP address often is not, so the machine's name is
    // better, unless that is the one that every machine has.
    let machine = host_name.filter(|name| !name.starts_with("localhost") && host.parse::<IpAddr>().is_ok());
    Ok(machine.map_or_else(|| advertised.to_owned(), |name| format!("{name}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::super::settings::Overlay;
    use super::*;

    fn here() -> Vec<Interface> {
        [
            ("lo", "127.0.0.1", true),
            ("docker0", "172.17.0.1", false),
            ("eth0", "fe80::1", true),
            ("eth0", "fd00::5", true),
            ("eth0", "192.168.1.5", true),
            ("eth1", "10.0.0.5", true),
        ]
        .map(|(name, address, up)| Interface { name: name.into(), address: address.parse().unwrap(), up })
        .to_vec()
    }

    fn settings(listen: &str, advertise: &str, interface: &str) -> Settings {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let overlay = Overlay {
            listen: given(listen),
            advertise: given(advertise),
            interface: given(interface),
            ..Overlay::default()
        };
        Settings::new("game", overlay, Overlay::default()).unwrap()
    }

    fn advertised(advertise: &str, interface: &str, bound: &str) -> Result<String, ConfigError> {
        advertised_address(&settings("", advertise, interface), bound, &here())
    }

    #[test]
    fn m68_without_configuration_a_node_listens_on_this_machine_only() {
        let listen = listen_address(&settings("", "", ""), &here()).unwrap();
        assert_eq!(listen, "127.0.0.1:0");
        assert!(is_loopback(&listen));
        assert_eq!(advertised("", "", "127.0.0.1:41234").unwrap(), "127.0.0.1:41234");
    }

    #[test]
    fn m76_wildcard_and_fixed_binds_are_honoured() {
        for listen in ["0.0.0.0:7400", "[::]:7400", "10.0.0.5:7400", "game.example:7400", "127.0.0.1:0"] {
            let settings = settings(listen, "", "eth0");
            assert_eq!(listen_address(&settings, &here()).unwrap(), listen);
        }
    }

    #[test]
    fn m68_an_address_to_listen_on_without_a_port_is_refused() {
        for wrong in ["0.0.0.0", "7400", ":7400", "host:x", "::1"] {
            let error = listen_address(&settings(wrong, "", ""), &here()).unwrap_err().to_string();
            assert!(error.contains("SHARD_LISTEN") && error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn m76_an_advertised_address_is_honoured_and_gets_the_bound_port_if_it_has_none() {
        for (advertise, expected) in [
            ("game.example:9000", "game.example:9000"),
            ("game.example", "game.example:7400"),
            ("203.0.113.9:0", "203.0.113.9:7400"),
            ("fd00::9", "[fd00::9]:7400"),
            ("[fd00::9]:9000", "[fd00::9]:9000"),
        ] {
            assert_eq!(advertised(advertise, "eth1", "0.0.0.0:7400").unwrap(), expected);
        }
    }

    #[test]
    fn m68_an_advertised_address_that_cannot_be_dialled_is_refused() {
        for wrong in ["0.0.0.0:7400", "::", "a:b:c", "http://game.example", "host:99999"] {
            let error = advertised(wrong, "", "0.0.0.0:7400").unwrap_err().to_string();
            assert!(error.contains("SHARD_ADVERTISE") && error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn m77_the_chosen_interface_is_announced() {
        for (interface, expected) in [
            ("eth1", "10.0.0.5:7400"),
            ("eth0", "192.168.1.5:7400"),
            ("lo", "127.0.0.1:7400"),
            ("10.0.0.0/8", "10.0.0.5:7400"),
            ("192.168.0.0/16", "192.168.1.5:7400"),
            ("fd00::/8", "[fd00::5]:7400"),
            ("fd00::5", "[fd00::5]:7400"),
            ("172.17.0.1", "172.17.0.1:7400"),
        ] {
            assert_eq!(advertised("", interface, "[::]:7400").unwrap(), expected, "{interface}");
        }
        assert_eq!(listen_address(&settings("", "", "eth1"), &here()).unwrap(), "10.0.0.5:0");
        assert_eq!(listen_address(&settings("", "", "fd00::/8"), &here()).unwrap(), "[fd00::5]:0");
    }

    #[test]
    fn m68_an_interface_that_is_not_there_is_refused_with_those_that_are() {
        for wrong in ["eth7", "10.1.0.0/16", "10.9.9.9"] {
            let error = advertised("", wrong, "0.0.0.0:7400").unwrap_err().to_string();
            assert!(error.contains(wrong) && error.contains("eth1 10.0.0.5"), "{error}");
        }
        for wrong in ["10.0.0.0/33", "10.0.0.0/", "eth0/8"] {
            let error = advertised("", wrong, "0.0.0.0:7400").unwrap_err().to_string();
            assert!(error.contains("SHARD_INTERFACE"), "{error}");
        }
    }

    #[test]
    fn m76_a_wildcard_bind_announces_the_first_address_that_leads_off_the_machine() {
        assert_eq!(advertised("", "", "0.0.0.0:7400").unwrap(), "192.168.1.5:7400");
        assert_eq!(advertised("", "", "[::]:7400").unwrap(), "192.168.1.5:7400");
        assert_eq!(advertised("", "", "10.0.0.5:7400").unwrap(), "10.0.0.5:7400");
        let alone = &here()[..2];
        let error = advertised_address(&settings("", "", ""), "0.0.0.0:7400", alone).unwrap_err();
        assert!(matches!(error, ConfigError::NoAdvertisedAddress { .. }));
        assert!(error.to_string().contains("SHARD_ADVERTISE"));
    }

    #[test]
    fn a_name_that_was_given_is_the_name() {
        let named = Settings { name: Some("node-1".into()), ..settings("", "", "") };
        assert_eq!(node_name(&named, "0.0.0.0:0", "10.0.0.5:41234", Some("box")).unwrap(), "node-1");
    }

    #[test]
    fn a_node_without_a_name_is_called_by_its_machine_and_port() {
        for (advertise, listen, advertised, host_name, expected) in [
            ("", "0.0.0.0:7400", "10.0.0.5:7400", Some("box"), "box:7400"),
            ("", "0.0.0.0:7400", "10.0.0.5:7400", Some("localhost.localdomain"), "10.0.0.5:7400"),
            ("", "0.0.0.0:7400", "[fd00::5]:7400", None, "[fd00::5]:7400"),
            ("game.example:9000", "0.0.0.0:0", "game.example:9000", Some("box"), "game.example:9000"),
            ("", "127.0.0.1:0", "127.0.0.1:41234", Some("box"), "127.0.0.1:41234"),
        ] {
            let settings = settings("", advertise, "");
            assert_eq!(node_name(&settings, listen, advertised, host_name).unwrap(), expected);
        }
    }

    #[test]
    fn m68_an_ephemeral_port_without_a_name_is_refused_off_loopback() {
        for advertise in ["", "10.0.0.5", "10.0.0.5:0"] {
            let settings = settings("0.0.0.0:0", advertise, "");
            let error = node_name(&settings, "0.0.0.0:0", "10.0.0.5:41234", Some("box")).unwrap_err();
            assert!(matches!(error, ConfigError::EphemeralPort { .. }));
            assert!(error.to_string().contains("SHARD_NODE"), "{error}");
        }
    }

    #[test]
    fn loopback_is_what_only_this_machine_reaches() {
        for address in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "[::ffff:127.0.0.1]:1"] {
            assert!(is_loopback(address), "{address}");
        }
        for address in ["0.0.0.0:1", "[::]:1", "10.0.0.5:1", "game.example:1", "node-1:1", ""] {
            assert!(!is_loopback(address), "{address}");
        }
    }
}
