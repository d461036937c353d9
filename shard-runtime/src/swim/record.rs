//! A record as bytes, and its bounds.

use super::identity::Record;
use crate::membership::{MAX_ROLE, MAX_ROLES, Member};
use crate::wire::cursor::{Reader, Write};
use crate::wire::{Codec, DecodeError, EncodeError, Limits, Wire};

/// The longest encoding of what a node says of itself, in bytes.
pub(super) const MAX_RECORD: usize = 4096;

const MAX_ADDRESS: usize = 256;
const MAX_VERSION: usize = 64;

/// Why what a node says of itself is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordError {
    /// The modules take the most of it.
    #[error("the record takes more than {MAX_RECORD} bytes: the node hosts too many modules")]
    TooLong,
    #[error("{what} has {len} bytes and may have at most {limit}")]
    TextTooLong { what: &'static str, len: usize, limit: usize },
    #[error("a module is limited to no node at all")]
    NoSeat,
    #[error("there are {0} roles, and may be at most {MAX_ROLES}")]
    TooManyRoles(usize),
    #[error("{0} contains a control character")]
    ControlCharacter(&'static str),
    #[error("the record cannot be read: {0}")]
    Unreadable(DecodeError),
    #[error("the record cannot be written: {0}")]
    Unwritable(EncodeError),
    /// The others would go on believing the one that they have.
    #[error("the record does not come after the one before, or is of another node")]
    Stale,
}

/// A length (u16) and the record.
pub(super) fn write(record: &Member, out: &mut Vec<u8>) -> Result<(), RecordError> {
    check(record)?;
    let mut bytes = Vec::new();
    Wire::encode(record, &mut bytes, &Limits::of_message(MAX_RECORD)).map_err(|error| match error {
        EncodeError::TooLarge { .. } => RecordError::TooLong,
        other => RecordError::Unwritable(other),
    })?;
    out.short(&bytes).map_err(|_| RecordError::TooLong)
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Record, super::BadPacket> {
    let len = reader.u16()?;
    if usize::from(len) > MAX_RECORD {
        return Err(RecordError::TooLong.into());
    }
    let bytes = reader.take(usize::from(len))?;
    let record: Member =
        Wire::decode(bytes, &Limits::of_message(MAX_RECORD)).map_err(RecordError::Unreadable)?;
    #[cfg(planted_bug)]
    if crate::fuzzing::is_planted("gossip") {
        return Ok(Record::new(record));
    }
    check(&record)?;
    Ok(Record::new(record))
}

/// Whether a node may say this of itself: it fits, and can be shown on a terminal.
pub(super) fn check(record: &Member) -> Result<(), RecordError> {
    text("the address", &record.address, MAX_ADDRESS)?;
    text("the version", &record.version, MAX_VERSION)?;
    if record.roles.len() > MAX_ROLES {
        return Err(RecordError::TooManyRoles(record.roles.len()));
    }
    for role in &record.roles {
        text("a role", role, MAX_ROLE)?;
    }
    for module in &record.modules {
        text("a module's name", &module.name, MAX_RECORD)?;
        if module.limit == Some(0) {
            return Err(RecordError::NoSeat);
        }
    }
    Ok(())
}

fn text(what: &'static str, text: &str, limit: usize) -> Result<(), RecordError> {
    if text.len() > limit {
        Err(RecordError::TextTooLong { what, len: text.len(), limit })
    } else if text.chars().any(char::is_control) {
        Err(RecordError::ControlCharacter(what))
    } else {
        Ok(())
    }
}
