//! Who calls, for which key, until when and with which data: it travels, and it flows on.

use std::time::Duration;

use shard_runtime::{Shard, State};
use tokio::time::Instant;

use crate::bed::{Bed, Way, within_ms};
use crate::probe::{Probe, Seen, shown, token_of};

in_four_ways!(
    arrives,
    of_the_task_is_used_when_none_is_given,
    is_empty_when_there_is_none,
    flows_into_nested_calls,
    the_earlier_deadline_counts,
    data_has_its_limit,
);

async fn arrives(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let state = within_ms(2_000).with_actor("alice").with_data("league", &7_u32).unwrap();
    let seen = bed.shard.sees(&state).await.unwrap();
    assert_eq!(seen, Seen { left: seen.left, ..expected(&bed) });
    let left = seen.left.unwrap();
    assert!((1_000_000..=2_000_000).contains(&left), "{left}");
}

fn expected(bed: &Bed<Probe>) -> Seen {
    Seen {
        actor: Some("alice".to_owned()),
        key: shown(Shard::key(&bed.shard)),
        league: Some(7),
        caller: Some(bed.nodes.caller.name().to_owned()),
        left: None,
    }
}

async fn of_the_task_is_used_when_none_is_given(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let state = within_ms(2_000).with_actor("alice").with_data("league", &7_u32).unwrap();
    let seen = state.scope(bed.shard.sees_current()).await.unwrap();
    assert_eq!(seen, Seen { left: seen.left, ..expected(&bed) });
    assert!((1_000_000..=2_000_000).contains(&seen.left.unwrap()), "{:?}", seen.left);
}

async fn is_empty_when_there_is_none(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    for seen in [bed.shard.sees(&State::new()).await.unwrap(), bed.shard.sees_current().await.unwrap()] {
        assert_eq!((&seen.actor, seen.league), (&None, None));
        assert_eq!((&seen.key, &seen.caller), (&expected(&bed).key, &expected(&bed).caller));
        // The default of 5 s.
        assert!((4_000_000..=5_000_000).contains(&seen.left.unwrap()), "{:?}", seen.left);
    }
    assert_eq!(State::current().deadline(), None, "the caller's own is as it was");
}

async fn flows_into_nested_calls(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let state = within_ms(2_000).with_actor("alice").with_data("league", &7_u32).unwrap();
    // From the callee back to the caller.
    let next = token_of(&bed.nodes.caller);
    let [outer, given, current, spawned] = bed.shard.next_sees(&state, next).await.unwrap();
    let caller = Some(bed.nodes.callee.name().to_owned());
    for inner in [given, current, spawned] {
        assert!(inner.left < outer.left, "the time runs: {inner:?} in {outer:?}");
        assert!(inner.left.unwrap() > 1_000_000, "{inner:?}");
        let expected = Seen { key: String::new(), caller: caller.clone(), left: inner.left, ..outer.clone() };
        assert_eq!(inner, expected);
    }
}

async fn the_earlier_deadline_counts(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let (soon, late) = (Duration::from_secs(1), Duration::from_secs(60));
    let now = Instant::now();
    for state in [
        State::new().with_deadline(now + soon).with_deadline(now + late),
        State::new().with_deadline(now + late).with_deadline(now + soon),
    ] {
        let left = bed.shard.sees(&state).await.unwrap().left.unwrap();
        assert!(left <= 1_000_000, "{left}");
    }
    // The node's default is earlier than that.
    let state = State::new().with_deadline(now + late);
    let left = bed.shard.sees(&state).await.unwrap().left.unwrap();
    assert!(left <= 5_000_000, "{left}");
}

async fn data_has_its_limit(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let state = State::new().with_data("much", &"x".repeat(16_000)).unwrap();
    let state = state.with_data("league", &1_u32).unwrap();
    assert_eq!(bed.shard.sees(&state).await.unwrap().league, Some(1));
    assert!(state.with_data("more", &"x".repeat(1_000)).is_err());
}
