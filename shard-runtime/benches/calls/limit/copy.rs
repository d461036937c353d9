//! Items that go one way: each with its length in front, and read to where the reader wants it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Sends as many items of `size` bytes as a link asks for. Where it is reached.
pub(crate) async fn serve_copies(size: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there are ports");
    let address = listener.local_addr().expect("it is bound").to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(send(stream, size));
        }
    });
    address
}

async fn send(mut stream: TcpStream, size: usize) {
    let length = u32::try_from(size).expect("an item is short").to_le_bytes();
    let mut out = Vec::with_capacity(size + length.len());
    while let Ok(count) = stream.read_u32_le().await {
        for _ in 0..count {
            out.clear();
            out.extend_from_slice(&length);
            // The item is made anew, as that of a stream is.
            out.resize(length.len() + size, 7);
            if stream.write_all(&out).await.is_err() {
                return;
            }
        }
    }
}

/// Takes `count` items. The length of the next one is read with an item, so that an item is one read when it is there.
pub(crate) async fn copied(stream: &mut TcpStream, count: u32) {
    let mut item = Vec::new();
    stream.write_u32_le(count).await.expect("the link stays");
    let mut length = stream.read_u32_le().await.expect("the link stays");
    for left in (0..count).rev() {
        let size = usize::try_from(length).expect("it has 32 bits at least");
        let next = if left > 0 { 4 } else { 0 };
        item.resize(size + next, 0);
        stream.read_exact(&mut item).await.expect("the link stays");
        length = item.last_chunk().map_or(0, |next| u32::from_le_bytes(*next));
    }
}
