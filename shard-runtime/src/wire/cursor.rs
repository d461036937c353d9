//! Reading and writing the hand-written layouts (frame headers, call heads, the handshake).
//!
//! Everything is little-endian; variable parts carry their length in front. A [`Reader`] never
//! panics and never allocates: each read either returns what is there or says that it is not.

/// The bytes ended before the value did, or a length in front of a value is beyond its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes end early or a length is out of bounds")]
pub(crate) struct Malformed;

/// Takes values off the front of a slice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read yet.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Succeeds only at the end: trailing bytes are an error, not ignored.
    pub(crate) fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    #[inline]
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(Malformed)?;
        self.rest = rest;
        Ok(head)
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*head)
    }

    #[inline]
    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    #[inline]
    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    #[inline]
    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    #[inline]
    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A `u16` length, at most `max`, and that many bytes.
    pub(crate) fn short(&mut self, max: u16) -> Result<&'a [u8], Malformed> {
        let len = self.u16()?;
        if len > max { Err(Malformed) } else { self.take(usize::from(len)) }
    }

    /// A `u16` length, at most `max`, and that many bytes of UTF-8.
    pub(crate) fn text(&mut self, max: u16) -> Result<&'a str, Malformed> {
        core::str::from_utf8(self.short(max)?).map_err(|_| Malformed)
    }
}

/// Appends values to a buffer.
pub(crate) trait Write {
    fn put(&mut self, bytes: &[u8]);

    #[inline]
    fn u8(&mut self, value: u8) {
        self.put(&[value]);
    }

    #[inline]
    fn u16(&mut self, value: u16) {
        self.put(&value.to_le_bytes());
    }

    #[inline]
    fn u32(&mut self, value: u32) {
        self.put(&value.to_le_bytes());
    }

    #[inline]
    fn u64(&mut self, value: u64) {
        self.put(&value.to_le_bytes());
    }

    /// A `u16` length and the bytes. Fails when they are longer than that can say.
    #[inline]
    fn short(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        self.u16(u16::try_from(bytes.len()).map_err(|_| Malformed)?);
        self.put(bytes);
        Ok(())
    }
}

impl Write for Vec<u8> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}
