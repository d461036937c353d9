//! Frames of the limit: the length of the body and the number of the call, four bytes each, and the body.

use bincode::config;
use bincode::enc::write::Writer;
use bincode::error::EncodeError;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) const HEADER: usize = 8;

/// Appends a frame whose body `write` appends, straight to where the socket is written from.
pub(crate) fn write_frame(out: &mut Vec<u8>, id: u32, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&id.to_le_bytes());
    write(out);
    let length = u32::try_from(out.len() - start - HEADER).expect("a body is short");
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// The first frame of `bytes`, if all of it is there, and how many bytes it takes.
pub(crate) fn next_frame(bytes: &[u8]) -> Option<(u32, &[u8], usize)> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (id, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).expect("it has 32 bits at least");
    Some((u32::from_le_bytes(*id), rest.get(..length)?, HEADER + length))
}

/// The runtime's configuration of bincode, without its guard.
pub(crate) fn encode<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    bincode::serde::encode_into_writer(value, Appending(out), config::standard()).expect("it can be encoded");
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> T {
    bincode::serde::decode_from_slice(bytes, config::standard()).expect("it was encoded").0
}

struct Appending<'a>(&'a mut Vec<u8>);

impl Writer for Appending<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Bytes that have been read and not been looked at. Its room is used again and again.
pub(crate) struct Unread {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Unread {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; 256 * 1024], start: 0, end: 0 }
    }

    /// Where the next bytes go; [`Self::filled`] says how many came. What is unread moves to the front only when the
    /// room behind it is short, so that it is seldom copied.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.bytes.len() - self.end < 128 * 1024 {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        &mut self.bytes[self.end..]
    }

    pub(crate) fn filled(&mut self, more: usize) {
        self.end += more;
    }

    /// Every frame that is there as a whole.
    pub(crate) fn each(&mut self, mut see: impl FnMut(u32, &[u8])) {
        while let Some((id, body, length)) = next_frame(&self.bytes[self.start..self.end]) {
            see(id, body);
            self.start += length;
        }
    }
}
