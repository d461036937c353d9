//! Every kind of argument arrives as it was given, and the caller keeps what it only lent.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::bed::{Bed, Way};
use crate::probe::Probe;

in_four_ways!(by_value, texts, bytes, slices_and_references, optional_texts, cows, of_blocking_methods);

const TEXTS: [&str; 5] = ["", "alice", "Ä\u{1f409}\0", " ", "__proto__"];

async fn by_value(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    for (flag, text, numbers, pair) in [
        (true, "alice", vec![i64::MIN, -1, 0, i64::MAX], (255, Some('\u{10ffff}'))),
        (false, "", vec![], (0, None)),
    ] {
        let got = bed.shard.values(flag, text.to_owned(), numbers.clone(), pair, ()).await.unwrap();
        assert_eq!(got, (flag, text.to_owned(), numbers, pair));
    }
    assert_eq!(bed.module.runs("values"), 2);
}

async fn texts(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let long = "x".repeat(100_000);
    for text in TEXTS.into_iter().chain([long.as_str()]) {
        // Borrowed from something that lives no longer than the call.
        let owned = text.to_owned();
        assert_eq!(bed.shard.text(&owned).await.unwrap(), text);
        assert_eq!(bed.shard.text_later(&owned).await.unwrap(), text);
    }
}

async fn bytes(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let all: Vec<u8> = (0..=255).collect();
    for bytes in [&[][..], &[0], &all, &vec![0xff; 100_000]] {
        assert_eq!(bed.shard.bytes(bytes).await.unwrap(), bytes);
    }
}

async fn slices_and_references(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let items: Vec<(u32, String)> = (0..100).map(|n| (n, "y".repeat(n as usize))).collect();
    for items in [&items[..0], &items[..1], &items] {
        assert_eq!(bed.shard.slice(items).await.unwrap(), items);
    }
    let map = BTreeMap::from([(String::new(), u64::MAX), ("id".to_owned(), 0)]);
    assert_eq!(bed.shard.reference(&map).await.unwrap(), map);
    assert_eq!(bed.shard.reference(&BTreeMap::new()).await.unwrap(), BTreeMap::new());
}

async fn optional_texts(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    for text in [None, Some(""), Some("alice")] {
        assert_eq!(bed.shard.maybe(text).await.unwrap().as_deref(), text);
    }
}

async fn cows(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    for text in TEXTS {
        assert_eq!(bed.shard.cow(Cow::Borrowed(text)).await.unwrap(), text);
        assert_eq!(bed.shard.cow(Cow::Owned(text.to_owned())).await.unwrap(), text);
    }
}

async fn of_blocking_methods(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let state = shard_runtime::State::new().with_actor("bob");
    for (id, text) in (0..).zip(TEXTS) {
        let got = bed.shard.blocking_echo(&state, text, id).await.unwrap();
        assert_eq!(got, (text.to_owned(), id, Some("bob".to_owned())));
    }
    assert_eq!(bed.module.runs("blocking_echo"), 5);
}
