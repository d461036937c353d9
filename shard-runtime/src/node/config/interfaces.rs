//! What this machine is called, and its network interfaces.

use std::env;
use std::fs;
use std::net::IpAddr;

use if_addrs::{IfOperStatus, get_if_addrs};

use super::error::ConfigError;

const INTERFACE_EXPECTED: &str =
    "an interface, a subnet or an address, such as `eth0`, `10.0.0.0/8` or `10.0.0.5`";

/// One address of one network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) address: IpAddr,
    /// Whether it can carry anything. A bridge without containers, for one, cannot.
    pub(crate) up: bool,
}

/// The interfaces of this machine, in the operating system's order.
///
/// # Errors
///
/// `Interfaces`, with the operating system's reason.
pub(crate) fn interfaces() -> Result<Vec<Interface>, ConfigError> {
    let found = get_if_addrs().map_err(ConfigError::Interfaces)?;
    Ok(found
        .into_iter()
        .map(|interface| Interface {
            address: interface.ip(),
            // Many drivers, the loopback's among them, report that they do not know.
            up: matches!(interface.oper_status, IfOperStatus::Up | IfOperStatus::Unknown),
            name: interface.name,
        })
        .collect())
}

/// This machine's name, from the kernel or else from `HOSTNAME`.
pub(crate) fn host_name() -> Option<String> {
    let kernels = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = kernels.or_else(|| env::var("HOSTNAME").ok())?;
    let name = name.trim();
    (!name.is_empty() && name != "(none)").then(|| name.to_owned())
}

/// The address of the interface that is `wanted` by address, subnet or name.
pub(super) fn chosen(
    wanted: &str,
    interfaces: &[Interface],
    bound: Option<IpAddr>,
) -> Result<IpAddr, ConfigError> {
    let found = if let Ok(ip) = wanted.parse::<IpAddr>() {
        interfaces.iter().map(|interface| interface.address).find(|address| *address == ip)
    } else if let Some((network, length)) = wanted.split_once('/') {
        let wrong =
            || ConfigError::malformed("the interface (`SHARD_INTERFACE`)", wanted, INTERFACE_EXPECTED);
        let network: IpAddr = network.parse().map_err(|_| wrong())?;
        let length: u32 = length.parse().map_err(|_| wrong())?;
        if length > if network.is_ipv4() { 32 } else { 128 } {
            return Err(wrong());
        }
        best(interfaces.iter().filter(|interface| is_within(interface.address, network, length)), bound)
    } else {
        best(interfaces.iter().filter(|interface| interface.name == wanted), bound)
    };
    found.ok_or_else(|| ConfigError::NoInterface {
        wanted: wanted.to_owned(),
        available: interfaces
            .iter()
            .map(|interface| format!("{} {}", interface.name, interface.address))
            .collect::<Vec<_>>()
            .join(", "),
    })
}

/// The first address that a socket bound to `bound` can be reached by, IPv4 before IPv6.
pub(super) fn best<'a>(
    candidates: impl Iterator<Item = &'a Interface>,
    bound: Option<IpAddr>,
) -> Option<IpAddr> {
    candidates
        .map(|interface| interface.address)
        // Without the interface, which no address in text carries from one machine to another, it leads nowhere.
        .filter(|address| !matches!(address, IpAddr::V6(ip) if ip.is_unicast_link_local()))
        // `0.0.0.0` takes IPv4 only; `[::]` takes both.
        .filter(|address| address.is_ipv4() || !bound.is_some_and(|bound| bound.is_ipv4()))
        .min_by_key(IpAddr::is_ipv6)
}

fn is_within(address: IpAddr, network: IpAddr, length: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let difference = address.to_bits() ^ network.to_bits();
            difference.leading_zeros() >= length
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let difference = address.to_bits() ^ network.to_bits();
            difference.leading_zeros() >= length
        }
        _ => false,
    }
}
