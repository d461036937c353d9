//! A result that looks like nothing arrives as itself.

use shard_runtime::CallError;

use crate::bed::{Bed, Way};
use crate::probe::{Probe, ProbeError};

in_four_ways!(each_as_itself, an_empty_error_is_an_error);

async fn each_as_itself(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    assert_eq!(bed.shard.no().await, Ok(false));
    assert_eq!(bed.shard.empty().await, Ok(String::new()));
    assert_eq!(bed.shard.zero().await, Ok(0));
    assert_eq!(bed.shard.none().await, Ok(None));
    assert_eq!(bed.shard.some_none().await, Ok(Some(None)));
    assert_eq!(bed.shard.unit().await, Ok(()));
    assert_eq!(bed.shard.ok_unit().await, Ok(()));
    assert_eq!(bed.shard.nothing().await, Ok(vec![]));
    assert_eq!(bed.module.all_runs(), 8);
}

async fn an_empty_error_is_an_error(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let error = bed.shard.fails(false, "").await.unwrap_err();
    assert!(matches!(&error, CallError::Module { error: ProbeError::Said(text), .. } if text.is_empty()));
    assert_eq!(bed.module.runs("fails"), 1);
}
