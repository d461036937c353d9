//! The first words of somebody who is no node of ours.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// The kinds of the frames, as the guide's page on the wire has them.
const HELLO: u8 = 32;
const REFUSE: u8 = 36;

/// What a node of another routing version would say first. It needs no secret to say so.
pub(crate) fn hello(cluster: &str, routing_version: u16) -> Vec<u8> {
    let mut body = b"SHRD".to_vec();
    body.extend(1_u16.to_le_bytes());
    body.extend(routing_version.to_le_bytes());
    // For liveness, as whoever seeks.
    body.push(1);
    body.extend(77_u64.to_le_bytes());
    body.extend([9; 32]);
    for text in [cluster, "stranger", "", ""] {
        body.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
        body.extend(text.bytes());
    }
    body.push(1);
    body.extend(5_u32.to_le_bytes());
    let mut frame = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    frame.extend([HELLO, 0, 0, 0]);
    frame.extend([0; 8]);
    frame.extend(body);
    frame
}

/// Says something to a node and returns the reason for which it refuses, if that is how it answers.
pub(crate) fn say(address: &str, words: &[u8]) -> Option<String> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(words).unwrap();
    let mut answer = Vec::new();
    // Whoever hangs up on unread words is reset: what it said before may be there all the same.
    let _ = stream.read_to_end(&mut answer);
    // A header of sixteen bytes, a code, and a text with its length.
    (answer.get(4) == Some(&REFUSE)).then(|| String::from_utf8_lossy(&answer[19..]).into_owned())
}
