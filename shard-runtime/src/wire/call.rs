//! The head of a call, in front of its arguments.
//!
//! row `u32`, boot `u64`, depth `u8`, presence `u8`, key (`u16` length), then what the presence byte names,
//! in the order of its bits: remaining `u64`, actor, data, owner (`u16` slot, `u64` view), trace, patience `u64`.

use super::cursor::{Malformed, Reader, Write as _};

/// The longest key: the 128 bytes of a user's and what says of which kind it is.
pub(crate) const MAX_KEY: u16 = 160;
/// The longest actor id.
pub(crate) const MAX_ACTOR: u16 = 1024;
/// The most user data that goes with a call.
pub(crate) const MAX_DATA: u16 = 16 * 1024;
/// The longest trace context: two ids, flags, and what tracing systems have added.
pub(crate) const MAX_TRACE: u16 = 16 + 8 + 1 + 512;

const REMAINING: u8 = 1;
const ACTOR: u8 = 1 << 1;
const DATA: u8 = 1 << 2;
const OWNER: u8 = 1 << 3;
const TRACE: u8 = 1 << 4;
const PATIENCE: u8 = 1 << 5;
const KNOWN: u8 = REMAINING | ACTOR | DATA | OWNER | TRACE | PATIENCE;

/// Bytes that each head begins with: row, boot, depth, presence, and the length of the key.
const FIXED: usize = 16;

/// Everything about a call but its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallHead<'a> {
    /// The row of the callee's table.
    pub(crate) row: u32,
    /// The boot that is meant: any other refuses.
    pub(crate) boot: u64,
    /// Microseconds until the deadline, from when the frame is written to the socket.
    pub(crate) remaining: Option<u64>,
    /// How many calls led to this one.
    pub(crate) depth: u8,
    /// The shard's key as `route` encodes it, at most [`MAX_KEY`] bytes.
    pub(crate) key: &'a [u8],
    /// Who the call is for, at most [`MAX_ACTOR`] bytes.
    pub(crate) actor: Option<&'a str>,
    /// The user's own data, at most [`MAX_DATA`] bytes.
    pub(crate) data: Option<&'a [u8]>,
    /// Of a keyed call: why the caller believes that the callee owns the key.
    pub(crate) owner: Option<Owner>,
    /// A W3C trace context, at most [`MAX_TRACE`] bytes.
    pub(crate) trace: Option<&'a [u8]>,
    /// Of a call that opens a stream: for how many microseconds its reader may take nothing.
    pub(crate) patience: Option<u64>,
}

/// The slot of a key and the view in which the callee owns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) slot: u16,
    /// The digest of the caller's view.
    pub(crate) view: u64,
}

impl<'a> CallHead<'a> {
    /// Appends the head. Fails, leaving `out` as it was, when a part is longer than its limit.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), Malformed> {
        bounded(Some(self.key), MAX_KEY)?;
        bounded(self.actor.map(str::as_bytes), MAX_ACTOR)?;
        bounded(self.data, MAX_DATA)?;
        bounded(self.trace, MAX_TRACE)?;
        let [r0, r1, r2, r3] = self.row.to_le_bytes();
        let [b0, b1, b2, b3, b4, b5, b6, b7] = self.boot.to_le_bytes();
        let [k0, k1] = u16::try_from(self.key.len()).map_err(|_| Malformed)?.to_le_bytes();
        // At once: this is written for every call.
        out.put(&[r0, r1, r2, r3, b0, b1, b2, b3, b4, b5, b6, b7, self.depth, self.presence(), k0, k1]);
        out.put(self.key);
        if let Some(remaining) = self.remaining {
            out.u64(remaining);
        }
        if let Some(actor) = self.actor {
            out.short(actor.as_bytes())?;
        }
        if let Some(data) = self.data {
            out.short(data)?;
        }
        if let Some(owner) = self.owner {
            out.u16(owner.slot);
            out.u64(owner.view);
        }
        if let Some(trace) = self.trace {
            out.short(trace)?;
        }
        if let Some(patience) = self.patience {
            out.u64(patience);
        }
        Ok(())
    }

    /// Where in a body with such a head the remaining time stands, eight bytes, if it is there. It is
    /// written last, when the frame is.
    pub(crate) fn remaining_at(&self) -> usize {
        self.key.len().saturating_add(FIXED)
    }

    /// Reads the head off the front of a body and says where the arguments start.
    #[inline]
    pub(crate) fn read(body: &'a [u8]) -> Result<(Self, usize), Malformed> {
        let (fixed, rest) = body.split_first_chunk::<FIXED>().ok_or(Malformed)?;
        let [r0, r1, r2, r3, b0, b1, b2, b3, b4, b5, b6, b7, depth, presence, k0, k1] = *fixed;
        let row = u32::from_le_bytes([r0, r1, r2, r3]);
        let boot = u64::from_le_bytes([b0, b1, b2, b3, b4, b5, b6, b7]);
        let key_len = u16::from_le_bytes([k0, k1]);
        #[cfg(planted_bug)]
        let presence = if crate::fuzzing::is_planted("calls") { presence & KNOWN } else { presence };
        if presence & !KNOWN != 0 || key_len > MAX_KEY {
            return Err(Malformed);
        }
        let mut reader = Reader::new(rest);
        let key = reader.take(usize::from(key_len))?;
        let remaining = if presence & REMAINING != 0 { Some(reader.u64()?) } else { None };
        let (actor, data, owner, trace, patience) = (None, None, None, None, None);
        let head = Self { row, boot, remaining, depth, key, actor, data, owner, trace, patience };
        // Most calls have nothing more.
        let (head, rest) = if presence & !REMAINING == 0 {
            (head, reader.rest())
        } else {
            head.read_more(presence, reader)?
        };
        let start = body.len().checked_sub(rest.len()).ok_or(Malformed)?;
        Ok((head, start))
    }

    /// Reads what follows the remaining time, and gives what follows that.
    #[inline(never)]
    fn read_more(self, presence: u8, mut reader: Reader<'a>) -> Result<(Self, &'a [u8]), Malformed> {
        let has = |flag| presence & flag != 0;
        let actor = has(ACTOR).then(|| reader.text(MAX_ACTOR)).transpose()?;
        let data = has(DATA).then(|| reader.short(MAX_DATA)).transpose()?;
        let owner = has(OWNER).then(|| Owner::read(&mut reader)).transpose()?;
        let trace = has(TRACE).then(|| reader.short(MAX_TRACE)).transpose()?;
        let patience = has(PATIENCE).then(|| reader.u64()).transpose()?;
        Ok((Self { actor, data, owner, trace, patience, ..self }, reader.rest()))
    }

    fn presence(&self) -> u8 {
        let flag = |is_there, flag| if is_there { flag } else { 0 };
        flag(self.remaining.is_some(), REMAINING)
            | flag(self.actor.is_some(), ACTOR)
            | flag(self.data.is_some(), DATA)
            | flag(self.owner.is_some(), OWNER)
            | flag(self.trace.is_some(), TRACE)
            | flag(self.patience.is_some(), PATIENCE)
    }
}

impl Owner {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { slot: reader.u16()?, view: reader.u64()? })
    }
}

fn bounded(bytes: Option<&[u8]>, max: u16) -> Result<(), Malformed> {
    if bytes.is_some_and(|bytes| bytes.len() > usize::from(max)) { Err(Malformed) } else { Ok(()) }
}
