//! As many bytes there and back as a call has, and nothing done with them: what the sockets and the runtime cost.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Ping {
    stream: TcpStream,
    there: Vec<u8>,
    back: Vec<u8>,
}

impl Ping {
    /// To where [`serve_pings`] is with the same sizes.
    pub(crate) async fn dial(address: &str, there: usize, back: usize) -> Self {
        let stream = TcpStream::connect(address).await.expect("somebody listens");
        stream.set_nodelay(true).expect("it is a TCP socket");
        Self { stream, there: vec![7; there], back: vec![0; back] }
    }

    pub(crate) async fn trip(&mut self) {
        self.stream.write_all(&self.there).await.expect("the link stays");
        self.stream.read_exact(&mut self.back).await.expect("the link stays");
    }
}

/// Answers `back` bytes to each `there` bytes. Where it is reached.
pub(crate) async fn serve_pings(there: usize, back: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there are ports");
    let address = listener.local_addr().expect("it is bound").to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                stream.set_nodelay(true).expect("it is a TCP socket");
                let (mut there, back) = (vec![0; there], vec![7; back]);
                while stream.read_exact(&mut there).await.is_ok() && stream.write_all(&back).await.is_ok() {}
            });
        }
    });
    address
}
