//! M15 to M23 and M28 to M34: calls, each of them on this node, through memory and over TCP.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use shard_runtime::{CallError, Shard, State, sharded_module};
use tokio::time::Instant;

use crate::fixture::{Bed, Kind, Profile, every_way, patient, shard_on};

#[tokio::test]
async fn m15_a_method_without_arguments_returns_its_value() {
    every_way(async |way| {
        assert_eq!(way.shard.label().await.unwrap(), way.callee.name());
        assert_eq!((way.arena.runs("label"), way.runs_elsewhere()), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn m16_scalars_arrive_equal_in_order_and_in_number() {
    every_way(async |way| {
        for (a, b, c, d, e, f, g, h, i, j) in [
            (
                true,
                i8::MIN,
                u16::MAX,
                i32::MIN,
                u64::MAX,
                i128::MIN,
                f32::MIN,
                f64::EPSILON,
                '\u{10ffff}',
                "Ä\0",
            ),
            (false, 0, 0, 0, 0, 0, 0.0, 0.0, '\0', ""),
            (true, 1, 2, 3, 4, 5, 6.0, 7.0, '8', "9"),
        ] {
            let sent = (a, b, c, d, e, f, g, h, i, j.to_owned());
            assert_eq!(way.shard.scalars(a, b, c, d, e, f, g, h, i, j).await.unwrap(), sent);
        }
        let (.., not_a_number, _, _) =
            way.shard.scalars(true, 0, 0, 0, 0, 0, f32::INFINITY, f64::NAN, ' ', "").await.unwrap();
        assert!(not_a_number.is_nan());
    })
    .await;
}

#[tokio::test]
async fn m17_structures_arrive_equal_and_come_back_equal() {
    every_way(async |way| {
        let one = Profile::sample();
        let other = Profile { kind: Kind::Guest, friend: None, ..one.clone() };
        let came_back = way.shard.profile(one.clone(), &other).await.unwrap();
        assert_eq!(came_back, (other, one));
    })
    .await;
}

#[tokio::test]
async fn m18_lists_arrive_equal_and_come_back_equal() {
    every_way(async |way| {
        let numbers: Vec<u32> = (0..5_000).rev().collect();
        let names = vec![Some("a".to_owned()), None, Some(String::new())];
        let nested = vec![vec![], vec![(0, "x".to_owned()), (255, "y".to_owned())], vec![]];
        let came_back = way.shard.lists(&numbers, names.clone(), nested.clone()).await.unwrap();
        assert_eq!(came_back, (numbers, names, nested));
        assert_eq!(way.shard.lists(&[], vec![], vec![]).await.unwrap(), (vec![], vec![], vec![]));
    })
    .await;
}

#[tokio::test]
async fn m19_an_asynchronous_method_gives_its_final_value() {
    every_way(async |way| {
        assert_eq!(way.shard.slowly(30, 41).await.unwrap(), 42);
        assert_eq!(way.arena.runs("slowly"), 1);
    })
    .await;
}

#[tokio::test]
async fn m20_no_result_is_success_and_not_the_same_as_no_value() {
    every_way(async |way| {
        let nothing: Result<(), CallError> = way.shard.nothing().await;
        assert_eq!(nothing, Ok(()));
        let no_value: Result<Option<()>, CallError> = way.shard.no_value().await;
        assert_eq!(no_value, Ok(None));
        assert_eq!((way.arena.runs("nothing"), way.arena.runs("no_value")), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn m21_false_empty_zero_and_none_arrive_as_themselves() {
    every_way(async |way| {
        assert!(!way.shard.no().await.unwrap());
        assert_eq!(way.shard.empty().await.unwrap(), "");
        assert_eq!(way.shard.zero().await.unwrap(), 0);
        assert_eq!(way.shard.no_value().await.unwrap(), None);
        assert_eq!(way.shard.falsy().await.unwrap(), (false, String::new(), 0, None, vec![], 0.0));
    })
    .await;
}

#[tokio::test]
async fn m21_a_failure_that_is_false_inside_is_a_failure() {
    every_way(async |way| {
        let error = way.shard.fails_with_nothing().await.unwrap_err();
        assert!(!error.module().unwrap().0);
        assert_eq!(error.to_string(), "");
    })
    .await;
}

#[tokio::test]
async fn m22_a_change_is_visible_on_the_callee_and_nowhere_else() {
    every_way(async |way| {
        assert_eq!(way.shard.add(5).await.unwrap(), 5);
        assert_eq!(way.shard.add(6).await.unwrap(), 11);
        assert_eq!(way.arena.total(), 11);
        assert!(way.others.iter().all(|other| other.total() == 0));
    })
    .await;
}

#[tokio::test]
async fn m23_what_the_method_does_to_an_argument_stays_there() {
    every_way(async |way| {
        let (numbers, text) = (vec![3, 1, 2], "text".to_owned());
        let sorted = way.shard.sorted(numbers.clone(), &text).await.unwrap();
        assert_eq!(sorted, (vec![1, 2, 3], "text!".to_owned()));
        assert_eq!((numbers, text), (vec![3, 1, 2], "text".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn m28_each_caller_gets_its_own_answer() {
    every_way(async |way| {
        // The later one is called, the sooner it is done.
        let calls = (0..200_u64).map(|n| async move { (n, way.shard.slowly(200 - n, n).await.unwrap()) });
        for (n, answer) in join_all(calls).await {
            assert_eq!(answer, n + 1);
        }
        assert_eq!(way.arena.runs("slowly"), 200);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn m29_a_fast_call_does_not_wait_for_a_slow_one() {
    patient(async {
        let bed = Bed::of(2).await;
        for callee in [0, 1] {
            let shard = bed.shard(0, callee);
            let start = Instant::now();
            let slow = async { shard.slowly(3_000, 1).await.map(|_| start.elapsed()) };
            let fast = async { shard.label().await.map(|_| start.elapsed()) };
            let (slow, fast) = tokio::join!(slow, fast);
            assert!(slow.unwrap() >= Duration::from_secs(3));
            assert!(fast.unwrap() < Duration::from_millis(10));
        }
    })
    .await;
}

#[tokio::test]
async fn m30_calls_of_one_caller_are_started_in_order() {
    every_way(async |way| {
        let calls: Vec<_> = (0..100_u64)
            .map(|id| {
                if id % 3 == 0 {
                    futures::future::Either::Left(way.shard.mark(id))
                } else {
                    futures::future::Either::Right(way.shard.mark_later(id))
                }
            })
            .collect();
        join_all(calls).await;
        assert_eq!(way.arena.worked(), (0..100).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn m31_payloads_of_64_kib_and_more_arrive_intact() {
    every_way(async |way| {
        let bytes: Vec<u8> = (0..900_000_u32).map(|n| n.to_le_bytes()[n as usize % 3]).collect();
        for len in [0, 1, 65_535, 65_536, 65_537, 200_000, 900_000] {
            assert!(way.shard.echo(&bytes[..len]).await.unwrap() == bytes[..len], "{len}");
            assert!(way.shard.echo_blocking(&bytes[..len]).await.unwrap() == bytes[..len], "{len}");
        }
        // Many at once, so that they meet in the buffers.
        let calls = (1..=16).map(|n| way.shard.echo(&bytes[..n * 10_000]));
        for (n, echo) in join_all(calls).await.into_iter().enumerate() {
            assert!(echo.unwrap() == bytes[..(n + 1) * 10_000]);
        }
    })
    .await;
}

#[tokio::test]
async fn m32_a_chain_over_a_third_node_completes() {
    Box::pin(every_way(async |way| {
        let third = Shard::token(&shard_on(&way.caller, &way.third)).mint();
        let label = way.shard.label_of(&State::new(), third).await.unwrap();
        assert_eq!(label, way.third.name());
        // And back to where it came from.
        let back = Shard::token(&way.shard).mint();
        assert_eq!(way.shard.label_of(&State::new(), back).await.unwrap(), way.callee.name());
    }))
    .await;
}

#[tokio::test]
async fn the_context_travels_with_the_call() {
    every_way(async |way| {
        let state = State::new().with_actor("alice").with_data("league", &7_u32).unwrap();
        let seen = way.shard.context(&state).await.unwrap();
        assert_eq!(seen, (Some("alice".into()), Some(way.caller.name().into()), Some(7)));
        assert_eq!(way.shard.context(&State::new()).await.unwrap().0, None);
        assert_eq!(way.shard.key(&state).await.unwrap(), format!("{:?}", Shard::key(&way.shard)));
    })
    .await;
}

/// Two modules with the same methods.
mod twins {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use shard_runtime::sharded_module;

    #[derive(Default)]
    pub(crate) struct Lobby(pub(crate) Arc<AtomicUsize>);

    #[sharded_module]
    impl Lobby {
        pub(crate) fn who(&self) -> String {
            self.0.fetch_add(1, Ordering::SeqCst);
            "lobby".into()
        }
    }

    pub(crate) mod other {
        use super::{Arc, AtomicUsize, Ordering, sharded_module};

        /// Of the same type name, with a name of its own.
        #[derive(Default)]
        pub(crate) struct Lobby(pub(crate) Arc<AtomicUsize>);

        #[sharded_module(name = "OtherLobby")]
        impl Lobby {
            pub(crate) fn who(&self) -> String {
                self.0.fetch_add(1, Ordering::SeqCst);
                "other lobby".into()
            }
        }
    }
}

#[derive(Default)]
struct Shop;

#[sharded_module]
impl Shop {
    fn who(&self) -> String {
        "shop".into()
    }
}

#[tokio::test]
async fn m33_of_two_modules_only_the_one_that_is_called_runs() {
    patient(async {
        let bed = Bed::with(2, |node| node.module(Shop)).await;
        for callee in [0, 1] {
            let token = Shard::token(&bed.node(callee).module::<Shop>().local_shard().unwrap()).mint();
            let shop = bed.node(0).module::<Shop>().get_shard(&token).unwrap();
            assert_eq!(shop.who().await.unwrap(), "shop");
            assert_eq!(bed.shard(0, callee).label().await.unwrap(), bed.node(callee).name());
            assert_eq!(bed.arena(callee).all_runs(), 1);
        }
    })
    .await;
}

#[tokio::test]
async fn m34_modules_of_one_type_name_with_names_of_their_own_are_independent() {
    patient(async {
        let setup = |node: shard_runtime::NodeBuilder| {
            node.module(twins::Lobby::default()).module(twins::other::Lobby::default())
        };
        let cluster = shard_runtime::testing::Cluster::of(2, setup).await.unwrap();
        for (from, key) in [(0, 1), (0, 2), (1, 3), (1, 4)] {
            let lobby = cluster.node(from).module::<twins::Lobby>().create_shard(key).unwrap();
            let other = cluster.node(from).module::<twins::other::Lobby>().create_shard(key).unwrap();
            assert_eq!(lobby.who().await.unwrap(), "lobby");
            assert_eq!(other.who().await.unwrap(), "other lobby");
            assert_eq!((lobby.module_name(), other.module_name()), ("Lobby", "OtherLobby"));
            // A token of one is none of the other.
            assert!(cluster.node(0).module::<twins::other::Lobby>().get_shard(&lobby).is_err());
            assert_eq!(json!(lobby).as_object().unwrap().len(), 1);
        }
    })
    .await;
}
