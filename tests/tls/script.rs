//! What `examples/deploy/make-certificates.sh` makes is what nodes need.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::certificates::Directory;
use crate::ports;
use crate::program::{Program, Setup, until};

/// Runs it, and returns what it says.
fn make(directory: &Path, nodes: &[&str]) -> Result<String, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deploy/make-certificates.sh");
    let output = Command::new(script).arg(directory).args(nodes).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn contents(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

fn without_openssl() -> bool {
    let missing = Command::new("openssl").arg("version").output().is_err();
    if missing {
        eprintln!("skipped: openssl is not installed");
    }
    missing
}

fn start(directory: &Path, name: &str, listen: &str, seed: &str) -> Program {
    let file = |end: &str| directory.join(end).display().to_string();
    let setup = Setup::new("cluster").option("--name", name).option("--listen", listen);
    let setup = setup.option("--discovery", &format!("gossip://{seed}"));
    let setup = setup.environment("SHARD_TLS_CA", Some(&file("ca.pem")));
    let setup = setup.environment("SHARD_TLS_CERT", Some(&file(&format!("{name}.pem"))));
    setup.environment("SHARD_TLS_KEY", Some(&file(&format!("{name}.key")))).start()
}

#[test]
fn three_nodes_run_with_the_certificates_that_it_makes() {
    if without_openssl() {
        return;
    }
    let directory = Directory::new();
    let said = make(directory.path(), &[]).unwrap();
    assert_eq!(said.lines().count(), 4, "a CA and three nodes: {said}");
    let [seed] = ports::free();
    let mut nodes = [("node-1", seed.as_str()), ("node-2", "127.0.0.1:0"), ("node-3", "127.0.0.1:0")]
        .map(|(name, listen)| start(directory.path(), name, listen, &seed));
    for node in &mut nodes {
        node.line("is ready");
        until("all three", || (node.ask("nodes", " nodes").pop()? == "3 nodes").then_some(()));
        node.ask("create arena-1", " is on node ");
        node.ask("score arena-1 alice 10", "alice has ");
    }
    // Without any a node is told why it stays alone.
    let plain =
        Setup::new("cluster").option("--name", "plain").option("--discovery", &format!("gossip://{seed}"));
    let failure = plain.option("--listen", "127.0.0.1:0").start().failure();
    assert!(failure.contains("speaks TLS, and the one that dialled does not"), "{failure}");
    let incomplete = Setup::new("cluster").environment("SHARD_TLS_CA", Some("ca.pem")).start().failure();
    assert!(incomplete.contains("`SHARD_TLS_CERT` and `SHARD_TLS_KEY`"), "{incomplete}");
}

#[test]
fn what_is_there_and_good_stays() {
    if without_openssl() {
        return;
    }
    let directory = Directory::new();
    let (here, there) = ("a=127.0.0.1,localhost", "b=10.0.0.5,b.example,*.pods.example,fd00::5");
    make(directory.path(), &[here, there]).unwrap();
    let first = contents(directory.path());
    let files: Vec<_> = first.keys().map(String::as_str).collect();
    assert_eq!(files, ["a.hosts", "a.key", "a.pem", "b.hosts", "b.key", "b.pem", "ca.key", "ca.pem"]);
    for file in &files {
        let mode = fs::metadata(directory.path().join(file)).unwrap().permissions().mode() & 0o777;
        let is_public = Path::new(file).extension().is_some_and(|end| end == "pem");
        assert_eq!(mode, if is_public { 0o644 } else { 0o600 }, "{file}");
    }
    let said = make(directory.path(), &[here, there]).unwrap();
    assert!(said.lines().all(|line| line.starts_with("kept")), "{said}");
    assert_eq!(contents(directory.path()), first);

    // Another host, a lost key: this one is made again, and no other.
    fs::remove_file(directory.path().join("a.key")).unwrap();
    make(directory.path(), &[here, "b=10.0.0.6"]).unwrap();
    let second = contents(directory.path());
    for (file, anew) in
        [("a.pem", true), ("b.pem", true), ("b.key", true), ("ca.pem", false), ("ca.key", false)]
    {
        assert_eq!(first[file] != second[file], anew, "{file}");
    }
    for wrong in ["a", "a=", "a=two words", "=10.0.0.5", "ca=10.0.0.5", "../a=10.0.0.5", "a=$(id)"] {
        make(directory.path(), &[wrong]).unwrap_err();
    }
    assert_eq!(contents(directory.path()), second, "what is wrong changes nothing");
}
