//! M6 to M8, M10, M11 and M13: shards outside of the program.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shard_runtime::{Key, Shard, ShardToken, State};

use crate::fixture::{Arena, Bed, every_way, patient, tcp, tcp_builder};

#[tokio::test]
async fn m6_a_shard_serialises_to_one_field_id_and_any_node_makes_an_equal_one_of_it() {
    every_way(async |way| {
        let text = serde_json::to_string(&way.shard).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let fields = value.as_object().unwrap();
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["id"]);
        assert!(fields["id"].is_string());

        let token: ShardToken = serde_json::from_str(&text).unwrap();
        for node in [&way.caller, &way.callee, &way.third] {
            let again = node.module::<Arena>().get_shard(&token).unwrap();
            assert_eq!(Shard::key(&again), Shard::key(&way.shard));
            assert_eq!((again.boot(), again.node()), (way.shard.boot(), way.shard.node()));
            assert_eq!(json!(again), value, "a token is not renewed by being passed around");
            assert_eq!(again.label().await.unwrap(), way.callee.name());
        }
    })
    .await;
}

#[tokio::test]
async fn m7_a_token_leads_to_the_same_node_from_everywhere() {
    every_way(async |way| {
        let token = Shard::token(&way.shard).mint();
        assert_eq!(way.shard.add(1).await.unwrap(), 1);
        let elsewhere = way.third.module::<Arena>().get_shard(&token).unwrap();
        assert_eq!(elsewhere.add(1).await.unwrap(), 2);
        assert_eq!(elsewhere.key(&State::new()).await.unwrap(), format!("{:?}", Shard::key(&way.shard)));
        assert_eq!((way.arena.total(), way.runs_elsewhere()), (2, 0));
    })
    .await;
}

#[tokio::test]
async fn m8_a_shard_is_taken_where_a_token_is() {
    every_way(async |way| {
        let again = way.third.module::<Arena>().get_shard(&way.shard).unwrap();
        assert_eq!(again.boot(), way.shard.boot());
        assert_eq!(again.label().await.unwrap(), way.callee.name());
    })
    .await;
}

#[tokio::test]
async fn m10_calls_through_a_local_shards_token_run_on_that_node_from_anywhere() {
    every_way(async |way| {
        let local = way.callee.module::<Arena>().local_shard().unwrap();
        assert!(local.is_local());
        for node in [&way.caller, &way.callee, &way.third] {
            let shard = node.module::<Arena>().get_shard(&local).unwrap();
            assert_eq!(shard.label().await.unwrap(), way.callee.name());
            assert_eq!(shard.key(&State::new()).await.unwrap(), format!("{:?}", Key::default()));
        }
        assert_eq!((way.arena.runs("label"), way.runs_elsewhere()), (3, 0));
    })
    .await;
}

#[tokio::test]
async fn m11_the_local_shards_of_different_nodes_have_different_ids() {
    patient(async {
        let (nodes, _arenas) = tcp(3).await;
        // A second start of the same node is another one.
        let reborn = tcp_builder("tcp-0", [""; 0]).shared_module(Arena::new("again")).start().await.unwrap();
        let id = |node: &shard_runtime::Node| {
            json!(node.module::<Arena>().local_shard().unwrap())["id"].as_str().unwrap().to_owned()
        };
        let ids: BTreeSet<_> = nodes.iter().chain([&reborn]).map(id).collect();
        assert_eq!(ids.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn m13_a_printed_shard_shows_module_key_and_node_and_sends_nothing() {
    patient(async {
        let bed = Bed::of(2).await;
        let shard = bed.shard(0, 1);
        let token = Shard::token(&shard).mint();
        let from_token = bed.node(0).module::<Arena>().get_shard(&token).unwrap();
        let network = bed.cluster.network();
        // The nodes have something to say to each other now and then. If printing sent anything, it would do so each time.
        let mut silent = false;
        for _ in 0..50 {
            let before = network.bytes_carried();
            for shard in [&shard, &from_token] {
                for shown in [format!("{shard:?}"), format!("{shard:#?}")] {
                    for part in ["Arena", "node-1", &format!("{:?}", Shard::key(shard))] {
                        assert!(shown.contains(part), "{shown}");
                    }
                    assert!(!shown.contains(&token.to_string()), "{shown}");
                    assert!(!shown.contains(&json!(shard)["id"].as_str().unwrap()[40..]), "{shown}");
                }
            }
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            silent |= network.bytes_carried() == before;
        }
        assert!(silent, "something was sent each time");
        assert!(!format!("{token:?}").contains(&token.to_string()[..8]));
        assert_eq!(bed.arena(1).all_runs(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_bound_to_an_actor_serves_nobody_else() {
    patient(async {
        let bed = Bed::of(2).await;
        let token = Shard::token(&bed.shard(0, 1)).for_subject("alice").mint();
        let arenas = bed.node(0).module::<Arena>();
        let alice = State::new().with_actor("alice");
        assert_eq!(arenas.get_shard_for(&alice, &token).unwrap().label().await.unwrap(), "node-1");
        assert!(arenas.get_shard(&token).is_err());
        for other in [State::new().with_actor("mallory"), State::new().with_actor(""), State::new()] {
            assert!(arenas.get_shard_for(&other, &token).is_err());
        }
        let unbound = Shard::token(&bed.shard(0, 1)).mint();
        assert!(arenas.get_shard_for(&alice, &unbound).is_err());
    })
    .await;
}
