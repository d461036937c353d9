//! `examples/gateway`: shards as JSON, over any node.

use serde_json::{Value, json};

use crate::http::{Answer, get, post};
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
    fn start(name: &'static str, others: &[Self]) -> Self {
        let mut program = Setup::new("gateway")
            .option("--name", name)
            .option("--listen", "127.0.0.1:0")
            .option("--http", "127.0.0.1:0")
            .peers(others.iter().map(|other| other.node.as_str()))
            .start();
        let node = last_word(&program.line("listens on ").text);
        let http = last_word(&program.line("http on ").text);
        Self { name, node, http, program }
    }

    /// Three of them, each of which knows all.
    fn three() -> [Self; 3] {
        let mut all = Vec::new();
        for name in ["a", "b", "c"] {
            all.push(Self::start(name, &all));
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
