//! Large messages, on their way out and in.

use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::{Bytes, BytesMut};

use super::script::Script;
use crate::wire::assembly::{Assembly, Step};
use crate::wire::chunk::{CHUNK, Parts};
use crate::wire::frame::{Frame, Header};
use crate::wire::{FrameKind, next_frame, write_frame};

/// The longest message, in bytes.
const LARGEST: usize = 3 * CHUNK + 100;

/// Bytes of one that are taken.
const TAKEN: usize = LARGEST - CHUNK;
/// Messages at a time.
const MOST: usize = 3;
/// Frames of one script. Each may be a whole chunk, which takes its time.
const FRAMES: usize = 12;

/// For each frame of a script a body, with one byte more than any may have.
static FILLED: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
    (0..FRAMES).map(|mark| Bytes::from(vec![u8::try_from(mark).unwrap(); CHUNK + 1])).collect()
});

/// Chunks in any order, of any length, with room for them or without: every byte that room was asked for is given back
/// or still kept, never more than may be, and a whole message has the bytes of its chunks in their order. What our own side
/// cuts into chunks comes back.
///
/// # Panics
///
/// When that does not hold.
pub fn chunks(input: &[u8]) {
    let mut script = Script::new(input);
    if script.u8() & 1 == 0 { there_and_back(&mut script) } else { any_frames(&mut script) }
}

fn any_frames(script: &mut Script<'_>) {
    let mut assembly = Assembly::new(LARGEST, TAKEN, MOST);
    let mut asked = 0;
    let mut returned = 0;
    let mut came: HashMap<(FrameKind, u64), Vec<Bytes>> = HashMap::new();
    for mark in 0..FRAMES {
        if script.is_over() {
            break;
        }
        let choice = script.u8();
        let kind = if choice & 1 == 0 { FrameKind::Call } else { FrameKind::Reply };
        let more = choice & 2 != 0;
        let has_room = choice & 4 == 0;
        let id = u64::from(choice >> 6);
        let len = match choice >> 3 & 7 {
            0..=2 => CHUNK,
            3 => 0,
            4 => CHUNK + 1,
            5 => CHUNK - 1,
            _ => usize::from(script.u8()),
        };
        let body = FILLED[mark].slice(..len);
        let header = Header { len: u32::try_from(len).unwrap(), kind, id, more };
        let was_asked = core::cell::Cell::new(0);
        let step = assembly.take(&header, body.clone(), mark, |bytes| {
            was_asked.set(was_asked.get() + 1);
            if has_room {
                asked += bytes;
            }
            has_room
        });
        assert!(was_asked.get() <= 1, "room is asked for once at most");
        let Ok(step) = step else {
            // The link ends, and what is kept with it.
            break;
        };
        let parts = came.entry((kind, id)).or_default();
        match step {
            Step::Whole { body: whole, chunked: false, kept, .. } => {
                assert!(!more && kept == 0 && whole == body);
            }
            Step::Whole { body: whole, mark: first, chunked: true, kept } => {
                returned += kept;
                parts.push(body);
                assert_eq!(whole.len(), kept);
                assert!(whole.len() <= TAKEN && is_of(&whole, parts), "its chunks in their order");
                assert_eq!(whole.first().copied().map(usize::from), Some(first), "the mark of its first");
            }
            Step::More if was_asked.get() == 1 => parts.push(body),
            Step::More => {}
            Step::Refused { freed, .. } | Step::GivenUp { freed, .. } | Step::TooLarge { freed, .. } => {
                let kept: usize = parts.iter().map(Bytes::len).sum();
                assert_eq!(freed, kept, "all that was kept of it is free");
                if let Step::TooLarge { size, .. } = step {
                    assert!(size == kept + len && size > TAKEN, "no sooner than it has to be");
                }
                returned += freed;
                parts.clear();
            }
        }
        if !more || (was_asked.get() == 1 && !has_room) {
            parts.clear();
        }
        assert!(assembly.kept() <= MOST * TAKEN);
        assert_eq!(asked - returned, assembly.kept(), "what was asked for is kept or was given back");
    }
    assert_eq!(asked - returned, assembly.kept(), "what was asked for is kept or was given back");
}

fn is_of(mut whole: &[u8], parts: &[Bytes]) -> bool {
    for part in parts {
        let Some(rest) = whole.strip_prefix(&part[..]) else { return false };
        whole = rest;
    }
    whole.is_empty()
}

/// Up to two messages that take turns.
fn there_and_back(script: &mut Script<'_>) {
    let mut sent = HashMap::new();
    let mut parts = Vec::new();
    for (id, kind) in [(1, FrameKind::Call), (2, FrameKind::Reply)] {
        let len = CHUNK - 2 + usize::from(script.u16());
        let body = vec![script.u8(); len];
        let mut frame = Vec::new();
        write_frame(&mut frame, kind, id, &body).unwrap();
        match Parts::new(frame) {
            Ok(message) => {
                assert!(len > CHUNK && message.remaining() == len && !message.has_begun());
                assert_eq!((message.kind(), message.id()), (kind, id));
                assert!(message.held() >= len);
                sent.insert(id, body);
                parts.push(message);
            }
            Err(_) => assert!(len <= CHUNK, "a message of {len} bytes goes in chunks"),
        }
    }
    let mut wire = Vec::new();
    while !parts.is_empty() {
        let choice = script.u8();
        let at = usize::from(choice & 1) % parts.len();
        if choice == 0xff {
            let message = parts.remove(at);
            sent.remove(&message.id());
            message.give_up(&mut wire);
            continue;
        }
        let appended = parts[at].append_next(&mut wire);
        assert!(wire.len() > appended.start && wire.len() - appended.start <= CHUNK + 16);
        if !appended.more {
            assert_eq!(parts.remove(at).remaining(), 0);
        }
    }
    let mut assembly = Assembly::new(LARGEST, LARGEST, MOST);
    let mut buffer = BytesMut::from(&wire[..]);
    while let Some(Frame { header, body }) = next_frame(&mut buffer, CHUNK).unwrap() {
        match assembly.take(&header, body, (), |_| true).unwrap() {
            Step::Whole { body, chunked, .. } => {
                assert!(chunked);
                assert_eq!(sent.remove(&header.id).as_deref(), Some(&body[..]), "it came back as it went");
            }
            Step::More | Step::GivenUp { .. } => {}
            Step::Refused { .. } | Step::TooLarge { .. } => panic!("there was room"),
        }
    }
    assert!(sent.is_empty() && buffer.is_empty());
    assert_eq!(assembly.kept(), 0);
}
