//! M1, M2, M4, M9, M12 and M14: where keys go, in a cluster that has settled.

use std::collections::BTreeSet;
use std::time::Duration;

use shard_runtime::{Error, Key, NodeBuilder, Shard, State};

use crate::fixture::{Arena, Bed, Stray, patient, tcp_builder, until};

#[tokio::test]
async fn m1_all_nodes_of_one_view_place_a_key_alike() {
    patient(async {
        let bed = Bed::of(5).await;
        let digests: BTreeSet<_> = bed.cluster.nodes().map(|node| node.view().digest()).collect();
        assert_eq!(digests.len(), 1, "one view");
        let mut used = BTreeSet::new();
        for n in 0..500_u32 {
            for key in [Key::from(n), Key::from(format!("arena-{n}")), Key::from(n.to_be_bytes().to_vec())] {
                let place = |node: &shard_runtime::Node| {
                    node.module::<Arena>().create_shard(key.clone()).unwrap().boot()
                };
                let boots: BTreeSet<_> = bed.cluster.nodes().map(place).collect();
                assert_eq!(boots.len(), 1, "{key:?}");
                used.extend(boots);
            }
        }
        assert_eq!(used.len(), 5, "every node gets some");
    })
    .await;
}

#[tokio::test]
async fn m2_a_key_that_is_placed_again_addresses_the_same_node() {
    patient(async {
        let bed = Bed::of(3).await;
        let arenas = bed.node(0).module::<Arena>();
        for n in 0..100 {
            let first = arenas.create_shard(n).unwrap();
            for _ in 0..3 {
                let again = arenas.create_shard(n).unwrap();
                let token = Shard::token(&again).mint();
                let from_token = bed.node(1).module::<Arena>().get_shard(&token).unwrap();
                assert_eq!((again.boot(), from_token.boot()), (first.boot(), first.boot()));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn m4_an_empty_key_is_a_key_like_any_other() {
    patient(async {
        let bed = Bed::of(3).await;
        let mut boots = BTreeSet::new();
        for node in bed.cluster.nodes() {
            let shard = node.module::<Arena>().create_shard("").unwrap();
            assert_eq!(shard.key(&State::new()).await.unwrap(), format!("{:?}", Key::from("")));
            boots.insert(shard.boot());
        }
        assert_eq!(boots.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_key_of_128_bytes_is_placed_and_a_longer_one_refused() {
    patient(async {
        let bed = Bed::of(2).await;
        let arenas = bed.node(0).module::<Arena>();
        let longest = "x".repeat(Key::MAX_LEN);
        let shard = arenas.create_shard(longest.as_str()).unwrap();
        assert_eq!(shard.key(&State::new()).await.unwrap(), format!("{:?}", Key::from(longest.as_str())));
        let error = arenas.create_shard(longest + "x").unwrap_err();
        assert!(matches!(error, Error::Key(_)), "{error}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn m9_calls_through_a_held_token_still_reach_the_node_while_others_come_and_go() {
    patient(async {
        let mut bed = Bed::of(4).await;
        let shard = bed.shard(0, 1);
        let token = Shard::token(&shard).mint();
        bed.node(2).shutdown().await;
        bed.cluster.kill(2);
        bed.cluster.kill(3);
        bed.cluster.settled().await;
        assert_eq!(bed.node(0).members().len(), 2);
        assert_eq!(shard.label().await.unwrap(), "node-1");
        let again = bed.node(1).module::<Arena>().get_shard(&token).unwrap();
        assert_eq!(again.label().await.unwrap(), "node-1");

        bed.restart(2).await.unwrap();
        bed.restart(3).await.unwrap();
        bed.cluster.settled().await;
        let again = bed.node(3).module::<Arena>().get_shard(&token).unwrap();
        assert_eq!(again.label().await.unwrap(), "node-1");
        assert_eq!(shard.label().await.unwrap(), "node-1");
        assert_eq!(bed.arena(1).runs("label"), 4);
    })
    .await;
}

#[tokio::test]
async fn m12_a_node_of_another_routing_version_is_refused() {
    patient(async {
        let node = tcp_builder("only", [""; 0]).module(Shopkeeper).start().await.unwrap();
        for routing in [0, 2, u16::MAX] {
            let (kind, code, text) = Stray { routing, ..Stray::new() }.greet(node.address()).await;
            assert_eq!((kind, code), (36, 2), "{text}");
            assert!(text.contains("routing version") && text.contains(&routing.to_string()), "{text}");
        }
        assert_eq!(node.members().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn m14_in_a_cluster_of_one_every_key_is_placed_here() {
    patient(async {
        let arena = Arena::new("only");
        let node = tcp_builder("only", [""; 0]).shared_module(arena.clone()).start().await.unwrap();
        until(Duration::from_secs(1), "ready", || node.module::<Arena>().create_shard("").is_ok()).await;
        for n in 0..200_u32 {
            assert!(Shard::is_local(&node.module::<Arena>().create_shard(n).unwrap()));
        }
        let shard = node.module::<Arena>().create_shard("any").unwrap();
        assert_eq!(shard.label().await.unwrap(), "only");
        assert_eq!(arena.runs("label"), 1);
    })
    .await;
}

#[tokio::test]
async fn keys_are_placed_only_on_hosts() {
    patient(async {
        let arena = Arena::new("node-1");
        let cluster = shard_runtime::testing::Cluster::builder()
            .node(NodeBuilder::client_of::<Arena>)
            .node(move |node| node.shared_module(arena))
            .node(|node| node.client_of::<Arena>().module(Shopkeeper))
            .start();
        let mut cluster = cluster.await.unwrap();
        for n in 0..50 {
            let shard = cluster.node(0).module::<Arena>().create_shard(n).unwrap();
            assert_eq!(shard.label().await.unwrap(), "node-1");
        }
        cluster.kill(1);
        cluster.settled().await;
        let error = cluster.node(0).module::<Arena>().create_shard(1).unwrap_err();
        assert!(matches!(&error, Error::NoHost { module } if module == "Arena"), "{error}");
        let error = cluster.node(2).module::<Arena>().local_shard().unwrap_err();
        assert!(matches!(error, Error::NoHost { .. }), "{error}");
        assert!(cluster.node(0).module::<Arena>().create_broadcast().label().await.is_empty());
    })
    .await;
}

struct Shopkeeper;

#[shard_runtime::sharded_module]
impl Shopkeeper {}
