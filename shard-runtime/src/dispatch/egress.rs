use core::task::{Context, Poll};

/// Where the bytes of one stream go: over a link, or to a reader in this process.
///
/// There is one writer. Nobody tells it that the reader has gone: its future is dropped then.
pub(crate) trait Egress: Send + Sync {
    /// Tells the reader that the stream is open. From here on the stream has an end of its own.
    fn open(&self);

    fn is_open(&self) -> bool;

    /// Waits until the reader takes more, and says how many bytes: never none.
    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<usize>;

    /// Sends bytes, at most as many as there is room for.
    fn send(&self, bytes: &[u8]);
}
