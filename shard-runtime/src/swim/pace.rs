//! How often and how long.

use std::num::{NonZeroU8, NonZeroUsize};
use std::time::Duration;

use foca::{Config, PeriodicParams};

use super::seal::MAX_BODY;

/// Each update rides on this many packets of every node that has heard of it: with three packets a round it takes
/// three to four rounds, and that all ten are lost at 10 % loss has a chance of one in 10^10.
const TRANSMISSIONS: NonZeroU8 = NonZeroU8::MIN.saturating_add(9);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How often members are probed, and how long anything is waited for. The default is what the guide promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// How often one member is probed, in turns.
    pub(crate) probe: Duration,
    /// How long its answer is waited for before others are asked to probe it. Less than `probe`.
    pub(crate) ack: Duration,
    /// How many others are asked.
    pub(crate) helpers: NonZeroUsize,
    /// How long a suspected member has to speak up, in a cluster of up to ten; as much again for each factor of ten.
    pub(crate) suspicion: Duration,
    /// How often news are passed on.
    pub(crate) spread: Duration,
    /// To how many members at a time.
    pub(crate) spread_to: NonZeroUsize,
    /// How often a few members, and a few of those that are down, are asked for all that they know.
    pub(crate) announce: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let three = NonZeroUsize::MIN.saturating_add(2);
        Self {
            probe: Duration::from_secs(1),
            ack: Duration::from_millis(500),
            helpers: three,
            suspicion: Duration::from_secs(4),
            spread: Duration::from_millis(200),
            spread_to: three,
            announce: Duration::from_secs(2),
        }
    }
}

impl Pace {
    /// How long a suspected member has in a cluster of that many.
    pub(super) fn suspicion_among(&self, members: usize) -> Duration {
        let members = u32::try_from(members).unwrap_or(u32::MAX);
        self.suspicion.mul_f64(f64::from(members).log10().max(1.0))
    }

    pub(super) fn config(&self, members: usize) -> Config {
        let every = |frequency, num_members| Some(PeriodicParams { frequency, num_members });
        Config {
            probe_period: self.probe,
            probe_rtt: self.ack,
            num_indirect_probes: self.helpers,
            max_transmissions: TRANSMISSIONS,
            suspect_to_down_after: self.suspicion_among(members),
            remove_down_after: Some(DAY),
            max_packet_size: MAX_BODY,
            notify_down_members: true,
            periodic_announce: every(self.announce, NonZeroUsize::MIN),
            periodic_announce_to_down_members: every(self.announce, self.spread_to),
            periodic_gossip: every(self.spread, self.spread_to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspicion_grows_with_the_logarithm() {
        let pace = Pace::default();
        let millis = |members| pace.suspicion_among(members).as_millis();
        assert_eq!([0, 1, 10, 100, 1000].map(millis), [4000, 4000, 4000, 8000, 12_000]);
        assert_eq!(millis(50), 6795);
    }
}
