//! What somebody who has the secret can do to a node with bytes alone, and what somebody who has not.

mod attacks;
mod raw;
mod victim;

use std::time::{Duration, Instant};

use attacks::{Attack, Attacker};
use raw::Raw;
use shard_runtime::Node;
use tokio::net::TcpStream;
use tokio::time::timeout;
use victim::{Target, TargetShard, Victim};

/// What the table of guarantees says of hostile bytes.
const MEMORY: u64 = 8 * 1024;
const CLOSED: Duration = Duration::from_secs(3);

/// Says that the machine has nothing else to do, so that times of bystanders mean something.
const QUIET: &str = "HOSTILE_QUIET";

/// Calls without a pause until it is over. Gives how many there were, none of which may fail, and within what time 99 of
/// a hundred ended.
async fn bystander(shard: &TargetShard, mut over: impl FnMut(u64) -> bool) -> (u64, Duration) {
    let mut times = Vec::new();
    while !over(times.len() as u64) {
        let start = Instant::now();
        let number = times.len() as u64;
        assert_eq!(shard.echo(number).await, Ok(number));
        times.push(start.elapsed());
    }
    times.sort_unstable();
    (times.len() as u64, times[times.len() * 99 / 100])
}

/// Of fewer calls it would say nothing within what time 99 of a hundred end.
const CALLS: u64 = 2_000;

/// Runs an attack beside a bystander, until that has made enough calls. Everything that is promised is asserted.
///
/// What it costs a bystander that processors are busy with an attack is measured as well: on a machine with two of them
/// the same attack on another node delays calls, too.
async fn beside(attack: Attack) {
    let quiet = !cfg!(debug_assertions) && std::env::var_os(QUIET).is_some();
    let (victim, other) = (Victim::start(), Victim::start());
    let node = victim::node("bystander").peers([victim.address.clone()]).client_of::<Target>();
    let node: Node = node.start().await.unwrap();
    node.ready().await.unwrap();
    let shard = node.module::<Target>().create_shard("any").unwrap();
    let (mut calls, _) = bystander(&shard, |calls| calls == 500).await;
    victim.forget_peak();
    let [resident, _] = victim.memory();
    let (mut alone, mut elsewhere, mut here, mut attacks) = (vec![], vec![], vec![], 0);
    for round in 0..if quiet { 5 } else { 1 } {
        let (made, within) = bystander(&shard, |calls| calls == CALLS).await;
        calls += made;
        alone.push(within);
        let targets = [(&other, &mut elsewhere), (&victim, &mut here)];
        for (target, times) in targets.into_iter().skip(usize::from(!quiet)) {
            let mut attacker = Attacker::start(attack, &target.address, round);
            // It attacks once at least, and the bystander calls until it has ended.
            let (made, within) = bystander(&shard, |calls| calls >= CALLS && attacker.has_ended()).await;
            calls += made;
            times.push(within);
            attacks += attacker.rounds();
        }
    }
    let [_, peak] = victim.memory();
    let [alone, elsewhere, here] = [alone, elsewhere, here].map(median);
    println!(
        "{attack:?}: {attacks} rounds, memory {resident} KiB and {} more; of {calls} calls 99 % within {alone:?} alone, \
         {here:?} beside the attack, {elsewhere:?} beside one on another node",
        peak.saturating_sub(resident)
    );
    assert!(peak <= resident + MEMORY, "{peak} KiB, from {resident}");
    assert_eq!(shard.runs().await, Ok(calls), "nothing of the attack has run");
    // What the same attack on another node costs is the machine's, and not this node's.
    assert!(!quiet || here <= 2 * alone.max(elsewhere), "{here:?}, {alone:?} alone, {elsewhere:?} elsewhere");
}

/// Zero if there is nothing.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_ask_for_too_much_are_refused_and_cost_nothing() {
    beside(Attack::Bombs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_protocol_end_their_link_at_once() {
    beside(Attack::Ends).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_ends_within_a_frame_leaves_nothing() {
    beside(Attack::Cuts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_slow_to_say_hello_is_not_waited_for() {
    beside(Attack::Drips).await;
}

/// Of a node that can open no file more.
#[tokio::test(flavor = "multi_thread")]
async fn without_descriptors_links_go_on_and_the_next_is_taken_soon_after() {
    const FILES: u32 = 48;
    let victim = Victim::with_files(FILES);
    let node = victim::node("bystander").peers([victim.address.clone()]).client_of::<Target>();
    let node: Node = node.start().await.unwrap();
    node.ready().await.unwrap();
    let shard = node.module::<Target>().create_shard("any").unwrap();
    shard.echo(1).await.unwrap();
    let mut strangers = Vec::new();
    for _ in 0..100 {
        strangers.push(TcpStream::connect(&victim.address).await.unwrap());
    }
    let full = async {
        while victim.files() < FILES as usize {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(CLOSED, full).await.expect("it has no descriptor left");
    // Strangers are waited for 3 s, so that it has none in all of this time.
    let (busy, start) = (victim.busy(), Instant::now());
    while start.elapsed() < Duration::from_secs(2) {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(shard.echo(2).await, Ok(2), "the link is there");
        assert!(victim.files() >= FILES as usize, "and no descriptor is");
    }
    let busy = victim.busy().saturating_sub(busy);
    println!("{} ms of processor time in {} ms", busy.as_millis(), start.elapsed().as_millis());
    // Ticks, calls, pings and all. A loop that does not wait takes a whole processor.
    assert!(busy < start.elapsed() / 20, "{busy:?}");
    drop(strangers);
    let freed = Instant::now();
    let dialled = timeout(CLOSED, Raw::dial(&victim.address, 1)).await;
    assert!(dialled.is_ok_and(|raw| raw.is_ok()), "another is taken in");
    println!("another one {} ms after", freed.elapsed().as_millis());
    assert!(freed.elapsed() < Duration::from_secs(2), "{:?}", freed.elapsed());
}
