//! What the parts of a call cost that need no socket, in nanoseconds and allocations:
//! `cargo bench --package shard-runtime --bench micro`.
//!
//! All of it runs on this thread, so that every allocation is counted; those of a node's own work now and then are in the
//! mean and do not show. Figures are the medians of rounds in which all rows take turns. The counting costs an
//! allocation a few nanoseconds.
//!
//! What is not public cannot be called from here: the codec and frames by themselves. `to itself through the codec` is a
//! call that stays in the process and is encoded, decoded and answered as one from another node; the same message by
//! bincode alone is above it.

#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]

use core::hint::black_box;
use std::time::Instant;

use bincode::config;
use serde::{Deserialize, Serialize};
use shard_runtime::{Key, Node, Plan, Secret, Shard as _, State, sharded_module};
use tokio::runtime::{Builder, Runtime};

const ROUNDS: usize = 201;
/// So few that most rounds pass without another program in between.
const TIMES: u32 = 200;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Input {
    player: u64,
    x: f32,
    y: f32,
    name: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Output {
    tick: u64,
    accepted: bool,
}

impl Input {
    fn new() -> Self {
        Self { player: 77_000_123, x: 12.5, y: -3.25, name: "player-00123".to_owned() }
    }

    fn step(self) -> Output {
        Output { tick: self.player + self.name.len() as u64, accepted: self.x > self.y }
    }
}

struct Arena;

#[sharded_module]
impl Arena {
    fn step(&self, input: Input) -> Output {
        input.step()
    }

    fn step_in(&self, _state: &State, input: Input) -> Output {
        input.step()
    }
}

/// What is done again and again, and what it gave in each round: nanoseconds, and allocations of one time.
struct Row<'a> {
    name: &'static str,
    run: Box<dyn FnMut() + 'a>,
    times: Vec<f64>,
    allocations: f64,
}

fn main() {
    // cargo nextest asks each target for its tests, and here there are none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let runtime = Builder::new_current_thread().enable_all().build().expect("there are sockets");
    let [node, through] = [false, true].map(|force| runtime.block_on(start(force)));
    let mut rows = codec();
    rows.extend(routes(&node));
    rows.extend(tokens(&node));
    rows.extend(calls(&runtime, &node, &through));
    for round in 0..=ROUNDS {
        for row in &mut rows {
            let start = Instant::now();
            let counted = allocation_counter::measure(&mut row.run);
            // The first round is for warming up.
            if round > 0 {
                row.times.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(TIMES));
            }
            let count = u32::try_from(counted.count_total).unwrap_or(u32::MAX);
            row.allocations = f64::from(count) / f64::from(TIMES);
        }
    }
    println!("{:48} {:>8} {:>12}", "", "ns", "allocations");
    for Row { name, mut times, allocations, .. } in rows {
        times.sort_by(f64::total_cmp);
        println!("{name:48} {:>8.1} {allocations:>12.1}", times[ROUNDS / 2]);
    }
}

async fn start(force_wire: bool) -> Node {
    let node = Node::builder("micro").listen("127.0.0.1:0").module(Arena).force_wire(force_wire);
    let node = node.secret(Secret::new([7; 32]).expect("it is long enough")).start().await;
    let node = node.expect("it starts");
    node.ready().await.expect("it needs nobody");
    node
}

fn row<'a, T>(name: &'static str, mut run: impl FnMut() -> T + 'a) -> Row<'a> {
    let run = move || {
        for _ in 0..TIMES {
            black_box(run());
        }
    };
    Row { name, run: Box::new(run), times: Vec::new(), allocations: 0.0 }
}

/// By bincode alone, for the message of the calls below.
fn codec<'a>() -> Vec<Row<'a>> {
    let (input, mut out) = (Input::new(), Vec::new());
    let bytes = bincode::serde::encode_to_vec(&input, config::standard()).expect("it can be encoded");
    let encode = move || {
        out.clear();
        bincode::serde::encode_into_std_write(black_box(&input), &mut out, config::standard())
    };
    let decode = move || bincode::serde::decode_from_slice::<Input, _>(black_box(&bytes), config::standard());
    vec![row("bincode alone: encode the argument", encode), row("bincode alone: decode the argument", decode)]
}

fn routes(node: &Node) -> Vec<Row<'_>> {
    let plan = Plan::new((0..50).map(|at| format!("arena-host-{at}.example:4000")));
    let module = node.module::<Arena>();
    let again = node.module::<Arena>();
    let mut next = 0_u64;
    let owner = move || {
        next += 1;
        plan.owner(Key::from(next)).map(str::len)
    };
    vec![
        row("the owner of a number among 50 nodes", owner),
        row("a pinned shard of a text", move || module.create_shard("arena-42").expect("there is a host")),
        row("a keyed shard of a text", move || again.keyed_shard("arena-42").expect("it is ready")),
    ]
}

fn tokens(node: &Node) -> Vec<Row<'_>> {
    let module = node.module::<Arena>();
    let shard = module.create_shard("arena-42").expect("there is a host");
    let token = shard.token().mint();
    let verify = move || module.get_shard(&token).expect("it is its own");
    vec![row("mint a token", move || shard.token().mint()), row("verify a token", verify)]
}

fn calls<'a>(runtime: &'a Runtime, node: &Node, through: &Node) -> Vec<Row<'a>> {
    let shard = |node: &Node| node.module::<Arena>().local_shard().expect("it hosts the module");
    let (here, in_state, through) = (shard(node), shard(node), shard(through));
    let (plain, acting) = (State::new(), State::new().with_actor("player-00123"));
    let call = move |name, shard: ArenaShard| {
        let run = move || {
            runtime.block_on(async {
                for _ in 0..TIMES {
                    black_box(shard.step(Input::new()).await.expect("it is answered"));
                }
            });
        };
        Row { name, run: Box::new(run), times: Vec::new(), allocations: 0.0 }
    };
    let call_in = move |name, shard: ArenaShard, state: State| {
        let run = move || {
            runtime.block_on(async {
                for _ in 0..TIMES {
                    black_box(shard.step_in(&state, Input::new()).await.expect("it is answered"));
                }
            });
        };
        Row { name, run: Box::new(run), times: Vec::new(), allocations: 0.0 }
    };
    vec![
        row("the method itself, with its argument made", || Arena.step(black_box(Input::new()))),
        call("a call here", here),
        call_in("a call here in an empty state", in_state.clone(), plain),
        call_in("a call here in a state with an actor", in_state, acting),
        call("a call to itself through the codec", through),
    ]
}
