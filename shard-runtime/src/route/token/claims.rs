//! What a token says.

use std::time::Duration;

use crate::route::key::Key;

/// How long a token lives when nobody says otherwise.
pub(crate) const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);

/// The longest a token may live. A verifier refuses one that claims more, whoever signed it.
pub(crate) const MAX_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// How far two nodes' clocks may be apart.
pub(super) const TOLERANCE: Duration = Duration::from_secs(30);

/// What a token says, to be signed or after its MAC was found right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claims<'a> {
    /// The digest of the module's name ([`module_digest`](crate::route::hash::module_digest)).
    pub(crate) module: u64,
    /// The digest of the node's name ([`node_digest`](crate::route::hash::node_digest)).
    pub(crate) node: u64,
    /// The only boot of that node that may run the calls.
    pub(crate) boot: u64,
    /// Seconds since 1970. No token outlives [`MAX_LIFETIME`], whatever is asked for here.
    pub(crate) expiry: u64,
    pub(crate) key: Key,
    /// Who alone may use it; anybody who holds it if `None`.
    pub(crate) subject: Option<&'a str>,
    /// Whether the shard follows its key rather than a boot; node and boot are then zero.
    pub(crate) keyed: bool,
}

/// The expiry of a token that is made `now` (seconds since 1970), at most 24 h ahead. The lifetime is
/// cut to whole seconds.
pub(crate) fn expiry_after(now: u64, lifetime: Duration) -> u64 {
    now.saturating_add(lifetime.min(MAX_LIFETIME).as_secs())
}
