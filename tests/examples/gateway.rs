//! `examples/gateway`: shards as JSON, over any node.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::http::{Answer, bytes_of_post, get, post};
use crate::program::{Program, Setup, until};

struct Gateway {
    name: &'static str,
    /// Where other nodes reach it.
    node: String,
    /// Where clients do.
    http: String,
    program: Program,
}

impl Gateway {
    fn setup(name: &str, others: &[Self], secrets: Option<&Path>) -> Setup {
        let setup = Setup::new("gateway")
            .option("--name", name)
            .option("--listen", "127.0.0.1:0")
            .option("--http", "127.0.0.1:0")
            .peers(others.iter().map(|other| other.node.as_str()));
        match secrets {
            Some(file) => setup.option("--secrets", file.to_str().unwrap()),
            None => setup,
        }
    }

    fn launch(name: &'static str, others: &[Self], secrets: Option<&Path>) -> Self {
        let mut program = Self::setup(name, others, secrets).start();
        let node = last_word(&program.line("listens on ").text);
        let http = last_word(&program.line("http on ").text);
        Self { name, node, http, program }
    }

    /// Three of them, each of which knows all.
    fn three() -> [Self; 3] {
        Self::three_with(None)
    }

    fn three_with(secrets: Option<&Path>) -> [Self; 3] {
        let mut all = Vec::new();
        for name in ["a", "b", "c"] {
            all.push(Self::launch(name, &all, secrets));
        }
        for gateway in &all {
            gateway.sees(3);
        }
        all.try_into().ok().unwrap()
    }

    /// Waits until all of so many nodes answer, and nobody else is asked.
    fn sees(&self, nodes: usize) {
        let all = || {
            let answer = get(&self.http, "/players");
            assert_eq!(answer.status, 200);
            let (players, errors) = (answer.body["players"].as_object()?, answer.body["errors"].as_object()?);
            (players.len() == nodes && errors.is_empty()).then_some(())
        };
        until("an answer of so many nodes", all);
    }

    /// Seats taken in the whole cluster.
    fn seats(&self) -> u64 {
        let answer = get(&self.http, "/players");
        answer.body["players"].as_object().unwrap().values().filter_map(Value::as_u64).sum()
    }

    fn enter(&self, player: &str, arena: &str) -> Answer {
        post(&self.http, &format!("/arenas/{arena}"), Some(player), None)
    }

    /// Enters and gives the shard as the client gets it.
    fn shard(&self, player: &str, arena: &str) -> Value {
        let answer = self.enter(player, arena);
        assert_eq!(answer.status, 200, "{answer:?}");
        let fields = answer.body.as_object().unwrap();
        assert!(fields.len() == 1 && fields["id"].is_string(), "{answer:?}");
        answer.body
    }

    fn score(&self, player: &str, shard: &Value, points: u64) -> Answer {
        post(&self.http, "/score", Some(player), Some(&json!({ "shard": shard, "points": points })))
    }
}

#[test]
fn m07_a_shard_from_one_node_is_played_against_every_node() {
    let gateways = Gateway::three();
    for from in &gateways {
        let arena = format!("arena-of-{}", from.name);
        let shard = from.shard("alice", &arena);
        let mut owner = None;
        for (through, total) in gateways.iter().zip([10, 20, 30]) {
            let answer = through.score("alice", &shard, 10);
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.body["total"], total, "one arena, whichever node is asked");
            assert_eq!(answer.body["through"], through.name);
            assert_eq!(&answer.body["node"], owner.get_or_insert(answer.body["node"].clone()));
        }
    }
    assert_eq!(gateways[0].seats(), 3, "nothing was entered twice");
}

#[test]
fn m44_whatever_is_wrong_with_a_token_there_is_one_answer() {
    let gateways = Gateway::three();
    let shard = gateways[0].shard("alice", "arena-42");
    let id = shard["id"].as_str().unwrap();
    let mut changed = id.to_owned().into_bytes();
    changed[40] = if changed[40] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    let long = "A".repeat(100_000);
    let refused = Answer { status: 403, body: json!({ "error": "token refused" }) };
    for gateway in &gateways {
        assert_eq!(gateway.score("mallory", &shard, 1), refused, "it is alice's");
        for forged in ["", "__proto__", "constructor", "garbage", "💥", &changed, &long, &id[1..]] {
            assert_eq!(gateway.score("alice", &json!({ "id": forged }), 1), refused, "{forged}");
        }
        let answer = gateway.score("alice", &shard, 1);
        assert_eq!(answer.status, 200, "hers is as good as before: {answer:?}");
    }
}

#[test]
fn s17_a_stolen_token_is_refused_as_any_other_and_only_the_log_says_why() {
    let [mut a, b, c] = Gateway::three();
    // Both play in one arena: mallory may enter it, and may not play for alice.
    let (alices, mallorys) = (a.shard("alice", "arena-42"), b.shard("mallory", "arena-42"));
    assert_eq!(c.score("mallory", &mallorys, 3).body["total"], 3);
    assert_eq!(c.score("alice", &alices, 5).body["total"], 5);

    let id = alices["id"].as_str().unwrap();
    let with = |at: usize, character: &str| format!("{}{character}{}", &id[..at], &id[at + 1..]);
    let other = |at: usize| if id[at..].starts_with('A') { "B" } else { "A" };
    let attempts = [
        ("mallory", id.to_owned(), "its MAC is wrong"),
        ("alice", with(44, other(44)), "its MAC is wrong"),
        ("alice", with(5, other(5)), "its MAC is wrong"),
        // The third one has half of the key's id.
        (
            "alice",
            with(2, if id[2..].starts_with('A') { "E" } else { "A" }),
            "a secret that this node does not have",
        ),
        // The fourth character has the flags; E is the bound one, moved to a bit that has no meaning.
        ("alice", with(3, "E"), "bound to no subject"),
        ("alice", id[..60].to_owned(), "it is not a token"),
        ("alice", "garbage".to_owned(), "it is not a token"),
        ("alice", String::new(), "it is not a token"),
    ];
    let refuse = |gateway: &Gateway, player: &str, id: &str| {
        let body = json!({ "shard": { "id": id }, "points": 1_000 });
        bytes_of_post(&gateway.http, "/score", player, &body)
    };
    for gateway in [&a, &b, &c] {
        let answers: BTreeSet<_> =
            attempts.iter().map(|(player, id, _)| refuse(gateway, player, id)).collect();
        assert_eq!(answers.len(), 1, "{answers:#?}");
        let answer = answers.first().unwrap();
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n{\"error\":\"token refused\"}"), "{answer}");
    }
    assert_eq!(b.score("alice", &alices, 5).body["total"], 10, "nothing was counted, and hers is good");
    assert_eq!(b.score("mallory", &mallorys, 3).body["total"], 6, "nor for him");

    a.program.kill();
    let log = a.program.log();
    let reasons: Vec<_> = log.lines().filter(|line| line.contains("a token was refused")).collect();
    assert_eq!(reasons.len(), attempts.len(), "{log}");
    for (line, (_, sent, reason)) in reasons.iter().zip(&attempts) {
        assert!(line.contains(reason), "{reason:?} is not in {line:?}");
        assert!(sent.len() < 20 || !log.contains(sent.as_str()), "a token is in the log");
    }
}

/// The file of secrets, removed at the end.
struct SecretsFile(PathBuf);

impl SecretsFile {
    fn new(name: &str) -> Self {
        let name = format!("shard-gateway-secrets-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn write(&self, secrets: &[&str]) {
        fs::write(&self.0, secrets.join("\n") + "\n").unwrap();
    }
}

impl Drop for SecretsFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Alice gets a token from one node after another, and plays it against the next, until she is told to stop. Returns how
/// often she did.
fn play(nodes: &[String], player: &str, stop: &AtomicBool) -> u64 {
    let mut rounds = 0;
    while !stop.load(Ordering::Relaxed) {
        for (at, from) in nodes.iter().enumerate() {
            let entered = post(from, &format!("/arenas/{player}-{at}"), Some(player), None);
            assert_eq!(entered.status, 200, "{entered:?}");
            let body = json!({ "shard": entered.body, "points": 1 });
            let scored = post(&nodes[(at + 1) % nodes.len()], "/score", Some(player), Some(&body));
            assert_eq!(scored.status, 200, "{scored:?}");
            rounds += 1;
            assert_eq!(scored.body["total"], (rounds - 1) / nodes.len() as u64 + 1, "once each");
        }
    }
    rounds
}

#[test]
fn s17_the_secret_is_changed_without_a_stop() {
    const OLD: &str = "81ea4a17a7a3b3a1d6a4e0a1c7e5cf4b";
    const NEW: &str = "0b7bd2dfb9c4e7a8e3a5d1c2f4906e11";
    let file = SecretsFile::new("changed");
    file.write(&[OLD]);
    let mut gateways = Gateway::three_with(Some(&file.0));
    let nodes: Vec<_> = gateways.iter().map(|gateway| gateway.http.clone()).collect();
    let held = gateways[0].shard("bob", "arena-42");

    let stop = AtomicBool::new(false);
    let rounds: u64 = thread::scope(|scope| {
        let (nodes, stop) = (&nodes, &stop);
        let players = ["alice", "carol"].map(|player| scope.spawn(move || play(nodes, player, stop)));
        for (done, secrets) in [[OLD, NEW].as_slice(), &[NEW, OLD], &[NEW]].into_iter().enumerate() {
            // Some rounds of the gossip at each step.
            thread::sleep(Duration::from_secs(2));
            for gateway in &gateways {
                assert_eq!(gateway.score("bob", &held, 0).status, 200, "before step {done}");
            }
            file.write(secrets);
            for gateway in &mut gateways {
                gateway.program.hang_up();
                until("it has read them", || {
                    (gateway.program.count("secrets are read again") > done).then_some(())
                });
            }
        }
        thread::sleep(Duration::from_secs(6));
        stop.store(true, Ordering::Relaxed);
        players.map(|player| player.join().unwrap()).into_iter().sum()
    });
    assert!(rounds > 100, "{rounds} rounds");

    // Whoever has only the old one is a stranger now, be it a client's token or a node.
    let refused = Answer { status: 403, body: json!({ "error": "token refused" }) };
    for gateway in &gateways {
        gateway.sees(3);
        assert_eq!(gateway.score("bob", &held, 0), refused);
    }
    file.write(&[OLD]);
    let late = Gateway::setup("late", &gateways, Some(&file.0)).start().failure();
    assert!(late.lines().last().unwrap().contains("no cluster secret in common"), "{late}");
    // A file that is no good changes nothing.
    file.write(&["too short"]);
    gateways[0].program.hang_up();
    gateways[0].program.line("secrets are not read again");
    gateways[0].sees(3);

    for gateway in &mut gateways {
        gateway.program.kill();
    }
    for gateway in &mut gateways {
        let log = gateway.program.log();
        let others = log.lines().filter(|line| line.contains("a node joined")).count();
        assert!(log.lines().filter(|line| line.contains("the node has other secrets")).count() == 3, "{log}");
        assert!((2..=3).contains(&others), "nobody came twice: {log}");
        for trouble in ["a node left", "came back under a new boot", "this node goes on under", "ERROR"] {
            assert!(!log.contains(trouble), "{trouble}: {log}");
        }
    }
}

#[test]
fn each_kind_of_failure_has_a_status() {
    let gateways = Gateway::three();
    let [gateway, ..] = &gateways;
    let shard = gateway.shard("alice", "arena-42");

    let nobody = post(&gateway.http, "/score", None, Some(&json!({ "shard": shard, "points": 1 })));
    assert_eq!(nobody.status, 401);
    let no_token = post(&gateway.http, "/score", Some("alice"), Some(&json!({ "points": 1 })));
    assert_eq!(no_token.status, 422);
    assert_eq!(gateway.enter("alice", &"x".repeat(129)).status, 400, "a key has at most 128 bytes");
    assert_eq!(get(&gateway.http, "/elsewhere").status, 404);

    gateway.shard("bob", "arena-42");
    let full = gateway.enter("carol", "arena-42");
    assert_eq!((full.status, &full.body["error"]), (409, &json!("the arena is full: it has 2 seats")));
}

#[test]
fn a_signal_that_comes_while_it_starts_does_not_end_it() {
    let pipe = SecretsFile::new("pipe");
    assert!(Command::new("mkfifo").arg(&pipe.0).status().unwrap().success());
    let setup = Gateway::setup("a", &[], Some(&pipe.0));
    let mut program = setup.environment("SHARD_SECRET_PREVIOUS", Some("not accepted")).start();
    // It opens once the other side does: the node is about to read its secrets, and waits for them.
    let mut secrets = fs::OpenOptions::new().write(true).open(&pipe.0).unwrap();
    program.hang_up();
    secrets.write_all(b"81ea4a17a7a3b3a1d6a4e0a1c7e5cf4b\n").unwrap();
    drop(secrets);
    program.line("listens on ");
    // What it was told before it could do so, it does now.
    pipe.write(&["0b7bd2dfb9c4e7a8e3a5d1c2f4906e11"]);
    program.line("secrets are read again");
    program.terminate();
    let log = program.log();
    let passed_over =
        log.lines().filter(|line| line.contains("WARN") && line.contains("SHARD_SECRET_PREVIOUS"));
    assert_eq!(passed_over.count(), 1, "it has secrets of its own, and says so: {log}");
}

#[test]
fn m43_a_shard_of_a_dead_node_is_gone_and_the_arena_can_be_entered_again() {
    let mut gateways = Vec::from(Gateway::three());
    let shard = gateways[0].shard("alice", "arena-42");
    let owner = gateways[0].score("alice", &shard, 1).body["node"].clone();
    let at = gateways.iter().position(|gateway| owner == gateway.name).unwrap();
    gateways.remove(at).program.kill();
    for gateway in &gateways {
        gateway.sees(2);
        let gone = gateway.score("alice", &shard, 1);
        assert_eq!(gone.status, 410, "{gone:?}");
    }
    let again = gateways[0].shard("alice", "arena-42");
    let answer = gateways[1].score("alice", &again, 7);
    assert_eq!((answer.status, &answer.body["total"]), (200, &json!(7)), "{answer:?}");
}

#[test]
fn ends_in_order_when_it_is_asked_to() {
    let [mut a, b, c] = Gateway::three();
    a.program.terminate();
    a.program.line("node has left");
    assert!(a.program.wait().success());
    for other in [&b, &c] {
        other.sees(2);
    }
}

fn last_word(line: &str) -> String {
    line.rsplit(' ').next().unwrap().to_owned()
}
