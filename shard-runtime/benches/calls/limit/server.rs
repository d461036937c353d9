//! The callee's end: a task for each link, which reads, runs and answers in line, and writes once for all that it read.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::frame::{Unread, write_frame};

/// Appends the reply to a request.
pub(crate) trait Reply: Fn(&[u8], &mut Vec<u8>) + Copy + Send + 'static {}

impl<F: Fn(&[u8], &mut Vec<u8>) + Copy + Send + 'static> Reply for F {}

/// Answers on every link, from now on. Where it is reached.
pub(crate) async fn serve(reply: impl Reply) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there are ports");
    let address = listener.local_addr().expect("it is bound").to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, reply));
        }
    });
    address
}

async fn answer(mut stream: TcpStream, reply: impl Reply) {
    stream.set_nodelay(true).expect("it is a TCP socket");
    let (mut unread, mut out) = (Unread::new(), Vec::new());
    loop {
        match stream.read(unread.room()).await {
            Ok(more) if more > 0 => unread.filled(more),
            _ => return,
        }
        unread.each(|id, request| write_frame(&mut out, id, |out| reply(request, out)));
        if stream.write_all(&out).await.is_err() {
            return;
        }
        out.clear();
    }
}
