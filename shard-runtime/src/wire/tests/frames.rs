//! Frames, whole, in pieces and wrong.

use bytes::BytesMut;
use proptest::prelude::*;

use crate::wire::frame::{
    FrameError, FrameKind, HEADER_LEN, Header, Next, begin_frame, end_frame, is_tls, missing, next,
    next_frame, peek, split, write_frame,
};

const MAX: usize = 1024;

fn kinds() -> impl Strategy<Value = FrameKind> {
    use FrameKind as K;
    proptest::sample::select(vec![
        K::Call,
        K::Reply,
        K::Cancel,
        K::StreamItem,
        K::StreamEnd,
        K::Credit,
        K::Ping,
        K::Pong,
        K::Goodbye,
        K::Tables,
        K::OneWay,
        K::ViewSync,
        K::Hello,
        K::Challenge,
        K::Proof,
        K::Accept,
        K::Refuse,
    ])
}

fn frames() -> impl Strategy<Value = Vec<(FrameKind, u64, Vec<u8>)>> {
    proptest::collection::vec((kinds(), any::<u64>(), proptest::collection::vec(any::<u8>(), 0..64)), 1..5)
}

proptest! {
    #[test]
    fn frames_survive_any_cut(frames in frames(), step in 1usize..40) {
        let mut wire = Vec::new();
        for (kind, id, body) in &frames {
            write_frame(&mut wire, *kind, *id, body).unwrap();
        }
        let mut buf = BytesMut::new();
        let mut seen = Vec::new();
        for piece in wire.chunks(step) {
            buf.extend_from_slice(piece);
            while let Some(frame) = next_frame(&mut buf, MAX).unwrap() {
                prop_assert_eq!(frame.header.len as usize, frame.body.len());
                seen.push((frame.header.kind, frame.header.id, frame.body.to_vec()));
            }
        }
        prop_assert!(buf.is_empty());
        prop_assert_eq!(seen, frames);
    }

    #[test]
    fn any_bytes_are_frames_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut buf = BytesMut::from(&bytes[..]);
        while let Ok(Some(frame)) = next_frame(&mut buf, MAX) {
            prop_assert!(frame.body.len() <= bytes.len());
        }
    }

    #[test]
    fn a_frame_that_is_looked_at_is_the_one_that_is_taken(
        frames in frames(), junk in proptest::collection::vec(any::<u8>(), 0..40), cut in 0usize..4_000,
    ) {
        let mut wire = Vec::new();
        for (kind, id, body) in frames {
            write_frame(&mut wire, kind, id, &body).unwrap();
        }
        wire.extend(junk);
        wire.truncate(cut);
        let [mut taken, mut looked_at] = [(); 2].map(|()| BytesMut::from(&wire[..]));
        loop {
            let found = peek(&looked_at, MAX).map(|found| found.map(|(header, body)| (header, body.to_vec())));
            let next = next_frame(&mut taken, MAX);
            prop_assert_eq!(&found, &next.map(|next| next.map(|frame| (frame.header, frame.body.to_vec()))));
            let Ok(Some((header, body))) = found else { break };
            if body.len() % 2 == 0 {
                bytes::Buf::advance(&mut looked_at, header.frame_len());
            } else {
                let frame = split(&mut looked_at, header);
                prop_assert_eq!((frame.header, &frame.body[..]), (header, &body[..]));
            }
            prop_assert_eq!(&taken, &looked_at);
        }
    }

    #[test]
    fn what_is_missing_is_told_exactly(id in any::<u64>(), body in proptest::collection::vec(any::<u8>(), 0..64)) {
        let mut wire = Vec::new();
        write_frame(&mut wire, FrameKind::Call, id, &body).unwrap();
        for cut in 0..wire.len() {
            let mut buf = BytesMut::from(&wire[..cut]);
            let whole = if cut < HEADER_LEN { HEADER_LEN } else { wire.len() };
            prop_assert_eq!(next(&mut buf, MAX).unwrap(), Next::Needs(whole - cut));
            prop_assert_eq!(missing(&buf), if cut < HEADER_LEN { 0 } else { wire.len() - cut });
            prop_assert_eq!(buf.len(), cut);
        }
    }
}

#[test]
fn a_wrong_header_is_refused_before_its_body_comes() {
    let good = [4, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0];
    let with = |place: usize, byte: u8| {
        let mut bytes = good;
        bytes[place] = byte;
        next_frame(&mut BytesMut::from(&bytes[..]), MAX)
    };
    assert_eq!(with(0, 4), Ok(None));
    assert_eq!(with(4, 0), Err(FrameError::UnknownKind(0)));
    assert_eq!(with(4, 14), Err(FrameError::UnknownKind(14)));
    assert_eq!(with(4, 37), Err(FrameError::UnknownKind(37)));
    assert_eq!(with(5, 1), Ok(None), "a chunk");
    for flags in [2, 3, 128, 129, 255] {
        assert_eq!(with(5, flags), Err(FrameError::Flags(flags)));
    }
    assert_eq!(with(6, 1), Err(FrameError::Reserved));
    assert_eq!(with(7, 1), Err(FrameError::Reserved));
    assert_eq!(with(1, 5), Err(FrameError::TooLarge { size: 5 * 256 + 4, limit: MAX }));
    assert_eq!(with(3, 0xff), Err(FrameError::TooLarge { size: 0xff00_0004, limit: MAX }));
}

#[test]
fn only_calls_and_replies_come_in_chunks() {
    for kind in 0..=u8::MAX {
        let with = |flags: u8| {
            let header = [0, 0, 0, 0, kind, flags, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0];
            next_frame(&mut BytesMut::from(&header[..]), MAX).map(|frame| frame.unwrap().header)
        };
        match with(0) {
            Err(unknown) => assert_eq!(with(1), Err(unknown)),
            Ok(header) if matches!(header.kind, FrameKind::Call | FrameKind::Reply) => {
                assert_eq!(with(1), Ok(Header { more: true, ..header }));
                assert!(!header.more);
            }
            Ok(_) => assert_eq!(with(1), Err(FrameError::Flags(1))),
        }
    }
}

#[test]
fn bodies_are_written_in_place() {
    let mut out = b"earlier".to_vec();
    let start = begin_frame(&mut out, FrameKind::Reply, 7);
    out.extend_from_slice(b"body");
    end_frame(&mut out, start).unwrap();
    let mut buf = BytesMut::from(&out[7..]);
    let frame = next_frame(&mut buf, MAX).unwrap().unwrap();
    assert_eq!((frame.header.kind, frame.header.id, &frame.body[..]), (FrameKind::Reply, 7, &b"body"[..]));
}

#[test]
fn a_frame_that_was_never_begun_cannot_end() {
    let mut out = vec![1, 2];
    assert!(end_frame(&mut out, 1).is_err());
    assert!(end_frame(&mut out, 99).is_err());
}

#[test]
fn what_begins_in_tls_is_no_frame_of_a_handshake() {
    // A ClientHello of any version, and an alert.
    for record in [[0x16, 3, 1], [0x16, 3, 3], [0x16, 3, 4], [0x15, 3, 3]] {
        assert!(is_tls(&record));
        let mut bytes = [record.as_slice(), &[2, 0, 1, 0, 1, 0xfc, 3, 3, 0, 0, 0, 0, 0, 0]].concat();
        for kind in 0..=255 {
            bytes[4] = kind;
            assert!(next(&mut BytesMut::from(&bytes[..]), 4096).is_err());
        }
    }
    let mut hello = Vec::new();
    for len in [0, 0x0315, 0x0316, 4096] {
        hello.clear();
        write_frame(&mut hello, FrameKind::Hello, 0, &vec![0; len]).unwrap();
        assert!(!is_tls(&hello), "{len}");
    }
    assert!(!is_tls(b"") && !is_tls(&[0x16, 3]) && !is_tls(b"GET / HTTP/1.1"));
}
