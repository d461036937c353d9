//! Items of streams: the same ones wherever their bytes are cut, and no more of them in memory than the window and one.

use bytes::Bytes;
use proptest::prelude::*;

use crate::wire::chunk::CHUNK;
use crate::wire::codec::EncodeError;
use crate::wire::items::{ItemError, ItemReader, STREAM_WINDOW, append_item};

const WINDOW: usize = STREAM_WINDOW as usize;
const MAX: usize = 1 << 20;

/// The bytes of a stream with items of these lengths, each filled with its number.
fn stream(lengths: &[usize]) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, len) in lengths.iter().enumerate() {
        append_item(&mut out, |out| {
            out.resize(out.len() + len, fill(number));
            Ok(())
        })
        .unwrap();
    }
    out
}

fn fill(number: usize) -> u8 {
    u8::try_from(number % 251).unwrap()
}

/// A writer that keeps to the credit it has, and a reader that reads all.
fn through(bytes: &[u8], cuts: &mut impl Iterator<Item = usize>) -> Vec<Bytes> {
    let mut reader = ItemReader::new(MAX);
    let (mut sent, mut credit) = (0, WINDOW);
    let mut items = Vec::new();
    while sent < bytes.len() {
        assert!(credit > 0, "the writer waits for ever, {sent} bytes have gone");
        let len = cuts.next().unwrap_or(CHUNK).min(credit).min(bytes.len() - sent);
        reader.push(&bytes[sent..sent + len]).unwrap();
        (sent, credit) = (sent + len, credit - len);
        while let Some(item) = reader.next() {
            items.push(item);
        }
        credit += reader.credit(false).unwrap_or(0) as usize;
    }
    assert!(reader.is_between_items());
    items
}

fn check(items: &[Bytes], lengths: &[usize]) {
    assert_eq!(items.len(), lengths.len());
    for (number, (item, len)) in items.iter().zip(lengths).enumerate() {
        assert!(*item == vec![fill(number); *len], "item {number}");
    }
}

fn lengths() -> impl Strategy<Value = Vec<usize>> {
    let length = prop_oneof![
        20 => 0..100usize,
        5 => 1_000..10_000usize,
        2 => WINDOW - 10..WINDOW + 10,
        1 => Just(MAX),
    ];
    proptest::collection::vec(length, 0..50)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn items_survive_any_cut(
        lengths in lengths(),
        cuts in proptest::collection::vec(prop_oneof![1..20usize, 1..CHUNK, Just(WINDOW)], 1..200),
    ) {
        let items = through(&stream(&lengths), &mut cuts.into_iter().cycle());
        check(&items, &lengths);
    }

    /// Whenever the reader takes nothing, at most the window comes beyond what it waits for.
    #[test]
    fn a_slow_reader_holds_the_window_and_an_item(
        lengths in lengths(),
        takes in proptest::collection::vec(0..4usize, 1..40),
    ) {
        let bytes = stream(&lengths);
        let mut reader = ItemReader::new(MAX);
        let (mut sent, mut taken, mut credit, mut items) = (0, 0, WINDOW, Vec::new());
        let mut takes = takes.into_iter().chain([1]).cycle();
        while items.len() < lengths.len() {
            while credit > 0 && sent < bytes.len() {
                let len = credit.min(CHUNK).min(bytes.len() - sent);
                reader.push(&bytes[sent..sent + len]).unwrap();
                (sent, credit) = (sent + len, credit - len);
            }
            let largest = lengths.get(items.len()).copied().unwrap_or(0);
            prop_assert!(sent - taken <= WINDOW + largest + 4, "{} bytes wait", sent - taken);
            let mut waits = false;
            for _ in 0..takes.next().unwrap() {
                let Some(item) = reader.next() else {
                    waits = true;
                    break;
                };
                taken += item.len() + 4;
                items.push(item);
            }
            credit += reader.credit(false).unwrap_or(0) as usize;
            prop_assert!(!waits || credit > 0, "both wait for ever");
        }
        check(&items, &lengths);
    }

    #[test]
    fn any_bytes_are_items_or_refused(
        frames in proptest::collection::vec(proptest::collection::vec(prop_oneof![3 => 0..3u8, 1 => any::<u8>()], 0..50), 0..20),
        max in 0..300usize,
    ) {
        let (mut reader, mut pushed, mut taken) = (ItemReader::new(max), 0, 0);
        for frame in &frames {
            let result = reader.push(frame);
            pushed += frame.len();
            while let Some(item) = reader.next() {
                prop_assert!(item.len() <= max);
                taken += item.len() + 4;
            }
            prop_assert!(taken <= pushed);
            prop_assert_eq!(reader.credit(false), None, "so little is not worth it");
            if result.is_err() {
                break;
            }
            prop_assert_eq!(reader.is_between_items(), taken == pushed);
        }
    }
}

#[test]
fn a_failure_leaves_the_buffer_as_it_was() {
    let mut out = b"before".to_vec();
    let error = append_item(&mut out, |out| {
        out.extend_from_slice(b"half");
        Err(EncodeError::TooDeep(64))
    });
    assert_eq!(error, Err(EncodeError::TooDeep(64)));
    assert_eq!(out, b"before");
}

#[test]
fn a_length_beyond_the_limit_is_refused_at_once() {
    let mut reader = ItemReader::new(10);
    let mut bytes = stream(&[10, 0]);
    bytes.extend(11u32.to_le_bytes());
    bytes.extend([0; 50]);
    let (first, last) = bytes.split_at(14 + 4 + 3);
    assert_eq!(reader.push(first), Ok(()));
    assert_eq!(reader.push(&last[..1]), Err(ItemError::TooLarge { size: 11, limit: 10 }));
    assert_eq!((reader.next().unwrap().len(), reader.next().unwrap().len()), (10, 0), "they came before");
    assert_eq!(reader.next(), None);
    assert!(!reader.is_between_items());

    let mut reader = ItemReader::new(10);
    assert!(reader.push(&bytes[14..]).is_err());
    assert!(
        reader.next().is_some() && reader.next().is_none(),
        "what is too long is no item, though it is here"
    );
    let mut reader = ItemReader::new(usize::MAX);
    assert_eq!(reader.push(&[0xff; 4]), Ok(()), "no memory is taken for what is only announced");
}

#[test]
fn what_was_not_granted_is_refused() {
    let mut reader = ItemReader::new(MAX);
    let bytes = stream(&[1020].repeat(257));
    assert_eq!(reader.push(&bytes[..WINDOW]), Ok(()));
    assert_eq!(reader.push(&[1]), Err(ItemError::NotGranted(1)));
    assert_eq!(reader.credit(false), None, "nothing has been taken");
    for _ in 0..127 {
        reader.next().unwrap();
        assert_eq!(reader.credit(false), None);
    }
    reader.next().unwrap();
    assert_eq!(reader.credit(false), Some(STREAM_WINDOW / 2));
    assert_eq!(reader.credit(false), None, "once");
    assert_eq!(reader.push(&vec![0; WINDOW / 2 + 1]), Err(ItemError::NotGranted(1)));
    assert_eq!(reader.push(&bytes[WINDOW..]), Ok(()));
    assert_eq!(reader.push(&[]), Err(ItemError::Empty));
}

#[test]
fn an_item_that_nobody_waits_for_gets_no_credit() {
    let mut reader = ItemReader::new(MAX);
    let bytes = stream(&[MAX]);
    reader.push(&bytes[..WINDOW]).unwrap();
    assert_eq!(reader.credit(false), None);
    assert_eq!(reader.next(), None);
    assert_eq!(reader.credit(false), Some(STREAM_WINDOW));
    reader.push(&bytes[WINDOW..2 * WINDOW]).unwrap();
    assert_eq!(reader.credit(false), None);
}

#[test]
fn a_stream_may_end_only_between_items() {
    let mut reader = ItemReader::new(MAX);
    assert!(reader.is_between_items());
    for (cut, byte) in stream(&[3, 0]).into_iter().enumerate() {
        reader.push(&[byte]).unwrap();
        assert_eq!(reader.is_between_items(), cut == 6 || cut == 10);
    }
    reader.next().unwrap();
    assert!(reader.is_between_items());
}

#[test]
fn items_share_the_memory_that_was_filled_once() {
    // Of a full window nothing is moved to take an item out, however many there are.
    let mut reader = ItemReader::new(MAX);
    reader.push(&stream(&[1020].repeat(256))).unwrap();
    let places: Vec<usize> =
        std::iter::from_fn(|| reader.next()).map(|item| item.as_ptr() as usize).collect();
    assert_eq!(places.len(), 256);
    assert!(places.windows(2).all(|two| two[1] - two[0] == 1024));
}

#[test]
fn a_large_item_takes_its_memory_along() {
    let bytes = stream(&[WINDOW, 3]);
    let mut reader = ItemReader::new(MAX);
    reader.push(&bytes[..WINDOW]).unwrap();
    assert_eq!(reader.next(), None);
    assert_eq!(reader.credit(false), Some(STREAM_WINDOW));
    reader.push(&bytes[WINDOW..]).unwrap();
    let (large, small) = (reader.next().unwrap(), reader.next().unwrap());
    check(&[large.clone(), small.clone()], &[WINDOW, 3]);
    assert_ne!(
        small.as_ptr(),
        large.as_ptr_range().end.wrapping_add(4),
        "the small one would keep all of it"
    );
}
