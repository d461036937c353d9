//! Nodes that were given no secret, on one machine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::program::{Program, Setup, until};

#[test]
fn without_a_secret_the_nodes_of_one_user_share_one_that_is_drawn() {
    let state = Scratch::new("shared");
    let mut nodes: Vec<(Program, String)> = Vec::new();
    for name in ["a", "b", "c"] {
        let mut node = start(name, &state.0, nodes.iter().map(|(_, address)| address.as_str()));
        let address = node.line("listens on ").text.rsplit(' ').next().unwrap().to_owned();
        node.line("is ready");
        nodes.push((node, address));
    }
    for (node, _) in &mut nodes {
        until("three nodes", || node.ask("nodes", " nodes").contains(&"3 nodes".to_owned()).then_some(()));
    }
    let file = state.0.join("shard/development-secret");
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_node_with_another_secret_is_refused_and_says_so() {
    let (ours, theirs) = (Scratch::new("ours"), Scratch::new("theirs"));
    let mut node = start("a", &ours.0, []);
    let address = node.line("listens on ").text.rsplit(' ').next().unwrap().to_owned();
    let failure = start("b", &theirs.0, [address.as_str()]).failure();
    let last = failure.lines().last().unwrap();
    assert!(last.contains(&address) && last.contains("secret"), "{failure}");
    assert_eq!(node.ask("nodes", " nodes").last().unwrap(), "1 nodes");
}

fn start<'a>(name: &str, state: &Path, peers: impl IntoIterator<Item = &'a str>) -> Program {
    Setup::new("cluster")
        .environment("SHARD_SECRET", None)
        .environment("XDG_STATE_HOME", state.to_str())
        .option("--name", name)
        .option("--listen", "127.0.0.1:0")
        .peers(peers)
        .start()
}

/// A folder of the test's own, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
