//! A MAC around everything, checked before anything is read.
//!
//! ```text
//! version u8  key id u32  sender's boot u64  receiver's boot u64, 0 for anybody  kind u8  body  MAC 16
//! ```
//!
//! The MAC is over all that stands before it. Links are authenticated already when they open; the seal makes a packet
//! prove itself whichever link it comes over, and keeps it from being played to another run of the receiver.

use std::num::NonZeroUsize;

use bytes::Bytes;

use super::BadPacket;
use crate::membership::Boot;
use crate::trust::GossipKeys;
use crate::wire::cursor::{Reader, Write};

const VERSION: u8 = 1;
const MAC: usize = 16;
const AROUND: usize = 1 + 4 + 8 + 8 + 1 + MAC;

/// The longest sealed packet, in bytes.
pub(super) const MAX_PACKET: usize = 64 * 1024;

/// The longest body of a packet, in bytes.
pub(super) const MAX_BODY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(MAX_PACKET - AROUND - 1);

/// The longest sealed list of members, in bytes: with its frame it stays below the 1 MiB of a message.
pub(crate) const MAX_SYNC: usize = 960 * 1024;

/// The longest body of a list of members, in bytes.
pub(super) const MAX_SYNC_BODY: usize = MAX_SYNC - AROUND;

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A packet of the protocol.
    Packet,
    /// All members that a node knows.
    Sync,
    /// The record that counts instead of the receiver's.
    Superseded,
}

impl Kind {
    fn to_wire(self) -> u8 {
        match self {
            Self::Packet => 0,
            Self::Sync => 1,
            Self::Superseded => 2,
        }
    }

    fn from_wire(byte: u8) -> Option<Self> {
        [Self::Packet, Self::Sync, Self::Superseded].into_iter().find(|kind| kind.to_wire() == byte)
    }
}

/// What was inside a seal that held.
#[derive(Debug)]
pub(super) struct Opened<'a> {
    pub(super) from: Boot,
    /// `None` when it is for anybody.
    pub(super) to: Option<Boot>,
    pub(super) kind: Kind,
    pub(super) body: &'a [u8],
}

pub(super) fn seal(keys: &GossipKeys, from: Boot, to: Option<Boot>, kind: Kind, body: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(body.len().saturating_add(AROUND));
    out.u8(VERSION);
    out.u32(keys.id());
    out.u64(from.get());
    out.u64(to.map_or(0, Boot::get));
    out.u8(kind.to_wire());
    out.put(body);
    let mac = keys.seal(&[&out]);
    out.put(&mac);
    out.into()
}

pub(super) fn open<'a>(keys: &GossipKeys, bytes: &'a [u8], limit: usize) -> Result<Opened<'a>, BadPacket> {
    if bytes.len() > limit {
        return Err(BadPacket::TooLong { size: bytes.len(), limit });
    }
    let (sealed, mac) = bytes.split_last_chunk::<MAC>().ok_or(BadPacket::Malformed("it has no seal"))?;
    let mut reader = Reader::new(sealed);
    match reader.u8()? {
        VERSION => {}
        other => return Err(BadPacket::Version(other)),
    }
    let key = reader.u32()?;
    match keys.opens(key, &[sealed], mac) {
        None => return Err(BadPacket::UnknownKey(key)),
        Some(false) => return Err(BadPacket::Forged),
        Some(true) => {}
    }
    let from = Boot::new(reader.u64()?);
    let to = Some(reader.u64()?).filter(|boot| *boot != 0).map(Boot::new);
    let kind = Kind::from_wire(reader.u8()?).ok_or(BadPacket::Malformed("nothing is of its kind"))?;
    Ok(Opened { from, to, kind, body: reader.rest() })
}
