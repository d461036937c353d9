//! M73 to M78: addresses, processes and settings, over TCP.

use std::collections::BTreeSet;
use std::env;
use std::time::Duration;

use shard_runtime::{Node, Secret, State, sharded_module};
use tokio::process::Command;
use tokio::time::Instant;

use crate::fixture::{
    Arena, Bed, active, free_port, patient, secret, shard_on, tcp, tcp_builder, tcp_pair, until,
};

#[tokio::test]
async fn m73_nodes_on_one_host_are_shards_of_their_own() {
    patient(async {
        let (nodes, arenas) = tcp(3).await;
        let addresses: BTreeSet<_> = nodes.iter().map(Node::address).collect();
        assert_eq!(addresses.len(), 3);
        for from in &nodes {
            for to in &nodes {
                let local = to.module::<Arena>().local_shard().unwrap();
                let shard = from.module::<Arena>().get_shard(&local).unwrap();
                assert_eq!(shard.label().await.unwrap(), to.name());
            }
        }
        assert!(arenas.iter().all(|arena| arena.runs("label") == 3));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn m74_a_call_between_two_nodes_needs_no_third() {
    patient(async {
        let bed = Bed::of(3).await;
        let shard = bed.shard(0, 1);
        bed.cluster.cut(0, 2);
        bed.cluster.cut(1, 2);
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(shard.label().await.unwrap(), "node-1");
        }
        assert_eq!(bed.arena(2).all_runs(), 0);
    })
    .await;
}

#[tokio::test]
async fn m75_a_node_that_died_and_is_replaced_joins_as_a_new_boot_by_itself() {
    patient(async {
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        let start = async |arena| {
            let node = tcp_builder("mortal", [""; 0]).listen(address.clone()).shared_module(arena);
            node.start().await.unwrap()
        };
        let first = start(Arena::new("first life")).await;
        let other = tcp_builder("other", [address.clone()]).shared_module(Arena::new("other"));
        let other = other.start().await.unwrap();
        other.ready().await.unwrap();
        let old_boot = first.boot();
        let old = shard_on(&other, &first);
        assert_eq!(old.label().await.unwrap(), "first life");

        drop(first);
        until(Duration::from_secs(6), "dropped", || other.members().len() == 1).await;
        let second = start(Arena::new("second life")).await;
        until(Duration::from_secs(10), "joined", || active(&other) == 2).await;
        second.ready().await.unwrap();
        assert_ne!(second.boot(), old_boot);
        assert_eq!(second.name(), "mortal");
        assert_eq!(shard_on(&other, &second).label().await.unwrap(), "second life");
        assert!(old.label().await.unwrap_err().is_not_started());
    })
    .await;
}

#[tokio::test]
async fn m76_a_fixed_port_and_a_free_one_are_honoured() {
    patient(async {
        let port = free_port();
        let fixed = tcp_builder("fixed", [""; 0]).listen(format!("127.0.0.1:{port}")).start().await.unwrap();
        assert_eq!(fixed.address(), format!("127.0.0.1:{port}"));
        let free = tcp_builder("free", [fixed.address()]).listen("localhost:0").start().await.unwrap();
        let host_and_port = free.address().rsplit_once(':').unwrap();
        assert_ne!(host_and_port.1, "0");
        until(Duration::from_secs(5), "they meet", || fixed.members().len() == 2).await;
        assert_eq!(fixed.members()[1].address, free.address());
    })
    .await;
}

#[tokio::test]
async fn m76_a_wildcard_bind_is_reached_by_the_address_that_is_advertised() {
    patient(async {
        let wide = tcp_builder("wide", [""; 0])
            .listen("0.0.0.0:0")
            .advertise("127.0.0.1")
            .shared_module(Arena::new("wide"));
        let wide = wide.start().await.unwrap();
        assert!(wide.address().starts_with("127.0.0.1:") && !wide.address().ends_with(":0"));
        let other = tcp_builder("other", [wide.address()]).shared_module(Arena::new("other"));
        let other = other.start().await.unwrap();
        other.ready().await.unwrap();
        assert_eq!(shard_on(&other, &wide).label().await.unwrap(), "wide");
        assert_eq!(other.members()[1].address, wide.address());
    })
    .await;
}

#[tokio::test]
async fn m76_an_advertised_address_is_what_others_dial() {
    patient(async {
        let pair = tcp_pair().await;
        assert_eq!(pair.callee.address(), pair.relay.address());
        assert_eq!(pair.shard.label().await.unwrap(), "callee");
        assert_eq!(pair.relay.open(), 1, "the call went through what was advertised");
        let members = pair.caller.members();
        let callee = members.iter().find(|member| member.boot == pair.callee.boot()).unwrap();
        assert_eq!(callee.address, pair.relay.address());
    })
    .await;
}

#[tokio::test]
async fn m77_the_chosen_network_is_announced() {
    patient(async {
        for interface in ["lo", "127.0.0.0/8", "127.0.0.1"] {
            let wide = tcp_builder("wide", [""; 0]).listen("0.0.0.0:0").interface(interface);
            let wide = wide.shared_module(Arena::new("wide")).start().await.unwrap();
            assert!(wide.address().starts_with("127.0.0.1:"), "{interface}: {}", wide.address());
            let other = tcp_builder("other", [wide.address()]).shared_module(Arena::new("other"));
            let other = other.start().await.unwrap();
            other.ready().await.unwrap();
            assert_eq!(shard_on(&other, &wide).label().await.unwrap(), "wide");
        }
        let narrow = Node::builder("ancestor").name("narrow").interface("lo").secret(secret());
        assert!(narrow.start().await.unwrap().address().starts_with("127.0.0.1:"));
    })
    .await;
}

/// The environment is the process's, so these run this test in a process of its own.
async fn run_again(test: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", &format!("topology::{test}"), "--nocapture", "--test-threads=1"]);
    command.env(IN_CHILD, "yes").envs(variables.iter().copied());
    let output = command.kill_on_drop(true).output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    out
}

const IN_CHILD: &str = "ANCESTOR_CHILD";

fn in_child() -> bool {
    env::var_os(IN_CHILD).is_some()
}

#[tokio::test]
async fn m78_the_environment_beats_the_defaults() {
    patient(async {
        if in_child() {
            let node = Node::builder("ancestor").module(Bare).start().await.unwrap();
            println!("node {} at {}.", node.name(), node.address());
            let shard = node.module::<Bare>().local_shard().unwrap();
            println!("within the deadline: {}.", shard.remaining_millis(&State::new()).await.unwrap() <= 250);
            node.ready().await.unwrap();
            println!("members: {}.", node.members().len());
            return;
        }
        let hub = tcp_builder("hub", [""; 0]).secret(text_secret());
        let hub = hub.start().await.unwrap();
        let port = free_port();
        let variables = [
            ("SHARD_NODE", "from-environment"),
            ("SHARD_LISTEN", &format!("0.0.0.0:{port}")),
            ("SHARD_ADVERTISE", "127.0.0.1"),
            ("SHARD_PEERS", hub.address()),
            ("SHARD_SECRET", "0123456789abcdef"),
            ("SHARD_CALL_DEADLINE", "250ms"),
        ];
        let out = run_again("m78_the_environment_beats_the_defaults", &variables).await;
        assert!(out.contains(&format!("node from-environment at 127.0.0.1:{port}.")), "{out}");
        assert!(out.contains("within the deadline: true.") && out.contains("members: 2."), "{out}");
    })
    .await;
}

#[tokio::test]
async fn m78_what_the_code_says_before_start_beats_the_environment() {
    patient(async {
        if in_child() {
            let node = tcp_builder("from-code", [""; 0]).module(Bare).start().await.unwrap();
            println!("node {} at {}.", node.name(), node.address());
            return;
        }
        let variables =
            [("SHARD_NODE", "from-environment"), ("SHARD_LISTEN", "127.0.0.1:1"), ("SHARD_SECRET", "x")];
        let out = run_again("m78_what_the_code_says_before_start_beats_the_environment", &variables).await;
        assert!(out.contains("node from-code at 127.0.0.1:") && !out.contains("127.0.0.1:1."), "{out}");
    })
    .await;
}

#[tokio::test]
async fn m78_a_variable_that_means_nothing_is_an_error() {
    patient(async {
        if in_child() {
            let error = tcp_builder("node", [""; 0]).start().await.unwrap_err();
            println!("{error}");
            return;
        }
        for (variable, parts) in [
            (("SHARD_NODES", "misspelt"), ["`SHARD_NODES`", "SHARD_NODE,"]),
            (("SHARD_CALL_DEADLINE", "soon"), ["SHARD_CALL_DEADLINE", "`soon`"]),
            (("SHARD_MESSAGE_LIMIT", "1GB"), ["SHARD_MESSAGE_LIMIT", "`1GB`"]),
        ] {
            let out = run_again("m78_a_variable_that_means_nothing_is_an_error", &[variable]).await;
            assert!(parts.iter().all(|part| out.contains(part)), "{out}");
        }
    })
    .await;
}

struct Bare;

#[sharded_module]
impl Bare {
    fn remaining_millis(&self, state: &State) -> u64 {
        let remaining = state.deadline().unwrap().saturating_duration_since(Instant::now());
        u64::try_from(remaining.as_millis()).unwrap()
    }
}

fn text_secret() -> Secret {
    Secret::new("0123456789abcdef").unwrap()
}
