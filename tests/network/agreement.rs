//! Two programs that were built separately: this one, and an example.

use shard_runtime::{Node, Shard as _};
use tokio::runtime::Runtime;

use crate::arena::Arena;
use crate::ports;
use crate::program::{Program, SECRET, Setup, until};

const KEYS: usize = 1_000;

#[test]
fn two_programs_route_every_key_to_the_same_node() {
    let addresses: [String; 3] = ports::free();
    let mut programs = ["x", "y"].map(|name| {
        let at = usize::from(name == "y");
        let setup = Setup::new("cluster").option("--name", name).option("--listen", &addresses[at]);
        setup.peers(addresses.iter().map(String::as_str)).start()
    });
    let runtime = Runtime::new().unwrap();
    let node = runtime.block_on(async {
        let node = Node::builder("example-cluster").name("z").listen(&addresses[2]).peers(addresses.clone());
        let node = node.secret_text(SECRET).module(Arena::default()).start().await.unwrap();
        node.ready().await.unwrap();
        node
    });
    until("three hosts here", || (node.view().active_hosts("Arena").count() == 3).then_some(()));
    for program in &mut programs {
        program.line("is ready");
        until("three there", || (program.ask("nodes", " nodes").pop()? == "3 nodes").then_some(()));
    }
    // Who owns a key, in the views of three processes.
    let mut owned = [0_usize; 3];
    for key in 0..KEYS {
        let name = format!("arena-{key}");
        let ours = node.module::<Arena>().create_shard(name.as_str()).unwrap();
        let ours = ours.node().unwrap().to_string();
        for program in &mut programs {
            let theirs = owner(program, &name);
            assert_eq!(theirs, ours, "the owner of {name}");
        }
        owned[["x", "y", "z"].iter().position(|name| *name == ours).unwrap()] += 1;
    }
    // A keyed call takes the digest of the caller's view along, and a callee that has another one sends its view.
    let calls = runtime.block_on(async {
        let mut calls = 0;
        for key in 0..KEYS {
            let shard = node.module::<Arena>().keyed_shard(format!("arena-{key}")).unwrap();
            shard.linger("z", 0).await.unwrap();
            calls += 1;
        }
        calls
    });
    let mut met = 0;
    for key in 0..KEYS / 10 {
        let answer = programs[0].ask(&format!("meet arena-{key} x 1"), "arena-").pop().unwrap();
        met += usize::from(answer.contains("ok: x has 1 points"));
    }
    println!(
        "{KEYS} keys, {owned:?} on the three nodes, agreed by all; {calls} keyed calls, {met} the other way"
    );
    assert!(owned.iter().all(|count| *count > KEYS / 4), "{owned:?}");
    assert_eq!(met, KEYS / 10);
    // This node was never told another view, and never had to tell one, once they were three.
    assert_eq!(node.view_syncs(), 0);
    runtime.block_on(node.shutdown());
}

fn owner(program: &mut Program, key: &str) -> String {
    let line = program.ask(&format!("create {key}"), &format!("{key} is on node ")).pop().unwrap();
    line.split(' ').nth(4).unwrap().to_owned()
}
