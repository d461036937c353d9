//! Many calls at once, and one after another.

use futures::future::join_all;

use crate::bed::{Bed, Way};
use crate::probe::Probe;

in_four_ways!(each_gets_its_own_answer, calls_of_one_task_begin_in_order, blocking_calls_run_side_by_side);

/// They end in another order than they began.
async fn each_gets_its_own_answer(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let calls = (0..500_u64).map(|id| {
        let shard = &bed.shard;
        async move {
            match id % 4 {
                0 => assert_eq!(shard.echo(id).await, Ok(id)),
                1 => assert_eq!(shard.text_later(&id.to_string()).await.unwrap(), id.to_string()),
                2 => assert_eq!(shard.slowly(id, (500 - id) / 25).await, Ok(id)),
                _ => assert_eq!(
                    shard.fails(true, &id.to_string()).await.unwrap_err().to_string(),
                    id.to_string()
                ),
            }
        }
    });
    join_all(calls).await;
    assert_eq!(
        (bed.module.runs("echo"), bed.module.runs("text_later"), bed.module.runs("fails")),
        (125, 125, 125)
    );
    assert!((2..500).step_by(4).all(|id| bed.module.runs(&format!("end of {id}")) == 1));
}

/// M30, and sentence 13 of what is promised.
async fn calls_of_one_task_begin_in_order(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let ids = 0..1_000;
    let mut begun = Vec::new();
    for id in ids.clone() {
        let shard = bed.shard.clone();
        let mut call = Box::pin(async move { shard.note(id).await });
        match futures::poll!(call.as_mut()) {
            std::task::Poll::Ready(outcome) => assert_eq!(outcome, Ok(id)),
            std::task::Poll::Pending => begun.push((id, tokio::spawn(call))),
        }
    }
    for (id, call) in begun {
        assert_eq!(call.await.unwrap(), Ok(id));
    }
    let started = bed.module.started();
    assert!(started.iter().copied().eq(ids), "each once, in order: {started:?}");
}

async fn blocking_calls_run_side_by_side(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let start = tokio::time::Instant::now();
    let blocking = join_all((0..8).map(|id| bed.shard.blocks(id, 150)));
    let others = async {
        for id in 100..200 {
            assert_eq!(bed.shard.echo(id).await, Ok(id));
        }
    };
    let (ends, ()) = tokio::join!(blocking, others);
    assert!((0..).zip(ends).all(|(id, end)| end == Ok(id)));
    assert!(start.elapsed().as_millis() < 8 * 150, "{:?}", start.elapsed());
    assert!((0..8).all(|id| bed.module.runs(&format!("end of {id}")) == 1));
}
