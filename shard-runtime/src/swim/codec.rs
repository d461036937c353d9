//! The protocol's packets as bytes.
//!
//! ```text
//! header: incarnation u16  message u8  probe u8  [other: identity]  receiver: identity  sender: record
//! identity: name (u16 length, text)  boot u64  drawn u64  turn u32
//! update: state u8  incarnation u16  record
//! packet: header  [count u16, big-endian: updates]
//! ```
//!
//! Only the sender's record and those of updates are ever stored; of the others it is enough to know who is meant.

use bytes::{Buf, BufMut};
use foca::{Header, Member as Update, Message, State};

use super::BadPacket;
use super::identity::Record;
use super::record;
use crate::membership::{Boot, Member, NodeName};
use crate::wire::cursor::{Reader, Write};

const MAX_NAME: u16 = 128;

/// A whole packet, read and checked before the protocol sees any of it.
#[derive(Debug)]
pub(super) struct Packet<'a> {
    pub(super) header: Header<Record>,
    /// The header as it came.
    pub(super) head: &'a [u8],
    pub(super) updates: Vec<Update<Record>>,
}

impl<'a> Packet<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, BadPacket> {
        let mut reader = Reader::new(bytes);
        let header = read_header(&mut reader)?;
        let rest = reader.rest();
        let (head, _) = bytes
            .split_at_checked(bytes.len().saturating_sub(rest.len()))
            .ok_or(BadPacket::Malformed("it has no header"))?;
        let mut updates = Vec::new();
        if !rest.is_empty() {
            let count = u16::from_be_bytes(reader.array()?);
            // Not reserved in advance: the count is only a claim.
            for _ in 0..count {
                updates.push(read_update(&mut reader)?);
            }
        }
        reader.finish()?;
        Ok(Self { header, head, updates })
    }
}

pub(super) fn write_header(header: &Header<Record>, out: &mut Vec<u8>) -> Result<(), BadPacket> {
    let (tag, probe, other) = parts(&header.message);
    Write::u16(out, header.src_incarnation);
    out.u8(tag);
    out.u8(probe);
    other.map_or(Ok(()), |other| write_identity(other, out))?;
    write_identity(&header.dst, out)?;
    Ok(record::write(&header.src, out)?)
}

/// The sender's incarnation, and whether it asks to be let in.
pub(super) fn glance(packet: &[u8]) -> Option<(u16, bool)> {
    let mut reader = Reader::new(packet);
    Some((reader.u16().ok()?, reader.u8().ok()? == ANNOUNCE))
}

pub(super) fn write_update(update: &Update<Record>, out: &mut Vec<u8>) -> Result<(), BadPacket> {
    out.u8(match update.state() {
        State::Alive => 0,
        State::Suspect => 1,
        State::Down => 2,
    });
    Write::u16(out, update.incarnation());
    Ok(record::write(update.id(), out)?)
}

pub(super) fn read_update(reader: &mut Reader<'_>) -> Result<Update<Record>, BadPacket> {
    let state = match reader.u8()? {
        0 => State::Alive,
        1 => State::Suspect,
        2 => State::Down,
        _ => return Err(BadPacket::Malformed("a member is in a state that there is not")),
    };
    let incarnation = reader.u16()?;
    Ok(Update::new(record::read(reader)?, incarnation, state))
}

const ANNOUNCE: u8 = 6;

fn parts(message: &Message<Record>) -> (u8, u8, Option<&Record>) {
    match message {
        Message::Ping(probe) => (0, *probe, None),
        Message::Ack(probe) => (1, *probe, None),
        Message::PingReq { target, probe_number } => (2, *probe_number, Some(target)),
        Message::IndirectPing { origin, probe_number } => (3, *probe_number, Some(origin)),
        Message::IndirectAck { target, probe_number } => (4, *probe_number, Some(target)),
        Message::ForwardedAck { origin, probe_number } => (5, *probe_number, Some(origin)),
        Message::Announce => (ANNOUNCE, 0, None),
        Message::Feed => (7, 0, None),
        Message::Gossip => (8, 0, None),
        Message::Broadcast => (9, 0, None),
        Message::TurnUndead => (10, 0, None),
    }
}

fn read_header(reader: &mut Reader<'_>) -> Result<Header<Record>, BadPacket> {
    let src_incarnation = reader.u16()?;
    let tag = reader.u8()?;
    let probe_number = reader.u8()?;
    let message = match tag {
        0 => Message::Ping(probe_number),
        1 => Message::Ack(probe_number),
        2 => Message::PingReq { target: read_identity(reader)?, probe_number },
        3 => Message::IndirectPing { origin: read_identity(reader)?, probe_number },
        4 => Message::IndirectAck { target: read_identity(reader)?, probe_number },
        5 => Message::ForwardedAck { origin: read_identity(reader)?, probe_number },
        ANNOUNCE => Message::Announce,
        7 => Message::Feed,
        8 => Message::Gossip,
        10 => Message::TurnUndead,
        _ => return Err(BadPacket::Malformed("its message is not known")),
    };
    let dst = read_identity(reader)?;
    let src = record::read(reader)?;
    Ok(Header { src, src_incarnation, dst, message })
}

fn write_identity(record: &Record, out: &mut Vec<u8>) -> Result<(), BadPacket> {
    out.short(record.name.as_str().as_bytes())?;
    out.u64(record.boot.get());
    out.u64(record.age.drawn);
    Write::u32(out, record.age.turn);
    Ok(())
}

fn read_identity(reader: &mut Reader<'_>) -> Result<Record, BadPacket> {
    let name = NodeName::try_from(reader.text(MAX_NAME)?)
        .map_err(|_| BadPacket::Malformed("a name in it is none"))?;
    let mut member = Member::new(name, Boot::new(reader.u64()?));
    member.age.drawn = reader.u64()?;
    member.age.turn = reader.u32()?;
    Ok(Record::new(member))
}

/// The above, as the protocol asks for it.
#[derive(Debug)]
pub(super) struct Packets;

impl foca::Codec<Record> for Packets {
    type Error = BadPacket;

    fn encode_header(&mut self, header: &Header<Record>, buf: impl BufMut) -> Result<(), BadPacket> {
        let mut out = Vec::new();
        write_header(header, &mut out)?;
        put(&out, buf)
    }

    fn decode_header(&mut self, buf: impl Buf) -> Result<Header<Record>, BadPacket> {
        get(buf, read_header)
    }

    fn encode_member(&mut self, update: &Update<Record>, buf: impl BufMut) -> Result<(), BadPacket> {
        let mut out = Vec::new();
        write_update(update, &mut out)?;
        put(&out, buf)
    }

    fn decode_member(&mut self, buf: impl Buf) -> Result<Update<Record>, BadPacket> {
        get(buf, read_update)
    }
}

fn put(bytes: &[u8], mut buf: impl BufMut) -> Result<(), BadPacket> {
    if bytes.len() > buf.remaining_mut() {
        return Err(BadPacket::TooLong { size: bytes.len(), limit: buf.remaining_mut() });
    }
    buf.put_slice(bytes);
    Ok(())
}

fn get<T>(
    mut buf: impl Buf,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, BadPacket>,
) -> Result<T, BadPacket> {
    let mut reader = Reader::new(buf.chunk());
    let value = read(&mut reader)?;
    let taken = buf.chunk().len().saturating_sub(reader.rest().len());
    buf.advance(taken);
    Ok(value)
}
