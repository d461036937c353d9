//! The settings of a node, complete and in range.

use std::time::Duration;

use super::error::ConfigError;
use super::quantity::SIZE_EXPECTED;
use super::secret_text::SecretText;
use crate::discovery::Discovery;
use crate::membership::{MAX_ROLE, MAX_ROLES, is_role};
#[cfg(feature = "tls")]
use crate::transport::Tls;

const CALL_DEADLINE_RANGE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(60));
/// "Up to hours"; a bound at all keeps every sum of times far from overflow.
const LONGEST_DRAIN: Duration = Duration::from_secs(24 * 3600);
/// The largest message that a node can be set to take.
pub(crate) const LARGEST_MESSAGE: usize = 16 << 20;
/// Names travel in every handshake and view.
const LONGEST_NAME: usize = 128;
const NAME_EXPECTED: &str = "a name of 1 to 128 bytes without spaces or control characters";

const ROLES: &str = "the node's roles (`SHARD_ROLES`)";
const ROLES_EXPECTED: &str =
    "at most 64 roles of 1 to 64 bytes without spaces or control characters, such as `match`";

/// What one source says; `None` where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overlay {
    pub(crate) name: Option<String>,
    pub(crate) listen: Option<String>,
    pub(crate) advertise: Option<String>,
    pub(crate) interface: Option<String>,
    pub(crate) peers: Option<Vec<String>>,
    pub(crate) discovery: Option<Discovery>,
    pub(crate) roles: Option<Vec<String>>,
    pub(crate) secret: Option<SecretText>,
    pub(crate) previous_secret: Option<SecretText>,
    pub(crate) call_deadline: Option<Duration>,
    pub(crate) drain_deadline: Option<Duration>,
    pub(crate) message_limit: Option<usize>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
}

/// Everything that a node needs to know. The defaults are those of the guide's table of limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The cluster's name: nodes of another one are none of ours.
    pub(crate) cluster: String,
    /// The node's name, if it was given one.
    pub(crate) name: Option<String>,
    /// Where to listen, if that was said: `host:port`.
    pub(crate) listen: Option<String>,
    /// What other nodes are told, if that was said: a host, or `host:port`.
    pub(crate) advertise: Option<String>,
    /// The network to use, if that was said: an interface's name, a subnet or an address.
    pub(crate) interface: Option<String>,
    /// How other nodes are found.
    pub(crate) discovery: Discovery,
    /// What this node may host, of that which not every node may; sorted, each once.
    pub(crate) roles: Vec<String>,
    /// The text of the cluster's secret, and of the one before it while it is being changed.
    pub(crate) secret: Option<SecretText>,
    pub(crate) previous_secret: Option<SecretText>,
    /// For calls that name none; 1 ms to 60 s.
    pub(crate) call_deadline: Duration,
    pub(crate) drain_deadline: Duration,
    /// Bytes in one message, 1 to 16 MiB.
    pub(crate) message_limit: usize,
    /// The certificates by which nodes know each other, if they do.
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
    pub(crate) connect_timeout: Duration,
    pub(crate) handshake_timeout: Duration,
    /// Silence on a link after which to ping, and after which the peer counts as dead.
    pub(crate) ping_after: Duration,
    pub(crate) dead_after: Duration,
    pub(crate) in_flight_per_peer: usize,
    /// Bytes that wait to be written to one peer before new calls are refused.
    pub(crate) outbox_bytes: usize,
    /// Handlers at work at once on this node.
    pub(crate) running: usize,
    /// The first and the longest pause between attempts to reach a peer.
    pub(crate) reconnect_from: Duration,
    pub(crate) reconnect_to: Duration,
}

impl Overlay {
    /// What `self` says, and where it says nothing what `below` says.
    pub(crate) fn over(self, below: Self) -> Self {
        // Two ways to say one thing: whoever says it in one way has said it.
        let found = self.peers.is_some() || self.discovery.is_some();
        let (peers, discovery) =
            if found { (self.peers, self.discovery) } else { (below.peers, below.discovery) };
        Self {
            peers,
            discovery,
            name: self.name.or(below.name),
            listen: self.listen.or(below.listen),
            advertise: self.advertise.or(below.advertise),
            interface: self.interface.or(below.interface),
            roles: self.roles.or(below.roles),
            secret: self.secret.or(below.secret),
            previous_secret: self.previous_secret.or(below.previous_secret),
            call_deadline: self.call_deadline.or(below.call_deadline),
            drain_deadline: self.drain_deadline.or(below.drain_deadline),
            message_limit: self.message_limit.or(below.message_limit),
            #[cfg(feature = "tls")]
            tls: self.tls.or(below.tls),
        }
    }

    /// How other nodes are found, if it is said.
    fn discovery(&self) -> Result<Option<Discovery>, ConfigError> {
        let discovery = match (&self.peers, &self.discovery) {
            (Some(_), Some(discovery)) => {
                return Err(ConfigError::PeersAndDiscovery { discovery: discovery.to_string() });
            }
            (Some(peers), None) => Some(Discovery::fixed(peers)),
            (None, discovery) => discovery.clone(),
        };
        if let Some(discovery) = &discovery {
            discovery.check()?;
        }
        Ok(discovery)
    }
}

impl Settings {
    /// The settings of a node of `cluster`: what the code says beats the environment, which beats the defaults.
    ///
    /// Deadlines out of range are brought into it, as calls' own are.
    ///
    /// # Errors
    ///
    /// `Malformed` for names and roles that are empty, too long or have spaces in them, for too many roles, and for a
    /// message limit out of range; `Discovery` for addresses that are none; `PeersAndDiscovery`.
    pub(crate) fn new(cluster: &str, code: Overlay, environment: Overlay) -> Result<Self, ConfigError> {
        // Also where the code has the say: who wrote it is wrong about something.
        environment.discovery()?;
        let given = code.over(environment);
        check_name("the cluster's name", cluster)?;
        if let Some(name) = &given.name {
            check_name("the node's name", name)?;
        }
        let discovery = given.discovery()?.unwrap_or_else(Discovery::single);
        let message_limit = given.message_limit.unwrap_or(1 << 20);
        if !(1..=LARGEST_MESSAGE).contains(&message_limit) {
            return Err(ConfigError::Malformed {
                setting: "the message limit",
                value: message_limit.to_string(),
                expected: SIZE_EXPECTED,
            });
        }
        let (least, most) = CALL_DEADLINE_RANGE;
        Ok(Self {
            cluster: cluster.to_owned(),
            name: given.name,
            listen: given.listen,
            advertise: given.advertise,
            interface: given.interface,
            discovery,
            roles: checked_roles(given.roles.unwrap_or_default())?,
            secret: given.secret,
            previous_secret: given.previous_secret,
            call_deadline: given.call_deadline.unwrap_or(Duration::from_secs(5)).clamp(least, most),
            drain_deadline: given.drain_deadline.unwrap_or(Duration::from_secs(10)).min(LONGEST_DRAIN),
            message_limit,
            #[cfg(feature = "tls")]
            tls: given.tls,
            connect_timeout: Duration::from_secs(3),
            handshake_timeout: Duration::from_secs(3),
            ping_after: Duration::from_secs(1),
            dead_after: Duration::from_secs(3),
            in_flight_per_peer: 1_024,
            outbox_bytes: 16 << 20,
            running: 10_000,
            reconnect_from: Duration::from_millis(500),
            reconnect_to: Duration::from_secs(5),
        })
    }
}

fn check_name(setting: &'static str, name: &str) -> Result<(), ConfigError> {
    let length = 1..=LONGEST_NAME;
    if length.contains(&name.len())
        && !name.contains(|letter: char| letter.is_whitespace() || letter.is_control())
    {
        return Ok(());
    }
    Err(ConfigError::Malformed {
        setting,
        value: name.chars().take(LONGEST_NAME).collect(),
        expected: NAME_EXPECTED,
    })
}

/// Sorted, each once, as members tell them.
fn checked_roles(mut roles: Vec<String>) -> Result<Vec<String>, ConfigError> {
    roles.sort_unstable();
    roles.dedup();
    let wrong = match roles.iter().find(|role| !is_role(role)) {
        Some(role) => role.chars().take(MAX_ROLE).collect(),
        None if roles.len() > MAX_ROLES => format!("{} roles", roles.len()),
        None => return Ok(roles),
    };
    Err(ConfigError::Malformed { setting: ROLES, value: wrong, expected: ROLES_EXPECTED })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(code: Overlay) -> Result<Settings, ConfigError> {
        Settings::new("game", code, Overlay::default())
    }

    #[test]
    fn m78_code_beats_the_environment_which_beats_the_defaults() {
        let code = Overlay { name: Some("from-code".into()), ..Overlay::default() };
        let environment = Overlay {
            name: Some("from-environment".into()),
            call_deadline: Some(Duration::from_secs(7)),
            peers: Some(vec!["b:1".into()]),
            ..Overlay::default()
        };
        let settings = Settings::new("game", code, environment).unwrap();
        assert_eq!(settings.name.as_deref(), Some("from-code"));
        assert_eq!(settings.call_deadline, Duration::from_secs(7));
        assert_eq!(settings.discovery, Discovery::fixed(["b:1"]));
        assert_eq!(settings.drain_deadline, Duration::from_secs(10));
        assert_eq!(settings.message_limit, 1 << 20);
    }

    #[test]
    fn m68_without_any_configuration_there_is_a_cluster_of_one() {
        let settings = settings(Overlay::default()).unwrap();
        assert_eq!(settings.cluster, "game");
        assert_eq!(settings.discovery, Discovery::single());
        assert_eq!(settings.listen, None);
    }

    fn peers() -> Overlay {
        Overlay { peers: Some(vec!["a:1".to_owned()]), ..Overlay::default() }
    }

    fn gossip(seed: &str) -> Overlay {
        Overlay { discovery: Some(Discovery::gossip([seed])), ..Overlay::default() }
    }

    #[test]
    fn m78_peers_and_discovery_are_one_setting() {
        let chosen = |code, environment| Settings::new("game", code, environment).unwrap().discovery;
        assert_eq!(chosen(peers(), Overlay::default()), Discovery::fixed(["a:1"]));
        assert_eq!(chosen(peers(), gossip("b:1")), Discovery::fixed(["a:1"]));
        assert_eq!(chosen(gossip("b:1"), peers()), Discovery::gossip(["b:1"]));
        assert_eq!(chosen(Overlay::default(), gossip("b:1")), Discovery::gossip(["b:1"]));
    }

    #[test]
    fn m68_peers_beside_discovery_are_refused() {
        let both = || Overlay { peers: peers().peers, ..gossip("b:1") };
        for (code, environment) in [(both(), Overlay::default()), (gossip("b:1"), both())] {
            let error = Settings::new("game", code, environment).unwrap_err().to_string();
            for part in ["SHARD_PEERS", "SHARD_DISCOVERY", "gossip://b:1"] {
                assert!(error.contains(part), "{error}");
            }
        }
    }

    #[test]
    fn m68_addresses_that_are_none_are_refused() {
        for wrong in ["b", "b:0", "http://b:1", ""] {
            let error = settings(gossip(wrong)).unwrap_err().whole();
            assert!(error.contains("expected `host:port`"), "{error}");
            let overlay =
                Overlay { peers: Some(vec!["a:1".to_owned(), wrong.to_owned()]), ..Overlay::default() };
            assert!(settings(overlay).is_err());
        }
    }

    #[test]
    fn deadlines_are_brought_into_their_range() {
        for (given, used) in [(0, 1), (1, 1), (60_000, 60_000), (61_000, 60_000), (u64::MAX, 60_000)] {
            let call_deadline = Some(Duration::from_millis(given));
            let settings = settings(Overlay { call_deadline, ..Overlay::default() }).unwrap();
            assert_eq!(settings.call_deadline, Duration::from_millis(used));
        }
        let overlay = Overlay { drain_deadline: Some(Duration::MAX), ..Overlay::default() };
        assert_eq!(settings(overlay).unwrap().drain_deadline, LONGEST_DRAIN);
    }

    #[test]
    fn m68_a_message_limit_out_of_range_is_refused() {
        for (limit, right) in [(0, false), (1, true), (16 << 20, true), ((16 << 20) + 1, false)] {
            let overlay = Overlay { message_limit: Some(limit), ..Overlay::default() };
            assert_eq!(settings(overlay).is_ok(), right, "{limit}");
        }
    }

    #[test]
    fn m68_names_that_are_none_are_refused() {
        for wrong in ["", "two words", "line\n", &"x".repeat(129)] {
            assert!(Settings::new(wrong, Overlay::default(), Overlay::default()).is_err());
            let overlay = Overlay { name: Some(wrong.to_owned()), ..Overlay::default() };
            assert!(settings(overlay).is_err());
        }
    }

    #[test]
    fn roles_are_sorted_and_counted() {
        let settings = |roles: Vec<String>| settings(Overlay { roles: Some(roles), ..Overlay::default() });
        let roles = ["match", "lobby", "match"].map(str::to_owned).to_vec();
        assert_eq!(settings(roles).unwrap().roles, ["lobby", "match"]);
        let many = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(settings(many(64)).unwrap().roles.len(), 64);
        assert!(settings(vec!["r".repeat(64)]).is_ok());
        for wrong in [
            many(65),
            vec!["r".repeat(65)],
            vec![String::new()],
            vec!["two words".into()],
            vec!["a\n".into()],
        ] {
            let error = settings(wrong).unwrap_err().to_string();
            assert!(error.contains("`SHARD_ROLES`") && error.contains("`match`"), "{error}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let overlay = Overlay { secret: Some(SecretText::new("hush")), ..Overlay::default() };
        assert!(!format!("{overlay:?} {:?}", settings(overlay.clone()).unwrap()).contains("hush"));
    }
}
