//! Writes one service of 100 methods three times, for shard-runtime, for tarpc and without either, and compares how long
//! `cargo check` of each takes while everything it depends on is built.
//!
//! The runs take turns, so that a machine that gets slower gets slower for all. The last line is the ratio of the
//! medians, shard-runtime by tarpc; what is printed above it puts that into its parts.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

const METHODS: usize = 100;
const ROUNDS: usize = 9;

const SERVICES: [(&str, fn(usize) -> String); 3] = [("plain", plain), ("shard", shard), ("tarpc", tarpc)];

const TYPES: &str = "
#[derive(serde::Serialize, serde::Deserialize, Clone, Debug)]
pub struct Payload {
    pub x: f32,
    pub y: f32,
    pub items: Vec<u64>,
}

#[derive(serde::Serialize, serde::Deserialize, Clone, Debug)]
pub struct Reply {
    pub total: u64,
    pub accepted: bool,
}

#[derive(serde::Serialize, serde::Deserialize, Clone, Debug)]
pub enum Failure {
    Unknown(String),
    Full,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, \"{self:?}\")
    }
}
";

/// The body of every method, the same everywhere.
fn body(number: usize) -> String {
    format!(
        "if player.is_empty() {{
            return Err(Failure::Unknown(player.to_string()));
        }}
        Ok(Reply {{ total: u64::from(points) + data.items.len() as u64 + {number}, accepted: data.x > data.y }})"
    )
}

fn methods(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

fn plain(count: usize) -> String {
    let methods = methods(count, |number| {
        format!(
            "
    pub async fn method_{number}(&self, player: &str, points: u32, data: Payload) -> Result<Reply, Failure> {{
        {}
    }}
",
            body(number)
        )
    });
    format!("{TYPES}\npub struct Arena;\n\nimpl Arena {{{methods}}}\n")
}

fn shard(count: usize) -> String {
    let methods = methods(count, |number| {
        format!(
            "
    pub async fn method_{number}(&self, _state: &State, player: &str, points: u32, data: Payload) -> Result<Reply, Failure> {{
        {}
    }}
",
            body(number)
        )
    });
    format!(
        "use shard_runtime::{{State, sharded_module}};\n{TYPES}\npub struct Arena;\n\n#[sharded_module]\nimpl Arena {{{methods}}}\n"
    )
}

fn tarpc(count: usize) -> String {
    let signatures = methods(count, |number| {
        format!(
            "\n    async fn method_{number}(player: String, points: u32, data: Payload) -> Result<Reply, Failure>;\n"
        )
    });
    let methods = methods(count, |number| {
        format!(
            "
    async fn method_{number}(self, _: tarpc::context::Context, player: String, points: u32, data: Payload) -> Result<Reply, Failure> {{
        {}
    }}
",
            body(number)
        )
    });
    format!(
        "{TYPES}\n#[tarpc::service]\npub trait Arena {{{signatures}}}\n\n#[derive(Clone)]\npub struct Server;\n\nimpl Arena for Server {{{methods}}}\n"
    )
}

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn generated(service: &str) -> PathBuf {
    here().join(service).join("src/generated.rs")
}

/// How long one `cargo check` of a service takes. Anything but the service has been checked before.
fn check(service: &str, source: &str, incremental: bool) -> Result<Duration, Box<dyn Error>> {
    // Written anew, so that cargo sees a change and the compiler, where it remembers, sees none.
    fs::write(generated(service), source)?;
    let begin = Instant::now();
    let status = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .current_dir(here())
        .args(["check", "--quiet", "--locked", "--package", &format!("compile-{service}")])
        .env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" })
        .status()?;
    let took = begin.elapsed();
    if status.success() { Ok(took) } else { Err(format!("`cargo check` of `{service}` failed").into()) }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The medians of plain, shard and tarpc.
fn compare(incremental: bool) -> Result<[Duration; 3], Box<dyn Error>> {
    let sources = SERVICES.map(|(name, source)| (name, source(METHODS)));
    let mut times = [const { Vec::new() }; 3];
    for round in 0..=ROUNDS {
        for ((service, source), times) in sources.iter().zip(&mut times) {
            let took = check(service, source, incremental)?;
            // The first round builds what they depend on.
            if round > 0 {
                times.push(took);
            }
        }
    }
    Ok(times.map(median))
}

fn report(what: &str, [plain, shard, tarpc]: [Duration; 3]) {
    println!("{what}: plain {plain:.2?}, shard {shard:.2?}, tarpc {tarpc:.2?}");
    let over = |time: Duration| time.saturating_sub(plain).as_secs_f64() * 1e3 / METHODS as f64;
    println!("    above plain, for each method: shard {:.2} ms, tarpc {:.2} ms", over(shard), over(tarpc));
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("`cargo check` of {METHODS} methods, medians of {ROUNDS} runs that take turns");
    report("unchanged, with what the compiler remembers", compare(true)?);
    let cold = compare(false)?;
    report("from nothing", cold);
    println!("shard / tarpc: {:.2}", cold[1].as_secs_f64() / cold[2].as_secs_f64());
    Ok(())
}
