//! A stream of 64 KiB items. The limit is the same bytes, copied one way.

use std::time::Instant;

use tokio::net::TcpStream;

use crate::bed::Bed;
use crate::limit::copied;
use crate::options::Options;
use crate::rounds::rounds;
use crate::table::{Goal, Table};
use crate::work::{ArenaShard, LARGE};

pub(crate) async fn measure(bed: &Bed, options: &Options, table: &mut Table) {
    let (count, address, shard) = (options.items(), bed.addresses.copies.clone(), bed.shard());
    let limit = async || {
        let address = address.clone();
        tokio::spawn(async move { copy_rate(&address, count).await }).await.expect("it comes to its end")
    };
    let ours = async || {
        let shard = shard.clone();
        tokio::spawn(async move { stream_rate(&shard, count).await }).await.expect("it comes to its end")
    };
    let pairs = rounds(options.rounds(), limit, ours).await;
    table.row("a stream of 64 KiB items, MB / s", Goal::None, pairs);
}

async fn copy_rate(address: &str, count: u32) -> f64 {
    let mut stream = TcpStream::connect(address).await.expect("somebody listens");
    let start = Instant::now();
    copied(&mut stream, count).await;
    rate(start, count)
}

async fn stream_rate(shard: &ArenaShard, count: u32) -> f64 {
    let start = Instant::now();
    let mut items = shard.items(count).await.expect("it is opened");
    let mut taken = 0;
    while let Some(item) = items.next().await {
        assert_eq!(item.expect("it comes").len(), LARGE);
        taken += 1;
    }
    assert_eq!(taken, count, "it has come to its end");
    rate(start, count)
}

fn rate(start: Instant, count: u32) -> f64 {
    let size = f64::from(u32::try_from(LARGE).expect("it is not so large"));
    f64::from(count) * size / 1e6 / start.elapsed().as_secs_f64()
}
