//! The items of a stream.

use std::sync::LazyLock;

use bytes::Bytes;

use super::script::Script;
use crate::wire::items::{ItemReader, STREAM_WINDOW, append_item};

/// The longest item, in bytes: longer than the window, so that one may have to be taken in part.
const LONGEST: usize = 300 * 1024;
/// Items of one script.
const ITEMS: usize = 8;

/// What the items are cut out of, each from another byte on.
static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| (0..=250).cycle().take(LONGEST + ITEMS).collect());

/// Items, cut into frames anywhere, come back in their order and without a gap; the reader never grants more than the
/// window, and refuses what was not granted. Any bytes are items, or refused.
///
/// # Panics
///
/// When that does not hold.
pub fn items(input: &[u8]) {
    let mut script = Script::new(input);
    if script.u8() & 1 == 0 { there_and_back(&mut script) } else { any_bytes(&mut script) }
}

fn there_and_back(script: &mut Script<'_>) {
    let count = usize::from(script.u8()) % ITEMS;
    let mut wire = Vec::new();
    let mut lengths = Vec::new();
    for number in 0..count {
        let len = match script.u8() {
            254 => usize::from(script.u16()),
            // Once, for it takes its time.
            255 if number == 0 => LONGEST - usize::from(script.u8()),
            short => usize::from(short),
        };
        append_item(&mut wire, |out| {
            out.extend_from_slice(&BYTES[number..number + len]);
            Ok(())
        })
        .unwrap();
        lengths.push(len);
    }
    let mut reader = ItemReader::new(LONGEST);
    let window = usize::try_from(STREAM_WINDOW).unwrap();
    let (mut granted, mut read, mut rest) = (window, 0, &wire[..]);
    loop {
        while let Some(item) = reader.next() {
            assert_eq!(Some(&item.len()), lengths.get(read), "item {read}");
            assert!(item == BYTES[read..read + item.len()], "the bytes of item {read}");
            read += 1;
        }
        if rest.is_empty() {
            break;
        }
        if let Some(more) = reader.credit(granted == 0) {
            granted += usize::try_from(more).unwrap();
            assert!(granted <= window, "more is granted than the window");
        }
        assert!(granted > 0, "the writer waits for ever");
        let choice = script.u8();
        let len = if choice < 16 { window } else { usize::from(choice) * usize::from(choice) / 2 };
        let (piece, behind) = rest.split_at(len.min(granted).min(rest.len()));
        reader.push(piece).unwrap();
        granted -= piece.len();
        rest = behind;
    }
    assert_eq!(read, count, "every item comes out");
    assert!(reader.is_between_items());
}

fn any_bytes(script: &mut Script<'_>) {
    let mut reader = ItemReader::new(usize::from(script.u8()) * 64);
    let (mut pushed, mut taken) = (0, 0);
    while !script.is_over() {
        let len = usize::from(script.u8());
        let piece = script.take(len);
        let result = reader.push(piece);
        assert!(!piece.is_empty() || result.is_err(), "a frame without a byte");
        if result.is_ok() {
            pushed += piece.len();
        }
        if len % 3 == 0 {
            let _ = reader.credit(len % 2 == 0);
        }
        let items: Vec<Bytes> = std::iter::from_fn(|| reader.next()).collect();
        taken += items.iter().map(|item| item.len() + 4).sum::<usize>();
        if result.is_err() {
            // The stream or the link ends. What came before it was whole.
            return;
        }
        assert!(taken <= pushed, "more comes out than went in");
        assert_eq!(reader.is_between_items(), taken == pushed, "nothing is missing, or something is");
    }
}
