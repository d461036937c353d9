//! The restart of five nodes, one by one.

use std::collections::HashMap;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use shard_runtime::{Boot, MemberState, Node, NodeName, Shard as _};
use tokio::time::{Instant, sleep, timeout};

use crate::args::Plan;
use crate::books::{Audit, Ends};
use crate::fleet::Fleet;
use crate::load::{Load, Told};
use crate::tally::Tally;

/// What it takes until all nodes are seen, at most.
const PATIENCE: Duration = Duration::from_secs(30);

const HEAD: &str = "\
restart |  keyed  refused  unknown | session  refused  unknown | moved away   and back |   exit   return
--------+--------------------------+---------------------------+-----------------------+----------------";

/// A line of the table.
struct Line {
    name: &'static str,
    keyed: Ends,
    sessions: Ends,
    /// Keys whose owner changed, when the node left and when it came back.
    moved: (usize, usize),
    exit: Duration,
    back: Duration,
}

pub(crate) async fn run(plan: &Plan) -> Result<ExitCode, Box<dyn Error>> {
    let begin = Instant::now();
    let mut fleet = Fleet::start().await?;
    // This process calls, and hosts nothing: a gateway.
    let gateway = Node::builder(&fleet.cluster)
        .name("gateway")
        .listen("127.0.0.1:0")
        .peers(fleet.addresses())
        .client_of::<Tally>()
        .start()
        .await?;
    gateway.ready().await?;
    for name in Fleet::names() {
        active(&gateway, name, None).await?;
    }
    let load = Load::start(gateway.clone(), plan);
    let mut ran: HashMap<u64, u32> = HashMap::new();
    let mut lines = Vec::new();
    if !plan.quiet {
        let Plan { rate, keys, sessions, .. } = plan;
        println!(
            "5 nodes, {rate} keyed calls a second over {keys} keys, {sessions} sessions at a time\n\n{HEAD}"
        );
    }
    for name in Fleet::names() {
        sleep(plan.pause).await;
        let (line, calls) = restart(&gateway, &mut fleet, &load, plan, name).await?;
        for call in calls {
            *ran.entry(call).or_default() += 1;
        }
        if !plan.quiet {
            line.print();
        }
        lines.push(line);
    }
    sleep(plan.pause).await;
    let (keyed, sessions) = load.stop().await;
    // The survivors' books.
    for name in Fleet::names() {
        let calls = fleet.terminate(name).await?;
        for call in calls {
            *ran.entry(call).or_default() += 1;
        }
    }
    gateway.shutdown().await;

    let (keyed_audit, session_audit) =
        (Audit::of(&keyed.by_call, &ran, true), Audit::of(&sessions.by_call, &ran, false));
    if !plan.quiet {
        println!();
    }
    summary("keyed calls", &keyed, &keyed_audit);
    summary("session calls", &sessions, &session_audit);
    let slowest = lines.iter().map(|line| line.exit).max().unwrap_or_default();
    let clean = keyed_audit.is_clean() && session_audit.is_clean();
    println!(
        "{}: {} restarts in {:.0} s, slowest exit {:.1} s",
        if clean { "nothing was lost" } else { "CALLS WERE LOST" },
        lines.len(),
        begin.elapsed().as_secs_f64(),
        slowest.as_secs_f64(),
    );
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn summary(what: &str, told: &Told, audit: &Audit) {
    let ends = &told.ends;
    let Audit { lost, twice, untrue } = audit;
    println!(
        "{what}: {} made, {} ok, {} refused, {} unknown: {lost} lost, {twice} ran twice, {untrue} untrue",
        ends.all(),
        ends.ok,
        ends.not_started,
        ends.unknown,
    );
    if let Some(error) = &told.error {
        println!("the first error: {error}");
    }
}

/// Restarts one node, and returns what happened meanwhile and which calls had run there.
async fn restart(
    gateway: &Node,
    fleet: &mut Fleet,
    load: &Load,
    plan: &Plan,
    name: &'static str,
) -> Result<(Line, Vec<u64>), Box<dyn Error>> {
    let boot = gateway.view().get(name).map(|member| member.boot);
    let before = load.ends();
    let all = owners(gateway, plan.keys)?;
    let asked = Instant::now();
    let ran = fleet.terminate(name).await?;
    let exit = asked.elapsed();
    let without = owners(gateway, plan.keys)?;
    let started = Instant::now();
    fleet.spawn(name)?;
    fleet.ready(name).await?;
    active(gateway, name, boot).await?;
    let back = started.elapsed();
    let again = owners(gateway, plan.keys)?;
    let after = load.ends();
    let line = Line {
        name,
        keyed: after.0.since(&before.0),
        sessions: after.1.since(&before.1),
        moved: (moved(&all, &without), moved(&without, &again)),
        exit,
        back,
    };
    Ok((line, ran))
}

/// Waits until a node of that name can be given keys, under another boot than an earlier one.
async fn active(gateway: &Node, name: &str, not: Option<Boot>) -> Result<(), Box<dyn Error>> {
    let seen = async {
        while !gateway
            .view()
            .get(name)
            .is_some_and(|member| member.state == MemberState::Active && Some(member.boot) != not)
        {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, seen).await.map_err(|_| format!("{name} is not seen").into())
}

/// The owner of each key, as the gateway sees it.
fn owners(gateway: &Node, keys: u64) -> Result<Vec<Option<NodeName>>, Box<dyn Error>> {
    let tallies = gateway.module::<Tally>();
    (0..keys).map(|key| Ok(tallies.keyed_shard(key)?.node())).collect()
}

fn moved(before: &[Option<NodeName>], after: &[Option<NodeName>]) -> usize {
    before.iter().zip(after).filter(|(before, after)| before != after).count()
}

impl Line {
    fn print(&self) {
        let Self { name, keyed, sessions, moved, exit, back } = self;
        println!(
            "{name:7} | {:6}  {:7}  {:7} | {:7}  {:7}  {:7} | {:10}  {:9} | {:4.1} s  {:5.1} s",
            keyed.all(),
            keyed.not_started,
            keyed.unknown,
            sessions.all(),
            sessions.not_started,
            sessions.unknown,
            moved.0,
            moved.1,
            exit.as_secs_f64(),
            back.as_secs_f64(),
        );
    }
}
