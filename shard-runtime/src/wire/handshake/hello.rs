//! What a node says of itself.

use super::refusal::{Refusal, RefusalCode};
use crate::wire::cursor::{Malformed, Reader, Write};
use crate::wire::frame::{MAGIC, WIRE_VERSION};

const MAX_CLUSTER: u16 = 128;
const MAX_NODE: u16 = 128;
const MAX_ADDRESS: u16 = 256;
const MAX_VERSION: u16 = 64;
const MAX_KEYS: u8 = 8;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    Calls,
    Liveness,
}

impl Purpose {
    fn to_wire(self) -> u8 {
        match self {
            Self::Calls => 0,
            Self::Liveness => 1,
        }
    }

    fn from_wire(byte: u8) -> Result<Self, Malformed> {
        [Self::Calls, Self::Liveness].into_iter().find(|it| it.to_wire() == byte).ok_or(Malformed)
    }
}

/// The first message of either side.
///
/// ```text
/// "SHRD"  wire version u16  routing version u16  purpose u8  boot u64  nonce 32
/// cluster, node, address, version: each u16 length and text
/// keys: u8 count, u32 each. The initiator's are on offer; the responder's is the one that it chose
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hello {
    pub(super) routing_version: u16,
    pub(super) cluster: String,
    pub(super) nonce: [u8; 32],
    pub(super) keys: Vec<u32>,
    pub(super) peer: PeerHello,
}

/// The node on the other side of a link, once it has proved that it knows the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PeerHello {
    /// Its name, neither empty nor with control characters; the caller validates it as a node name,
    /// and compares it with the one that it dialled.
    pub(crate) node: String,
    pub(crate) boot: u64,
    /// Where it can be dialled, or empty.
    pub(crate) address: String,
    /// The version of its application, or empty.
    pub(crate) version: String,
    /// What the link is for, as its initiator said.
    pub(crate) purpose: Purpose,
}

impl Hello {
    /// Fails when a text is longer than its bound, as [`decode`](Self::decode) would.
    pub(super) fn encode(&self) -> Result<Vec<u8>, Malformed> {
        let PeerHello { node, boot, address, version, purpose } = &self.peer;
        let mut out = Vec::new();
        out.put(&MAGIC);
        Write::u16(&mut out, WIRE_VERSION);
        Write::u16(&mut out, self.routing_version);
        out.u8(purpose.to_wire());
        out.u64(*boot);
        out.put(&self.nonce);
        let texts = [&self.cluster, node, address, version].into_iter().zip(bounds());
        for (text, (least, most)) in texts {
            check(text, least, most)?;
            out.short(text.as_bytes())?;
        }
        out.u8(u8::try_from(self.keys.len()).ok().filter(|count| *count <= MAX_KEYS).ok_or(Malformed)?);
        self.keys.iter().for_each(|key| out.u32(*key));
        Ok(out)
    }

    /// Takes a Hello off the front. The refusal says plainly what is wrong with it.
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, Refusal> {
        let magic = reader.array::<4>();
        if magic != Ok(MAGIC) {
            return Err(Refusal::new(
                RefusalCode::Protocol,
                "this is a node of `shard`, and was not spoken to as one",
            ));
        }
        match reader.u16() {
            Ok(WIRE_VERSION) => Self::decode_rest(reader).map_err(|Malformed| Refusal::malformed("hello")),
            Ok(theirs) => Err(Refusal::wire_version(theirs, WIRE_VERSION)),
            Err(Malformed) => Err(Refusal::malformed("hello")),
        }
    }

    fn decode_rest(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let routing_version = reader.u16()?;
        let purpose = Purpose::from_wire(reader.u8()?)?;
        let boot = reader.u64()?;
        let nonce = reader.array()?;
        let [cluster, node, address, version] = bounds().map(|(least, most)| {
            let text = reader.text(most)?;
            check(text, least, most)?;
            Ok(text.to_owned())
        });
        let count = reader.u8()?;
        if count > MAX_KEYS {
            return Err(Malformed);
        }
        let keys = (0..count).map(|_| reader.u32()).collect::<Result<_, _>>()?;
        let peer = PeerHello { node: node?, boot, address: address?, version: version?, purpose };
        Ok(Self { routing_version, cluster: cluster?, nonce, keys, peer })
    }
}

/// The fewest and the most bytes of cluster, node, address and version.
fn bounds() -> [(u16, u16); 4] {
    [(1, MAX_CLUSTER), (1, MAX_NODE), (0, MAX_ADDRESS), (0, MAX_VERSION)]
}

/// These texts are shown in logs and errors, where a control character could forge a line.
fn check(text: &str, least: u16, most: u16) -> Result<(), Malformed> {
    let fits = (usize::from(least)..=usize::from(most)).contains(&text.len());
    if fits && !text.contains(char::is_control) { Ok(()) } else { Err(Malformed) }
}
