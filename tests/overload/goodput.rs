//! Three times as much as a node can do.

use std::time::Duration;

use crate::bed::Bed;
use crate::load::{self, open, per_second, quantile};
use crate::patience::patient;

/// For how long there is too much.
const OVERLOAD: Duration = Duration::from_secs(4);

/// For how long there is as much as it can do, before that and afterwards.
const MEASURED: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_times_too_much_is_done_as_fast_as_possible_and_refused_at_once() {
    patient(async {
        let bed = Bed::start().await;
        let shard = bed.shard();
        let before = load::capacity(&shard, 1, MEASURED).await;
        bed.idle().await;
        let (ground, sent) = (bed.mill.ground(), bed.caller.calls());

        let (took, ended) = open(&shard, 3.0 * before, OVERLOAD).await;
        bed.idle().await;
        let (ground, repeated) = (bed.mill.ground() - ground, bed.caller.calls().repeated - sent.repeated);
        // There is nothing to get over. And what else the machine does may have begun or ended meanwhile.
        let after = load::capacity(&shard, 100, MEASURED).await;
        bed.idle().await;
        let capacity = before.min(after);

        let (done, refused): (Vec<_>, Vec<_>) = ended.iter().partition(|call| call.outcome.is_ok());
        let goodput = per_second(done.len(), took);
        let [soon, late] = [500, 990].map(|part| quantile(refused.iter().copied(), part));
        let [usual, slow] = [500, 990].map(|part| quantile(done.iter().copied(), part));
        println!(
            "capacity {before:.0}/s and {after:.0}/s, goodput {goodput:.0}/s ({:.0} %); {} refusals: p50 {soon:?}, p99 \
             {late:?}; {} values: p50 {usual:?}, p99 {slow:?}",
            100.0 * goodput / capacity,
            refused.len(),
            done.len(),
        );

        let other = refused.iter().find(|call| !call.is_refused());
        assert!(other.is_none(), "{other:?}");
        assert!(refused.len() > ended.len() / 2, "there was too much: {} of {}", refused.len(), ended.len());
        assert!(goodput >= 0.9 * capacity, "{goodput:.0} of {capacity:.0}");
        // The second leaves room for a machine that does other things at the same time.
        assert!(soon <= Duration::from_millis(10) && late <= Duration::from_millis(250), "{soon:?} {late:?}");
        // What is let in is not let in to wait. The average is learnt, and the machine is not ours alone.
        assert!(usual <= Duration::from_millis(200) && slow <= Duration::from_millis(600), "{usual:?} {slow:?}");
        assert_eq!(ground, done.len() as u64, "what was refused did not start");
        assert!(repeated * 5 <= ended.len() as u64, "{repeated} were sent again");
    })
    .await;
}
