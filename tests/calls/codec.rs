//! What has run and cannot be told of is unknown.

use shard_runtime::{CallError, Unknown};

use crate::bed::{Bed, Way};
use crate::picky::Picky;
use crate::probe::Probe;

in_four_ways!(a_reply_that_is_too_large, a_reply_that_cannot_be_encoded, a_reply_that_cannot_be_decoded);

/// The default limit of a message.
const LIMIT: usize = 1 << 20;

async fn a_reply_that_is_too_large(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let outcome = bed.shard.of_length(LIMIT + 1).await;
    if way.encodes() {
        let error = outcome.unwrap_err();
        let CallError::Unknown { reason: Unknown::ReplyTooLarge { size, limit }, .. } = error else {
            panic!("{error:?}");
        };
        assert!(size > limit && limit == LIMIT as u64, "{size} {limit}");
    } else {
        assert_eq!(outcome.unwrap().len(), LIMIT + 1);
    }
    assert_eq!(bed.module.runs("of_length"), 1);
    assert_eq!(bed.shard.of_length(LIMIT - 64).await.unwrap().len(), LIMIT - 64);
}

async fn a_reply_that_cannot_be_encoded(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    for (runs, text) in (1..).zip([Picky::PANICS_WHEN_WRITTEN, Picky::FAILS_WHEN_WRITTEN]) {
        let outcome = bed.shard.gives(text).await;
        if way.encodes() {
            let error = outcome.unwrap_err();
            assert!(
                matches!(&error, CallError::Unknown { reason: Unknown::CannotEncodeReply(why), .. }
                    if why.contains("the user's `Serialize`")),
                "{error:?}"
            );
        } else {
            assert_eq!(outcome, Ok(Picky::new(text)), "nothing is written");
        }
        assert_eq!(bed.module.runs("gives"), runs);
    }
    assert_eq!(bed.shard.gives("good").await, Ok(Picky::new("good")));
}

async fn a_reply_that_cannot_be_decoded(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    for (runs, text) in (1..).zip([Picky::PANICS_WHEN_READ, Picky::FAILS_WHEN_READ]) {
        let outcome = bed.shard.gives(text).await;
        if way.encodes() {
            let error = outcome.unwrap_err();
            assert!(
                matches!(&error, CallError::Unknown { reason: Unknown::Undecodable(why), .. }
                    if why.contains("the user's `Deserialize`")),
                "{error:?}"
            );
        } else {
            assert_eq!(outcome, Ok(Picky::new(text)), "nothing is read");
        }
        assert_eq!(bed.module.runs("gives"), runs);
    }
    assert_eq!(bed.shard.gives("good").await, Ok(Picky::new("good")));
}
