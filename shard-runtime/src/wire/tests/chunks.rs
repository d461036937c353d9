//! Messages in chunks: whole again on the other side, and never more in memory than was allowed.

use std::collections::{HashMap, HashSet};

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use crate::wire::assembly::{Assembly, ChunkError, Step};
use crate::wire::chunk::{CHUNK, Parts};
use crate::wire::frame::{Frame, FrameKind, HEADER_LEN, Header, next_frame, write_frame};

const LARGEST: usize = 5 * CHUNK;

/// A message's bytes. No two chunks look alike: 251 bytes do not divide one.
fn message(id: u64, len: usize) -> Vec<u8> {
    let id = u8::try_from(id).unwrap();
    let pattern: Vec<u8> = (0..251).map(|at: u8| at.wrapping_add(id)).collect();
    let mut bytes = pattern.repeat(len / pattern.len() + 1);
    bytes.truncate(len);
    bytes
}

fn frame(kind: FrameKind, id: u64, body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    write_frame(&mut frame, kind, id, body).unwrap();
    frame
}

fn parts(kind: FrameKind, id: u64, len: usize) -> Parts {
    Parts::new(frame(kind, id, &message(id, len))).unwrap()
}

fn received(bytes: &[u8]) -> Vec<Frame> {
    let mut buffer = BytesMut::from(bytes);
    let mut frames = Vec::new();
    while let Some(frame) = next_frame(&mut buffer, CHUNK).unwrap() {
        frames.push(frame);
    }
    assert!(buffer.is_empty());
    frames
}

fn chunk(kind: FrameKind, id: u64, len: usize, more: bool) -> (Header, Bytes) {
    (Header { len: u32::try_from(len).unwrap(), kind, id, more }, Bytes::from(vec![1; len]))
}

fn take(assembly: &mut Assembly<u32>, (header, body): (Header, Bytes)) -> Result<Step<u32>, ChunkError> {
    assembly.take(&header, body, 0, |_| true)
}

fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![
        0..200usize,
        CHUNK - 2..CHUNK + 3,
        2 * CHUNK - 2..2 * CHUNK + 3,
        CHUNK + 1..LARGEST,
        Just(LARGEST),
    ]
}

fn kinds() -> impl Strategy<Value = FrameKind> {
    proptest::sample::select(vec![FrameKind::Call, FrameKind::Reply])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn messages_come_back_however_their_chunks_alternate(
        messages in proptest::collection::vec((kinds(), lengths()), 1..6),
        turns in proptest::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let mut waiting: Vec<(FrameKind, u64, Parts)> = Vec::new();
        let mut wire = Vec::new();
        for (id, (kind, len)) in (0..).zip(&messages) {
            // One that fits a chunk goes at once.
            match Parts::new(frame(*kind, id, &message(id, *len))) {
                Ok(parts) => waiting.push((*kind, id, parts)),
                Err(frame) => wire.extend(frame),
            }
        }
        let mut turns = turns.into_iter();
        while !waiting.is_empty() {
            let turn = turns.next().map_or(0, |turn| turn.index(waiting.len()));
            let (kind, id, parts) = &mut waiting[turn];
            let before = wire.len();
            let left = parts.remaining();
            let appended = parts.append_next(&mut wire);
            prop_assert_eq!(appended.start, before);
            prop_assert_eq!((parts.kind(), parts.id(), parts.has_begun()), (*kind, *id, true));
            prop_assert_eq!(left - parts.remaining(), wire.len() - before - HEADER_LEN);
            prop_assert_eq!(appended.more, parts.remaining() > 0);
            if !appended.more {
                waiting.remove(turn);
            }
        }
        let mut assembly = Assembly::new(LARGEST, LARGEST, 5);
        let mut whole = HashMap::new();
        let mut firsts = HashMap::new();
        let (mut allowed, mut returned) = (0, 0);
        for (now, Frame { header, body }) in received(&wire).into_iter().enumerate() {
            let (kind, id) = (header.kind, header.id);
            let first = *firsts.entry((kind, id)).or_insert(now);
            let came_at = body.as_ptr();
            let step = assembly.take(&header, body, now, |bytes| { allowed += bytes; true }).unwrap();
            if let Step::Whole { body, mark, chunked, kept } = step {
                prop_assert_eq!((mark, chunked), (first, body.len() > CHUNK));
                prop_assert!(chunked || body.as_ptr() == came_at, "copied for nothing");
                prop_assert_eq!(kept, if chunked { body.len() } else { 0 });
                returned += kept;
                whole.insert((kind, id), body);
            }
            prop_assert_eq!(assembly.kept(), allowed - returned);
        }
        prop_assert_eq!(assembly.kept(), 0);
        for (id, (kind, len)) in (0..).zip(messages) {
            prop_assert!(whole.remove(&(kind, id)).unwrap() == message(id, len));
        }
        prop_assert!(whole.is_empty());
    }

    #[test]
    fn whatever_comes_no_more_is_kept_than_allowed(
        frames in proptest::collection::vec((
            kinds(),
            0..4u64,
            any::<bool>(),
            prop_oneof![8 => Just(CHUNK), 2 => Just(0), 2 => 1..CHUNK, 1 => CHUNK + 1..2 * CHUNK],
        ), 0..60),
        budget in 0..8 * CHUNK,
        taken in 0..LARGEST,
    ) {
        let mut assembly = Assembly::new(LARGEST, taken, 3);
        let mut left = budget;
        let mut refused = HashSet::new();
        let bytes = Bytes::from(vec![0; 2 * CHUNK]);
        for (kind, id, more, len) in frames {
            let header = Header { len: u32::try_from(len).unwrap(), kind, id, more };
            let allow = |bytes| { let room = bytes <= left; if room { left -= bytes } room };
            let Ok(step) = assembly.take(&header, bytes.slice(..len), (), allow) else { break };
            match step {
                Step::Whole { kept, .. } => left += kept,
                Step::More => {}
                Step::Refused { kind, id, freed } | Step::TooLarge { kind, id, freed, .. } => {
                    prop_assert!(refused.insert((kind, id)) , "said twice");
                    left += freed;
                }
                Step::GivenUp { freed, .. } => left += freed,
            }
            if !more {
                refused.remove(&(kind, id));
            }
            prop_assert_eq!(assembly.kept() + left, budget);
        }
        prop_assert_eq!(assembly.kept() + left, budget);
    }
}

#[test]
fn only_what_is_longer_than_a_chunk_is_cut() {
    for len in [0, 1, CHUNK] {
        let frame = frame(FrameKind::Call, 7, &message(7, len));
        assert_eq!(Parts::new(frame.clone()).unwrap_err(), frame);
    }
    let two = [frame(FrameKind::Call, 7, &message(7, CHUNK)), frame(FrameKind::Call, 8, &[])].concat();
    assert!(Parts::new(two).is_err());
    assert!(Parts::new(frame(FrameKind::ViewSync, 0, &message(7, CHUNK + 1))).is_err());
    let mut parts = parts(FrameKind::Call, 7, CHUNK + 1);
    assert_eq!((parts.remaining(), parts.has_begun()), (CHUNK + 1, false));
    assert!(parts.held() > CHUNK);
    let mut out = b"earlier".to_vec();
    let first = parts.append_next(&mut out);
    assert_eq!((first.start, first.more, out.len()), (7, true, 7 + HEADER_LEN + CHUNK));
    assert_eq!(out[7 + HEADER_LEN..], message(7, CHUNK), "it begins as the message does");
    assert!(!parts.append_next(&mut out).more);
    assert!(!parts.append_next(&mut out).more, "there is nothing more");
    assert_eq!(received(&out[7..]).len(), 2);
}

#[test]
fn a_sender_that_gives_up_says_so_if_it_has_begun() {
    let mut out = Vec::new();
    parts(FrameKind::Reply, 3, 2 * CHUNK).give_up(&mut out);
    assert!(out.is_empty());

    let mut begun = parts(FrameKind::Reply, 3, 2 * CHUNK);
    begun.append_next(&mut out);
    begun.give_up(&mut out);
    let mut assembly = Assembly::new(LARGEST, LARGEST, 1);
    let mut steps =
        received(&out).into_iter().map(|frame| take(&mut assembly, (frame.header, frame.body)).unwrap());
    assert_eq!(steps.next(), Some(Step::More));
    assert_eq!(steps.next(), Some(Step::GivenUp { kind: FrameKind::Reply, id: 3, freed: CHUNK }));
    assert_eq!(steps.next(), None);
    assert_eq!(assembly.kept(), 0);

    out.clear();
    let mut sent = parts(FrameKind::Reply, 3, 2 * CHUNK);
    while sent.append_next(&mut out).more {}
    out.clear();
    sent.give_up(&mut out);
    assert!(out.is_empty(), "all of it has left");
}

#[test]
fn where_there_is_no_room_the_rest_is_swallowed() {
    let mut assembly = Assembly::new(LARGEST, LARGEST, 2);
    let mut room = 2 * CHUNK;
    let mut take = |(header, body): (Header, Bytes), assembly: &mut Assembly<u32>| {
        let step = assembly.take(&header, body, 0, |bytes| {
            let has = bytes <= room;
            room -= if has { bytes } else { 0 };
            has
        });
        step.unwrap()
    };
    let next = |more| chunk(FrameKind::Call, 9, CHUNK, more);
    assert_eq!(take(next(true), &mut assembly), Step::More);
    assert_eq!(take(next(true), &mut assembly), Step::More);
    assert_eq!(assembly.kept(), 2 * CHUNK);
    let refused = Step::Refused { kind: FrameKind::Call, id: 9, freed: 2 * CHUNK };
    assert_eq!(take(next(true), &mut assembly), refused);
    assert_eq!(assembly.kept(), 0);
    assert_eq!(take(next(true), &mut assembly), Step::More, "swallowed");
    // A reply with that id is another message.
    let (header, body) = chunk(FrameKind::Reply, 9, 5, false);
    assert!(matches!(take((header, body), &mut assembly), Step::Whole { chunked: false, .. }));
    assert_eq!(take(next(false), &mut assembly), Step::More, "the last one");
    // It is over with, so that the id may come again.
    let (header, body) = chunk(FrameKind::Call, 9, 5, false);
    assert!(matches!(take((header, body), &mut assembly), Step::Whole { chunked: false, .. }));
}

#[test]
fn of_a_message_that_is_longer_than_is_taken_no_more_is_kept() {
    let mut assembly = Assembly::new(LARGEST, 2 * CHUNK, 2);
    let next = |more| chunk(FrameKind::Reply, 9, CHUNK, more);
    assert_eq!(take(&mut assembly, next(true)), Ok(Step::More));
    assert_eq!(take(&mut assembly, next(true)), Ok(Step::More));
    let too_large = Step::TooLarge { kind: FrameKind::Reply, id: 9, size: 3 * CHUNK, freed: 2 * CHUNK };
    assert_eq!(take(&mut assembly, next(true)), Ok(too_large));
    assert_eq!(assembly.kept(), 0);
    assert_eq!(
        (take(&mut assembly, next(true)), take(&mut assembly, next(false))),
        (Ok(Step::More), Ok(Step::More))
    );
    // One that is just as long as it may be comes whole.
    assert_eq!(take(&mut assembly, next(true)), Ok(Step::More));
    assert!(matches!(take(&mut assembly, next(false)), Ok(Step::Whole { kept, .. }) if kept == 2 * CHUNK));
}

#[test]
fn a_message_refused_at_its_last_chunk_leaves_nothing_behind() {
    let mut assembly = Assembly::new(LARGEST, LARGEST, 1);
    take(&mut assembly, chunk(FrameKind::Call, 1, CHUNK, true)).unwrap();
    let (header, body) = chunk(FrameKind::Call, 1, 1, false);
    let step = assembly.take(&header, body, 0, |_| false).unwrap();
    assert_eq!(step, Step::Refused { kind: FrameKind::Call, id: 1, freed: CHUNK });
    assert_eq!(
        take(&mut assembly, chunk(FrameKind::Call, 2, CHUNK, true)),
        Ok(Step::More),
        "there is a place"
    );
}

#[test]
fn what_breaks_the_rules_is_an_error() {
    let fresh = || Assembly::new(LARGEST, LARGEST, 2);
    for len in [0, 1, CHUNK - 1, CHUNK + 1] {
        assert_eq!(take(&mut fresh(), chunk(FrameKind::Call, 1, len, true)), Err(ChunkError::Length(len)));
    }
    let mut assembly = fresh();
    take(&mut assembly, chunk(FrameKind::Call, 1, CHUNK, true)).unwrap();
    let long = chunk(FrameKind::Call, 1, CHUNK + 1, false);
    assert_eq!(take(&mut assembly, long), Err(ChunkError::Length(CHUNK + 1)));

    let mut assembly = fresh();
    take(&mut assembly, chunk(FrameKind::Call, 1, CHUNK, true)).unwrap();
    take(&mut assembly, chunk(FrameKind::Reply, 1, CHUNK, true)).unwrap();
    assert_eq!(take(&mut assembly, chunk(FrameKind::Call, 2, CHUNK, true)), Err(ChunkError::TooMany(2)));

    // Also of what is swallowed there is an end.
    for room in [usize::MAX, 0] {
        let mut assembly = fresh();
        for _ in 0..5 {
            let (header, body) = chunk(FrameKind::Call, 1, CHUNK, true);
            assembly.take(&header, body, 0, |bytes| bytes <= room).unwrap();
        }
        let more = chunk(FrameKind::Call, 1, 1, false);
        assert_eq!(take(&mut assembly, more), Err(ChunkError::TooLarge(LARGEST)));
    }
}
