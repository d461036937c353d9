//! Which engine a node uses, as people write it.

use std::fmt;
use std::str::FromStr;

use super::dns::Dns;
use super::engine::Engine;
use super::error::DiscoveryError;
use super::list::List;
use crate::transport::{host_and_port, is_dialable, joined};

/// How the known engines are written.
const KNOWN: &str = "`single`, `fixed://host:port,host:port`, `gossip://host:port,host:port`, `dns://name:port` and \
                     `mdns`";
const LIST_EXPECTED: &str =
    "`host:port`, and commas between several, such as `10.0.0.5:7400,game-1.example:7400`";
const NAME_EXPECTED: &str = "a name and the port that all nodes listen on, such as `game.default.svc:7400`";

/// How a node finds the others, given to [`NodeBuilder::discovery`](crate::NodeBuilder::discovery) or written as
/// `SHARD_DISCOVERY`.
///
/// It only finds addresses. Whoever is there proves the cluster's secret before it is taken in, and a node that is no
/// longer found stays a member for as long as it answers.
///
/// | here | written | finds |
/// |---|---|---|
/// | [`single`](Self::single) | `single` | nobody: a cluster of one, until others come |
/// | [`fixed`](Self::fixed) | `fixed://a:7400,b:7400` | all nodes of a list |
/// | [`gossip`](Self::gossip) | `gossip://a:7400,b:7400` | all nodes, by way of any one of the list |
/// | [`dns`](Self::dns) | `dns://name:7400` | the nodes that a name stands for |
/// | [`mdns`](Self::mdns) | `mdns` | the nodes on the local network; with the feature `mdns` |
///
/// # Example
///
/// ```
/// use shard_runtime::Discovery;
///
/// let seeds: Discovery = "gossip://10.0.0.5:7400,10.0.0.6:7400".parse()?;
/// assert_eq!(seeds, Discovery::gossip(["10.0.0.5:7400", "10.0.0.6:7400"]));
/// let error = "zookeper://10.0.0.5".parse::<Discovery>().unwrap_err();
/// assert!(error.to_string().contains("known are `single`"));
/// # Ok::<(), shard_runtime::DiscoveryError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Single,
    Fixed(Vec<String>),
    Gossip(Vec<String>),
    Dns { name: String, port: u16 },
    Mdns,
}

/// How many of the addresses that were found first have to be heard of before a node is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Enough {
    /// Each was reached, or tried once.
    All,
    /// One has answered; or each was tried once.
    One,
}

impl Discovery {
    /// Nobody is looked for.
    pub fn single() -> Self {
        Self(Kind::Single)
    }

    /// These addresses, as `host:port`; one's own may be among them. Every one is tried before the node is ready, and
    /// those where nobody is are tried again for as long as the node lives.
    pub fn fixed<A: Into<String>>(addresses: impl IntoIterator<Item = A>) -> Self {
        Self(Kind::Fixed(addresses.into_iter().map(Into::into).collect()))
    }

    /// Any one of these addresses, as `host:port`, tells of all the others; one's own may be among them. The node is
    /// ready when one has answered, or when each was tried.
    pub fn gossip<A: Into<String>>(seeds: impl IntoIterator<Item = A>) -> Self {
        Self(Kind::Gossip(seeds.into_iter().map(Into::into).collect()))
    }

    /// The addresses (A and AAAA records) that a name stands for, such as that of a headless service; all nodes listen
    /// on `port`. The name is looked up again every 5 s.
    pub fn dns(name: impl Into<String>, port: u16) -> Self {
        Self(Kind::Dns { name: name.into(), port })
    }

    /// Nodes of the same cluster's name on the local network, or on the same machine, by multicast DNS (RFC 6762). Needs
    /// the feature `mdns`.
    pub fn mdns() -> Self {
        Self(Kind::Mdns)
    }

    /// Whether it can be used in this program.
    pub(crate) fn check(&self) -> Result<(), DiscoveryError> {
        let malformed = |found: &str, expected| {
            Err(DiscoveryError::Malformed { found: found.chars().take(300).collect(), expected })
        };
        match &self.0 {
            Kind::Single => Ok(()),
            Kind::Fixed(addresses) | Kind::Gossip(addresses) => {
                match addresses.iter().find(|address| !is_dialable(address)) {
                    Some(wrong) => malformed(wrong, LIST_EXPECTED),
                    None => Ok(()),
                }
            }
            Kind::Dns { name, port } => {
                let whole = joined(name, *port);
                if is_dialable(&whole) { Ok(()) } else { malformed(&whole, NAME_EXPECTED) }
            }
            Kind::Mdns if cfg!(feature = "mdns") => Ok(()),
            Kind::Mdns => Err(DiscoveryError::FeatureMissing { engine: "mdns", feature: "mdns" }),
        }
    }

    /// The addresses that need not be looked for, if there is nothing else to find.
    pub(crate) fn listed(&self) -> Option<&[String]> {
        match &self.0 {
            Kind::Single => Some(&[]),
            Kind::Fixed(addresses) | Kind::Gossip(addresses) => Some(addresses),
            Kind::Dns { .. } | Kind::Mdns => None,
        }
    }

    pub(crate) fn enough(&self) -> Enough {
        match &self.0 {
            Kind::Single | Kind::Fixed(_) => Enough::All,
            Kind::Gossip(_) | Kind::Dns { .. } | Kind::Mdns => Enough::One,
        }
    }

    /// The engine, not yet running.
    pub(crate) fn engine(&self) -> Result<Box<dyn Engine>, DiscoveryError> {
        self.check()?;
        match &self.0 {
            Kind::Single => Ok(Box::new(List(Vec::new()))),
            Kind::Fixed(addresses) | Kind::Gossip(addresses) => Ok(Box::new(List(addresses.clone()))),
            Kind::Dns { name, port } => Ok(Box::new(Dns::new(name.clone(), *port))),
            #[cfg(feature = "mdns")]
            Kind::Mdns => Ok(Box::new(super::mdns::Mdns)),
            #[cfg(not(feature = "mdns"))]
            Kind::Mdns => Err(DiscoveryError::FeatureMissing { engine: "mdns", feature: "mdns" }),
        }
    }
}

impl FromStr for Discovery {
    type Err = DiscoveryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (engine, rest) =
            text.split_once("://").map_or((text, None), |(engine, rest)| (engine, Some(rest)));
        let malformed = |expected| DiscoveryError::Malformed { found: text.to_owned(), expected };
        let list = |rest: Option<&str>| {
            let items = rest.unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty());
            let items: Vec<String> = items.map(str::to_owned).collect();
            // An empty list is a variable that was not filled in, and not somebody's wish.
            if items.is_empty() { Err(malformed(LIST_EXPECTED)) } else { Ok(items) }
        };
        let kind = match (engine, rest) {
            ("single", None | Some("")) => Kind::Single,
            ("mdns", None | Some("")) => Kind::Mdns,
            ("fixed", rest) => Kind::Fixed(list(rest)?),
            ("gossip", rest) => Kind::Gossip(list(rest)?),
            ("dns", rest) => match host_and_port(rest.unwrap_or_default()) {
                Some((name, Some(port))) => Kind::Dns { name: name.to_owned(), port },
                _ => return Err(malformed(NAME_EXPECTED)),
            },
            _ => {
                let found = text.chars().take(300).collect();
                return Err(DiscoveryError::UnknownEngine { found, known: KNOWN.to_owned() });
            }
        };
        let discovery = Self(kind);
        discovery.check()?;
        Ok(discovery)
    }
}

/// As it is written in a setting.
impl fmt::Display for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Single => f.write_str("single"),
            Kind::Fixed(addresses) => write!(f, "fixed://{}", addresses.join(",")),
            Kind::Gossip(seeds) => write!(f, "gossip://{}", seeds.join(",")),
            Kind::Dns { name, port } => write!(f, "dns://{}", joined(name, *port)),
            Kind::Mdns => f.write_str("mdns"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Discovery, DiscoveryError> {
        text.parse()
    }

    #[test]
    fn what_is_written_is_what_is_said_in_code() {
        for (text, code) in [
            ("single", Discovery::single()),
            ("fixed://a:1,b:2", Discovery::fixed(["a:1", "b:2"])),
            ("gossip://[::1]:7400", Discovery::gossip(["[::1]:7400"])),
            ("dns://game.default.svc:7400", Discovery::dns("game.default.svc", 7400)),
        ] {
            assert_eq!(parsed(text).unwrap(), code);
            assert_eq!(code.to_string(), text);
        }
        assert_eq!(parsed(" fixed://a:1, b:2,, ").unwrap(), Discovery::fixed(["a:1", "b:2"]));
    }

    #[test]
    fn m68_an_unknown_engine_is_refused_with_the_known_ones() {
        for text in ["", "a:1", "fixd://a:1", "single://a:1", "mdns://a", "Fixed://a:1", "etcd://a:1"] {
            let error = parsed(text).unwrap_err().to_string();
            for known in ["`single`", "`fixed://", "`gossip://", "`dns://", "`mdns`"] {
                assert!(error.contains(known), "{text}: {error}");
            }
        }
    }

    #[test]
    fn m68_what_is_no_address_is_named_with_what_was_expected() {
        for text in ["fixed://a", "fixed://a:1,b", "gossip://a:0", "fixed://http://a:1", "gossip://", "fixed"]
        {
            let error = parsed(text).unwrap_err();
            assert!(matches!(error, DiscoveryError::Malformed { .. }), "{text}: {error}");
            assert!(error.to_string().contains("`host:port`"), "{error}");
        }
        for text in ["dns", "dns://", "dns://name", "dns://name:0", "dns://:1", "dns://a:1,b:2"] {
            let error = parsed(text).unwrap_err();
            assert!(error.to_string().contains("a name and the port"), "{text}: {error}");
        }
        assert!(Discovery::fixed(["a"]).check().is_err());
        assert!(Discovery::dns("two words", 1).check().is_err());
    }

    #[test]
    fn m68_without_its_feature_an_engine_says_which_one_it_needs() {
        if cfg!(feature = "mdns") {
            assert_eq!(parsed("mdns").unwrap(), Discovery::mdns());
        } else {
            let error = parsed("mdns").unwrap_err().to_string();
            assert!(error.contains("feature `mdns`"), "{error}");
            assert!(Discovery::mdns().engine().is_err());
        }
    }
}
