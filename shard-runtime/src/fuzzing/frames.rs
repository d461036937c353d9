//! The frame decoder.

use bytes::BytesMut;

use crate::wire::chunk::CHUNK;
use crate::wire::frame::{Next, next};
use crate::wire::{FrameError, HEADER_LEN, next_frame, write_frame};

/// Bytes of a link, cut anywhere, are the same frames; nothing is asked for beyond the limit; and what is read is
/// written with the same bytes.
///
/// # Panics
///
/// When that does not hold.
pub fn frames(input: &[u8]) {
    let (choice, bytes) = input.split_first().unwrap_or((&0, &[]));
    let limit = [16, 4 * 1024, CHUNK, 960 * 1024][usize::from(choice % 4)];
    let whole = read(&[bytes], limit);
    // All lengths that a link can have brought so far, one after the other.
    assert_eq!(read(&bytes.chunks(1).collect::<Vec<_>>(), limit), whole, "byte by byte");
    for at in [bytes.len() / 3, bytes.len() / 2, HEADER_LEN.min(bytes.len()), bytes.len().saturating_sub(1)] {
        let (one, two) = bytes.split_at(at);
        assert_eq!(read(&[one, two], limit), whole, "split at {at}");
    }
    assert_eq!(whole.written, bytes[..whole.written.len()], "what is read is written alike");
}

/// What came of some bytes.
#[derive(Debug, PartialEq)]
struct Read {
    /// The frames, written again.
    written: Vec<u8>,
    count: usize,
    /// How it ended, or what is left of a frame.
    end: Result<usize, FrameError>,
}

fn read(pieces: &[&[u8]], limit: usize) -> Read {
    let mut buffer = BytesMut::new();
    let (mut written, mut count) = (Vec::new(), 0);
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            let before = buffer.len();
            match next_frame(&mut buffer, limit) {
                Ok(Some(frame)) => {
                    assert!(frame.body.len() <= limit, "a body beyond the limit");
                    assert_eq!(before - buffer.len(), HEADER_LEN + frame.body.len());
                    let start = written.len();
                    write_frame(&mut written, frame.header.kind, frame.header.id, &frame.body).unwrap();
                    written[start + 5] = u8::from(frame.header.more);
                    count += 1;
                }
                Ok(None) => break,
                Err(error) => return Read { written, count, end: Err(error) },
            }
        }
        match next(&mut buffer, limit) {
            Ok(Next::Needs(more)) => {
                assert!(more > 0 && buffer.len() + more <= HEADER_LEN + limit, "{more} bytes are asked for");
            }
            other => panic!("nothing more was there, and then {other:?}"),
        }
    }
    Read { written, count, end: Ok(buffer.len()) }
}
