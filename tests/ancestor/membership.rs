//! M62 to M72: who is there, from the first look to the last.

use std::time::Duration;

use shard_runtime::{Boot, CallError, ConfigError, Error, Node, NotStarted, Shard, sharded_module};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::fixture::{
    Arena, Bed, Logs, Stray, active, free_port, patient, secret, tcp, tcp_builder, until, within,
};

#[tokio::test]
async fn m62_when_a_second_node_is_there_both_count_two() {
    patient(async {
        let first = tcp_builder("first", [""; 0]).start().await.unwrap();
        first.ready().await.unwrap();
        assert_eq!(first.members().len(), 1);
        let second = tcp_builder("second", [first.address()]).start().await.unwrap();
        second.ready().await.unwrap();
        until(Duration::from_secs(2), "two", || active(&first) == 2 && active(&second) == 2).await;
        let boots = |node: &Node| node.members().iter().map(|member| member.boot).collect::<Vec<Boot>>();
        assert_eq!(boots(&first), [first.boot(), second.boot()]);
        assert_eq!(boots(&second), boots(&first));
        assert_eq!(first.view().digest(), second.view().digest());
        assert_eq!(second.members()[0].address, first.address());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn m63_a_node_that_leaves_is_dropped_within_100_ms_and_gets_no_keys() {
    patient(async {
        let bed = Bed::of(3).await;
        let start = Instant::now();
        let leaving = bed.node(1).clone();
        let shutdown = tokio::spawn(async move { leaving.shutdown().await });
        until(Duration::from_millis(100), "dropped", || !bed.sees(0, 1) && !bed.sees(2, 1)).await;
        assert!(start.elapsed() <= Duration::from_millis(100), "{:?}", start.elapsed());
        for n in 0..200 {
            for index in [0, 2] {
                let shard = bed.node(index).module::<Arena>().create_shard(n).unwrap();
                assert_ne!(shard.node().unwrap().as_str(), "node-1");
            }
        }
        shutdown.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn m63_over_tcp_a_node_that_leaves_is_dropped_within_100_ms() {
    patient(async {
        let (nodes, _arenas) = tcp(3).await;
        let start = Instant::now();
        let leaving = nodes[1].clone();
        let shutdown = tokio::spawn(async move { leaving.shutdown().await });
        let gone = || nodes[0].members().len() == 2 && nodes[2].members().len() == 2;
        until(Duration::from_millis(100), "dropped", gone).await;
        assert!(start.elapsed() <= Duration::from_millis(100), "{:?}", start.elapsed());
        shutdown.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn m64_a_node_that_is_known_changes_nothing_when_it_is_reported_again() {
    patient(async {
        let (logs, _guard) = Logs::listen();
        let bed = Bed::of(2).await;
        let before = bed.node(0).view();
        bed.cluster.sever(0, 1);
        tokio::time::sleep(Duration::from_millis(10)).await;
        // Both find the other again, and so each is told of a node that it knows.
        within(Duration::from_secs(10), "a call", async {
            while bed.shard(0, 1).label().await.is_err() || bed.shard(1, 0).label().await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        assert_eq!(*bed.node(0).view(), *before);
        assert_eq!(logs.lines(&["a node joined"]).len(), 2, "one on each side");
        assert!(logs.lines(&["a node left"]).is_empty());
    })
    .await;
}

#[tokio::test]
async fn m66_joining_and_leaving_are_logged_with_the_nodes_data() {
    patient(async {
        let (logs, _guard) = Logs::listen();
        let mut bed = Bed::of(2).await;
        let boot = bed.node(1).boot().to_string();
        let node =
            ["INFO", "shard_runtime", "cluster=\"test\"", "node=node-1", "address=\"node-1:1\"", &boot];
        let mut joined = node.to_vec();
        joined.push("a node joined");
        assert_eq!(logs.lines(&joined).len(), 1, "{:?}", logs.lines(&["a node joined"]));

        bed.node(1).shutdown().await;
        bed.cluster.kill(1);
        bed.cluster.settled().await;
        let mut left = node.to_vec();
        left.push("a node left");
        assert_eq!(logs.lines(&left).len(), 1, "{:?}", logs.lines(&["left"]));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn m67_what_is_missing_from_the_list_evicts_nobody_and_is_found_when_it_comes() {
    patient(async {
        let mut bed = Bed::of(4).await;
        bed.cluster.kill(3);
        bed.cluster.settled().await;
        // For a while, a quarter of the list leads nowhere.
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(4)).await;
            assert!(bed.cluster.nodes().all(|node| node.members().len() == 3));
            assert_eq!(bed.shard(0, 1).label().await.unwrap(), "node-1");
            assert_eq!(bed.shard(2, 0).label().await.unwrap(), "node-0");
        }
        bed.restart(3).await.unwrap();
        within(Duration::from_secs(10), "found", bed.cluster.settled()).await;
        assert_eq!(bed.shard(0, 3).label().await.unwrap(), "node-3");
        assert_eq!(bed.shard(3, 2).label().await.unwrap(), "node-2");
    })
    .await;
}

#[tokio::test]
async fn m68_without_any_configuration_a_node_is_a_cluster_of_one_that_works() {
    patient(async {
        let node = Node::builder("ancestor-alone").module(Plain).secret(secret()).start().await.unwrap();
        within(Duration::from_secs(1), "ready", node.ready()).await.unwrap();
        assert_eq!(node.members().len(), 1);
        assert!(node.address().starts_with("127.0.0.1:"), "{}", node.address());
        let shard = node.module::<Plain>().create_shard("any").unwrap();
        assert_eq!(shard.answer().await.unwrap(), 42);
    })
    .await;
}

#[tokio::test]
async fn m68_a_wrong_configuration_is_a_clear_error_and_not_a_hang() {
    patient(Box::pin(async {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = taken.local_addr().map(|address| (taken, address.to_string())).unwrap();
        let new = || tcp_builder("wrong", [""; 0]);
        for (builder, part) in [
            (new().listen("no port"), "no port"),
            (new().listen("127.0.0.1:99999"), "127.0.0.1:99999"),
            (new().listen("192.0.2.1:7400"), "192.0.2.1:7400"),
            (new().listen(taken.1.clone()), taken.1.as_str()),
            (new().advertise("0.0.0.0"), "0.0.0.0"),
            (new().interface("nosuch0"), "nosuch0"),
            (new().name(""), "name"),
            (new().name("with space"), "with space"),
            (new().message_limit(0), "message limit"),
            (new().message_limit(17 << 20), "message limit"),
            (Node::builder("").secret(secret()), "cluster"),
            (Node::builder("short").secret_text("too short"), "16"),
            (Node::builder("off-loopback").listen("0.0.0.0:0").name("n"), "SHARD_SECRET"),
            (Node::builder("off-loopback").listen("0.0.0.0:0").secret(secret()), "SHARD_NODE"),
            (new().module(Plain).module(Plain), "Plain"),
        ] {
            let started = within(Duration::from_secs(2), part, Box::pin(builder.start())).await;
            let error = started.expect_err(part);
            assert!(
                matches!(
                    error,
                    Error::Config(_)
                        | Error::Listen { .. }
                        | Error::Secret(_)
                        | Error::DuplicateModule { .. }
                ),
                "{error:?}"
            );
            assert!(error.to_string().contains(part), "{error}");
        }
        let error = new().interface("nosuch0").start().await.unwrap_err();
        assert!(matches!(error, Error::Config(ConfigError::NoInterface { .. })), "{error:?}");
    }))
    .await;
}

#[tokio::test]
async fn m68_a_module_that_does_not_start_keeps_its_node_from_starting() {
    patient(async {
        let error = tcp_builder("wrong", [""; 0]).module(Unready).start().await.unwrap_err();
        assert!(matches!(&error, Error::OnStart { module, .. } if module == "Unready"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn m69_a_custom_name_separates_a_module_and_the_types_name_is_the_default() {
    patient(async {
        // One type name, two names, each on a node of its own.
        let cluster = shard_runtime::testing::Cluster::builder()
            .node(|node| node.module(Plain).client_of::<named::Plain>())
            .node(|node| node.module(named::Plain).client_of::<Plain>())
            .start();
        let cluster = cluster.await.unwrap();
        for n in 0..20 {
            let plain = cluster.node(1).module::<Plain>().create_shard(n).unwrap();
            assert_eq!((plain.module_name(), plain.answer().await.unwrap()), ("Plain", 42));
            let other = cluster.node(0).module::<named::Plain>().create_shard(n).unwrap();
            assert_eq!((other.module_name(), other.answer().await.unwrap()), ("game.plain", 43));
        }
        let replies = cluster.node(0).module::<named::Plain>().create_broadcast().answer().await;
        assert_eq!(replies.values.into_values().collect::<Vec<_>>(), [43]);
        let modules = |index: usize| {
            let member = cluster.node(0).members()[index].clone();
            member.modules.iter().map(|module| module.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!((modules(0), modules(1)), (vec!["Plain".into()], vec!["game.plain".into()]));
    })
    .await;
}

#[tokio::test]
async fn m70_after_shutdown_the_node_is_withdrawn_everywhere_and_says_so() {
    patient(async {
        let (nodes, arenas) = tcp(2).await;
        let shard = nodes[1].module::<Arena>().local_shard().unwrap();
        let from_elsewhere = nodes[0].module::<Arena>().get_shard(&shard).unwrap();
        let address = nodes[1].address().to_owned();
        within(Duration::from_secs(5), "shutdown", nodes[1].shutdown()).await;
        within(Duration::from_millis(100), "a second shutdown", nodes[1].shutdown()).await;
        until(Duration::from_millis(100), "withdrawn", || nodes[0].members().len() == 1).await;
        assert!(tokio::net::TcpStream::connect(&address).await.is_err(), "nobody listens any more");
        for shard in [&shard, &from_elsewhere] {
            let error = shard.label().await.unwrap_err();
            assert!(
                matches!(
                    error,
                    CallError::NotStarted { reason: NotStarted::Draining | NotStarted::BootGone, .. }
                ),
                "{error:?}"
            );
        }
        assert!(matches!(nodes[1].module::<Arena>().create_shard(1), Err(Error::Draining)));
        assert!(matches!(nodes[1].ready().await, Err(Error::Draining) | Ok(())));
        assert_eq!(arenas[1].all_runs(), 0);
    })
    .await;
}

#[tokio::test]
async fn m71_start_waits_for_nobody_and_ready_does() {
    patient(async {
        // Somebody who accepts and says nothing.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = silent.local_addr().unwrap().to_string();
        let node = tcp_builder("node", [address]).shared_module(Arena::new("node"));
        let node = within(Duration::from_secs(1), "start", node.start()).await.unwrap();
        assert!(matches!(node.module::<Arena>().create_shard(1), Err(Error::NotReady)));
        assert!(node.module::<Arena>().local_shard().unwrap().label().await.is_ok());
        let accepted = silent.accept().await.unwrap();
        let start = Instant::now();
        within(Duration::from_secs(7), "ready", node.ready()).await.unwrap();
        assert!(start.elapsed() > Duration::from_secs(1), "it has waited for an answer");
        assert!(node.module::<Arena>().create_shard(1).is_ok());
        drop(accepted);
    })
    .await;
}

#[tokio::test]
async fn m72_nodes_of_another_cluster_are_not_connected_to() {
    patient(async {
        let port = free_port();
        let ours = tcp_builder("ours", [format!("127.0.0.1:{port}")]).start().await.unwrap();
        let theirs = Node::builder("another-game")
            .name("theirs")
            .listen(format!("127.0.0.1:{port}"))
            .peers([ours.address()])
            .secret(secret())
            .start()
            .await
            .unwrap();
        let error = within(Duration::from_secs(5), "a verdict", theirs.ready()).await.unwrap_err();
        let Error::Refused { address, reason } = &error else { panic!("{error:?}") };
        assert_eq!(address, ours.address());
        assert!(reason.contains("another-game") && reason.contains("ancestor"), "{reason}");
        assert_eq!((ours.members().len(), theirs.members().len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn m72_a_node_of_another_wire_version_is_refused_and_told_why() {
    patient(async {
        let node = tcp_builder("node", [""; 0]).start().await.unwrap();
        for wire in [0, 2, u16::MAX] {
            let (kind, code, text) = Stray { wire, ..Stray::new() }.greet(node.address()).await;
            assert_eq!((kind, code), (36, 1), "{text}");
            assert!(text.contains(&format!("wire version {wire}")), "{text}");
        }
        let (_, code, text) = Stray { cluster: "another".into(), ..Stray::new() }.greet(node.address()).await;
        assert_eq!(code, 3, "{text}");
        let (_, code, text) = Stray::new().greet(node.address()).await;
        assert_eq!(code, 4, "no secret in common: {text}");
        assert_eq!(node.members().len(), 1);
    })
    .await;
}

struct Plain;

#[sharded_module]
impl Plain {
    fn answer(&self) -> u32 {
        42
    }
}

mod named {
    pub(crate) struct Plain;

    #[shard_runtime::sharded_module(name = "game.plain")]
    impl Plain {
        pub(crate) fn answer(&self) -> u32 {
            43
        }
    }
}

struct Unready;

#[sharded_module]
impl Unready {
    async fn on_start(&self, _node: &Node) -> Result<(), String> {
        tokio::task::yield_now().await;
        Err("the database is down".into())
    }
}
