//! Stand-in until the real one is merged.
use bytes::{Bytes, BytesMut};
use super::cursor::{Malformed, Reader};
use super::codec::EncodeError;
use super::reply::{Reply, ReplyError};
pub(crate) const STREAM_WINDOW: u32 = 256 * 1024;
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an item is too large")]
pub(crate) struct ItemError;
pub(crate) fn append_item(out: &mut Vec<u8>, encode: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>) -> Result<(), EncodeError> {
    let mut item = Vec::new();
    encode(&mut item)?;
    out.extend_from_slice(&u32::try_from(item.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&item);
    Ok(())
}
pub(crate) struct ItemReader { buf: BytesMut, max: usize, owed: u32, credited: usize }
impl ItemReader {
    pub(crate) fn new(max: usize) -> Self { Self { buf: BytesMut::new(), max, owed: 0, credited: 0 } }
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), ItemError> { self.buf.extend_from_slice(bytes);
        if self.len().is_some_and(|len| len > self.max) { return Err(ItemError); } Ok(()) }
    fn len(&self) -> Option<usize> { self.buf.first_chunk::<4>().and_then(|l| usize::try_from(u32::from_le_bytes(*l)).ok()) }
    pub(crate) fn next(&mut self) -> Option<Bytes> {
        let len = self.len()?;
        if self.buf.len() < len.saturating_add(4) { return None; }
        let whole = self.buf.split_to(len.saturating_add(4)).freeze();
        self.owed = self.owed.saturating_add(u32::try_from(whole.len().saturating_sub(self.credited)).unwrap_or(0));
        self.credited = 0;
        Some(whole.slice(4..))
    }
    pub(crate) fn is_between_items(&self) -> bool { self.buf.is_empty() }
    pub(crate) fn take_credit(&mut self, waiting: bool) -> Option<u32> {
        if waiting { self.owed = self.owed.saturating_add(u32::try_from(self.buf.len().saturating_sub(self.credited)).unwrap_or(0)); self.credited = self.buf.len(); }
        let due = if waiting { 1 } else { STREAM_WINDOW.wrapping_div(4) };
        (self.owed >= due).then(|| core::mem::take(&mut self.owed))
    }
}
pub(crate) fn credit_body(bytes: u32) -> [u8; 4] { bytes.to_le_bytes() }
pub(crate) fn read_credit(body: &[u8]) -> Result<u32, Malformed> { let mut r = Reader::new(body); let n = r.u32()?; r.finish()?; Ok(n) }
pub(crate) fn read_stream_end(body: &[u8]) -> Result<Reply<'_>, ReplyError> { Reply::read(body) }
