use std::io;

use tokio::io::AsyncReadExt;

/// The kinds of frames that the tests look at, by their numbers.
pub(crate) mod kind {
    pub(crate) const CALL: u8 = 1;
    pub(crate) const REPLY: u8 = 2;
    pub(crate) const CANCEL: u8 = 3;
    pub(crate) const STREAM_ITEM: u8 = 4;
    pub(crate) const STREAM_END: u8 = 5;
    pub(crate) const CREDIT: u8 = 6;
    pub(crate) const PING: u8 = 7;
    pub(crate) const PONG: u8 = 8;
    pub(crate) const TABLES: u8 = 10;
    pub(crate) const HELLO: u8 = 32;
    pub(crate) const CHALLENGE: u8 = 33;
    pub(crate) const PROOF: u8 = 34;
    pub(crate) const ACCEPT: u8 = 35;
}

/// The length of a header.
pub(crate) const HEADER: usize = 16;

/// Where a hello says what its connection is for, and how it says that it is for liveness.
const PURPOSE: usize = 8;
const LIVENESS: u8 = 1;

/// One frame as it is on the wire: 16 bytes of header, and a body.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) bytes: Vec<u8>,
}

impl Frame {
    pub(crate) async fn read(from: &mut (impl AsyncReadExt + Unpin)) -> io::Result<Self> {
        let mut bytes = vec![0; HEADER];
        from.read_exact(&mut bytes).await?;
        let len = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        bytes.resize(HEADER + usize::try_from(len).unwrap(), 0);
        from.read_exact(&mut bytes[HEADER..]).await?;
        Ok(Self { kind: bytes[4], bytes })
    }

    /// Whether this hello opens a connection for liveness.
    pub(crate) fn is_for_liveness(&self) -> bool {
        self.kind == kind::HELLO && self.bytes.get(HEADER + PURPOSE) == Some(&LIVENESS)
    }
}
