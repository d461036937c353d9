//! Why a node does not want a link, in words that the other side's operator can use.

use std::fmt;

use crate::wire::cursor::{Malformed, Reader, Write};

const MAX_TEXT: u16 = 512;

/// What to do when one node speaks TLS and another does not.
pub(crate) const ALL_OR_NONE: &str = "give certificates (`SHARD_TLS_CA`, `SHARD_TLS_CERT`, `SHARD_TLS_KEY`) to every node \
                                      of the cluster, or to none";

/// A link was refused: a code for the program and a text for people.
///
/// It comes without a proof, so it is a hint: see the module's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: RefusalCode,
    pub(crate) text: String,
}

/// What kind of reason it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub(crate) enum RefusalCode {
    /// The bytes are not a handshake; or a code that we do not know.
    Protocol,
    WireVersion,
    RoutingVersion,
    Cluster,
    /// No secret in common, or a wrong proof.
    Secret,
    /// A living node has this name.
    NameTaken,
    /// There is a link between the two already.
    Duplicate,
    /// A node dialled itself.
    SelfDial,
    Overloaded,
    /// One side speaks TLS and the other does not, or a certificate is not one of a node.
    Tls,
}

impl RefusalCode {
    const ALL: [Self; 10] = [
        Self::Protocol,
        Self::WireVersion,
        Self::RoutingVersion,
        Self::Cluster,
        Self::Secret,
        Self::NameTaken,
        Self::Duplicate,
        Self::SelfDial,
        Self::Overloaded,
        Self::Tls,
    ];

    fn to_wire(self) -> u8 {
        match self {
            Self::Protocol => 0,
            Self::WireVersion => 1,
            Self::RoutingVersion => 2,
            Self::Cluster => 3,
            Self::Secret => 4,
            Self::NameTaken => 5,
            Self::Duplicate => 6,
            Self::SelfDial => 7,
            Self::Overloaded => 8,
            Self::Tls => 9,
        }
    }

    fn from_wire(byte: u8) -> Self {
        Self::ALL.into_iter().find(|code| code.to_wire() == byte).unwrap_or(Self::Protocol)
    }
}

impl Refusal {
    /// The text loses its control characters, and its end beyond 512 bytes.
    pub(crate) fn new(code: RefusalCode, text: impl AsRef<str>) -> Self {
        Self { code, text: clean(text.as_ref()) }
    }

    /// The body of a Refuse frame: code (u8), length (u16), text. This layout never changes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let text = clean(&self.text);
        let mut out = Vec::new();
        out.u8(self.code.to_wire());
        // The text has been cut to a length that always fits.
        let _ = out.short(text.as_bytes());
        out
    }

    /// Reads a Refuse frame's body. A code from a later version becomes [`RefusalCode::Protocol`].
    pub(crate) fn decode(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        let code = RefusalCode::from_wire(reader.u8()?);
        let text = reader.text(MAX_TEXT)?;
        reader.finish()?;
        Ok(Self::new(code, text))
    }

    pub(super) fn malformed(message: &str) -> Self {
        Self::new(RefusalCode::Protocol, format!("the {message} is malformed"))
    }

    pub(super) fn wire_version(theirs: u16, ours: u16) -> Self {
        let text = format!("the other side speaks wire version {theirs}, this node speaks {ours}");
        Self::new(RefusalCode::WireVersion, text)
    }

    pub(super) fn routing_version(theirs: u16, ours: u16) -> Self {
        let text = format!("the other side has routing version {theirs}, this node has {ours}");
        Self::new(RefusalCode::RoutingVersion, text)
    }

    pub(super) fn cluster(theirs: &str, node: &str, ours: &str) -> Self {
        let text = format!("cluster {theirs:?} was asked for, and node {node:?} is in cluster {ours:?}");
        Self::new(RefusalCode::Cluster, text)
    }

    pub(super) fn no_common_secret(theirs: &str, ours: &str) -> Self {
        let text = format!("node {theirs:?} and node {ours:?} have no cluster secret in common");
        Self::new(RefusalCode::Secret, text)
    }

    pub(super) fn wrong_proof() -> Self {
        Self::new(RefusalCode::Secret, "the proof of the cluster secret is wrong")
    }

    pub(super) fn self_dial(node: &str) -> Self {
        Self::new(RefusalCode::SelfDial, format!("node {node:?} dialled itself"))
    }

    /// For the caller, who knows whether the other boot of that name answers.
    pub(crate) fn name_taken(node: &str, address: &str) -> Self {
        let text = format!("the name {node:?} belongs to a living node at {address:?}");
        Self::new(RefusalCode::NameTaken, text)
    }

    /// For the caller, who hears how it is spoken to.
    #[cfg(feature = "tls")]
    pub(crate) fn plain() -> Self {
        Self::one_sided("the node that was dialled speaks TLS, and the one that dialled does not")
    }

    /// For the caller, who hears how it is spoken to.
    pub(crate) fn tls() -> Self {
        Self::one_sided("the node that dialled speaks TLS, and the one that was dialled does not")
    }

    /// For the caller, who hears how it is spoken to; `text` says it.
    pub(crate) fn one_sided(text: &str) -> Self {
        Self::new(RefusalCode::Tls, format!("{text}: {ALL_OR_NONE}"))
    }

    /// For the caller, who knows the other links.
    pub(crate) fn duplicate(node: &str) -> Self {
        Self::new(RefusalCode::Duplicate, format!("there is a link with node {node:?} already"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Anybody can send a text to be logged: without what breaks lines, colours a terminal or turns the
/// direction of writing.
fn clean(text: &str) -> String {
    let unsafe_to_show = |c: &char| {
        c.is_control()
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    let mut clean = String::new();
    for c in text.chars().filter(|c| !unsafe_to_show(c)) {
        if clean.len().saturating_add(c.len_utf8()) > usize::from(MAX_TEXT) {
            break;
        }
        clean.push(c);
    }
    clean
}
