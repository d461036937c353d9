//! One small call to sixteen nodes. The limit writes the same frame to sixteen links of L2, and waits for all replies.

use core::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use crate::bed::Bed;
use crate::callers::Caller;
use crate::limit::{Link, decode, encode};
use crate::options::Options;
use crate::rounds::rounds;
use crate::table::{Goal, Table};
use crate::trips::Trips;
use crate::work::{ArenaBroadcast, Input, Output};

pub(crate) const NODES: usize = 16;

pub(crate) async fn measure(bed: &Bed, options: &Options, table: &mut Table) {
    let (limit, ours) = (Links::to(bed).await, Nodes(bed.module().create_broadcast()));
    ours.settle().await;
    let count = options.trips() / 4;
    let limit = async || Trips::of(&limit, count).await;
    let pairs = rounds(options.rounds(), limit, async || Trips::of(&ours, count).await).await;
    let trips = pairs.iter().map(|pair| (pair.0.p50, pair.1.p50));
    table.row("a broadcast to 16 nodes, p50, µs", Goal::AtMost(1.25), trips);
    let trips = pairs.iter().map(|pair| (pair.0.p99, pair.1.p99));
    table.row("a broadcast to 16 nodes, p99, µs", Goal::None, trips);
}

#[derive(Clone)]
struct Nodes(ArenaBroadcast);

impl Nodes {
    /// Waits until all have answered for a while. Nodes that have met a moment ago may still close one of two links that
    /// they have to each other.
    async fn settle(&self) {
        let mut answered = 0;
        while answered < 100 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let replies = self.0.step(Input::new()).await;
            answered = if replies.values.len() == NODES { answered + 1 } else { 0 };
        }
    }
}

impl Caller for Nodes {
    async fn call(&self) {
        let replies = self.0.step(Input::new()).await;
        assert_eq!(replies.values.len(), NODES, "{:?}", replies.errors);
    }
}

#[derive(Clone)]
struct Links(Arc<[Link]>);

impl Links {
    async fn to(bed: &Bed) -> Self {
        let mut links = Vec::new();
        for _ in 0..NODES {
            links.push(Link::dial(&bed.addresses.steps).await);
        }
        Self(links.into())
    }
}

impl Caller for Links {
    async fn call(&self) {
        let mut request = Vec::new();
        encode(&Input::new(), &mut request);
        let ids: Vec<_> =
            self.0.iter().map(|link| link.send(|out| out.extend_from_slice(&request))).collect();
        // In this order, since all are needed: whoever is not waited for at this moment wakes nobody.
        for (link, id) in self.0.iter().zip(ids) {
            black_box(link.reply(id, decode::<Output>).await);
        }
    }
}
