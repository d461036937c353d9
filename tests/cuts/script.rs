use futures::future::join_all;
use tokio::time::{Duration, sleep};

use crate::pair::Pair;
use crate::verdict::End;

/// How many calls the script makes. When nothing fails, each is one frame there and one back.
pub(crate) const CALLS: u64 = 20;

/// What each call may take.
const MILLIS: u64 = 800;

/// Six calls one after another, eight at once of which some are slow, six one after another. Those with even ids
/// go through the pinned shard, the others through the keyed one.
pub(crate) async fn run(pair: &Pair) -> Vec<End> {
    let mut ends = Vec::new();
    for id in 0..6 {
        ends.push(call(pair, id, 0).await);
    }
    // They come back in another order than they left.
    ends.extend(join_all((6..14).map(|id| call(pair, id, (14 - id) % 5 * 4))).await);
    for id in 14..CALLS {
        ends.push(call(pair, id, 1).await);
        // A caller that has failed has time to notice that it may be better now.
        sleep(Duration::from_millis(2)).await;
    }
    ends
}

async fn call(pair: &Pair, id: u64, millis: u64) -> End {
    let shard = if id.is_multiple_of(2) { &pair.pinned } else { &pair.keyed };
    End::of(id, MILLIS, async {
        match id % 4 {
            _ if millis > 0 && !id.is_multiple_of(3) => shard.slow(id, millis).await,
            0 => shard.quick(id).await,
            1 => shard.blocking(id).await,
            _ => {
                let padding = vec![9; 3_000];
                let (answer, echo) = shard.padded(id, &padding).await?;
                assert_eq!(echo, padding);
                Ok(answer)
            }
        }
    })
    .await
}
