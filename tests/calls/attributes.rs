//! Attributes: read, set and watched over a shard, of the node that it names (M24, M37).

use std::time::Duration;

use shard_runtime::{Attribute, sharded_module};

use crate::bed::{Bed, Way};
use crate::patience::{until, within};

in_four_ways!(
    are_read_and_set_where_the_shard_is,
    a_watcher_sees_the_present_value_first,
    a_slow_watcher_skips_to_the_newest,
    a_watcher_that_goes_is_gone,
    of_other_types_and_names,
    over_a_broadcast_each_has_its_own,
);

#[derive(Default)]
struct Lobby {
    motd: Attribute<String>,
    limits: Attribute<Option<Vec<u32>>>,
}

type Limits = Attribute<Option<Vec<u32>>>;

#[sharded_module]
impl Lobby {
    /// The message of the day.
    #[attribute]
    fn motd(&self) -> &Attribute<String> {
        &self.motd
    }

    /// Behind an alias, and under another name on the wire.
    #[attribute]
    #[rename("bounds")]
    fn limits(&self) -> &Limits {
        &self.limits
    }
}

async fn are_read_and_set_where_the_shard_is(way: Way) {
    let bed = Bed::<Lobby>::of(way).await;
    bed.bystander.motd.set("elsewhere".to_owned());
    assert_eq!(bed.shard.motd().await, Ok(String::new()));
    bed.module.motd.set("by hand".to_owned());
    assert_eq!(bed.shard.motd().await, Ok("by hand".to_owned()));
    assert_eq!(bed.shard.set_motd("from afar".to_owned()).await, Ok(()));
    assert_eq!(
        (bed.module.motd.get(), bed.shard.motd().await),
        ("from afar".to_owned(), Ok("from afar".into()))
    );
    assert_eq!(bed.bystander.motd.get(), "elsewhere");
}

async fn a_watcher_sees_the_present_value_first(way: Way) {
    let bed = Bed::<Lobby>::of(way).await;
    bed.module.motd.set("first".to_owned());
    let mut watch = bed.shard.watch_motd().await.unwrap();
    assert_eq!(watch.next().await, Some(Ok("first".to_owned())));
    bed.shard.set_motd("second".to_owned()).await.unwrap();
    assert_eq!(watch.next().await, Some(Ok("second".to_owned())));
    bed.module.motd.set("third".to_owned());
    assert_eq!(watch.next().await, Some(Ok("third".to_owned())));
    // Another one begins with what is there.
    let mut late = bed.shard.watch_motd().await.unwrap();
    assert_eq!(late.next().await, Some(Ok("third".to_owned())));
}

async fn a_slow_watcher_skips_to_the_newest(way: Way) {
    let bed = Bed::<Lobby>::of(way).await;
    let mut watch = bed.shard.watch_motd().await.unwrap();
    let long = "x".repeat(10_000);
    for n in 0..=2_000 {
        bed.module.motd.set(format!("{n}:{long}"));
        if n % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    // In order, with gaps, to the newest.
    let (mut seen, mut last) = (0, None);
    let newest = async {
        while last != Some(2_000) {
            let value = watch.next().await.unwrap().unwrap();
            seen += 1;
            if value.is_empty() {
                continue; // What was there first.
            }
            let (n, _) = value.split_once(':').unwrap();
            let n: u32 = n.parse().unwrap();
            assert!(Some(n) > last, "{n} came after {last:?}");
            last = Some(n);
        }
    };
    within(Duration::from_secs(5), "the newest", newest).await;
    assert!(seen < 1_000, "it was not given each: {seen}");
}

async fn a_watcher_that_goes_is_gone(way: Way) {
    let bed = Bed::<Lobby>::of(way).await;
    for _ in 0..5 {
        let mut watch = bed.shard.watch_motd().await.unwrap();
        watch.next().await.unwrap().unwrap();
        drop(watch);
    }
    until(Duration::from_secs(1), "nothing runs", || bed.nodes.callee.running() == 0).await;
}

async fn of_other_types_and_names(way: Way) {
    let bed = Bed::<Lobby>::of(way).await;
    let mut watch = bed.shard.watch_limits().await.unwrap();
    assert_eq!(bed.shard.limits().await, Ok(None));
    assert_eq!(watch.next().await, Some(Ok(None)));
    for value in [Some(vec![]), Some(vec![1, 2]), None] {
        bed.shard.set_limits(value.clone()).await.unwrap();
        assert_eq!(bed.shard.limits().await.as_ref(), Ok(&value));
        assert_eq!(watch.next().await, Some(Ok(value)));
    }
}

async fn over_a_broadcast_each_has_its_own(way: Way) {
    let bed = Bed::<Lobby>::of(way).await;
    let nodes = if way.is_remote() { 2 } else { 1 };
    bed.module.motd.set("there".to_owned());
    let broadcast = bed.nodes.caller.module::<Lobby>().create_broadcast();
    let (errors, values) = broadcast.motd().await.into_parts();
    assert_eq!((errors.len(), values.len()), (0, nodes));
    assert_eq!(values.values().filter(|value| *value == "there").count(), 1, "nothing is replicated");
    let (errors, values) = broadcast.set_motd("all".to_owned()).await.into_parts();
    assert_eq!((errors.len(), values.len()), (0, nodes));
    assert_eq!(bed.module.motd.get(), "all");
    assert_eq!(bed.bystander.motd.get(), if way.is_remote() { "all" } else { "" });
}
