//! What a process does that was started to be a node: it is asked things, one line each, and answers.

use std::io::BufRead as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use shard_runtime::{MemberState, Node, Shard as _, View};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::ledger::{Ledger, micros};
use crate::load::{Load, Rate};

/// Where a process is told what node it is.
pub(crate) const ROLE: &str = "NETWORK_NODE";

/// What an answer begins with: the line before it is the test runner's.
pub(crate) const ANSWER: &str = "answer ";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) cluster: String,
    pub(crate) secret: String,
    pub(crate) name: String,
    pub(crate) listen: String,
    pub(crate) peers: Vec<String>,
    /// Where it writes which calls have run.
    pub(crate) ledger: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// Waits until it takes part: `Result<(), String>`.
    Ready,
    /// Begins to make calls: `()`.
    Load(Rate),
    /// Ends that: `Vec<Call>`.
    Calls,
    /// What it has seen of the cluster so far: `Vec<Seen>`.
    Seen,
    /// Who owns each of so many keys: `Vec<String>`.
    Owners(u64),
    /// How many view syncs it has sent: `u64`.
    Syncs,
}

/// A view, and since when a node has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) at: u64,
    pub(crate) digest: u64,
    pub(crate) members: Vec<(String, u64, MemberState)>,
}

impl Seen {
    fn new(view: &View) -> Self {
        let members = view.members().iter().map(|it| (it.name.to_string(), it.boot.get(), it.state));
        Self { at: micros(), digest: view.digest(), members: members.collect() }
    }

    pub(crate) fn state(&self, name: &str) -> Option<MemberState> {
        self.members.iter().find(|(member, ..)| member == name).map(|(.., state)| *state)
    }

    pub(crate) fn active(&self) -> usize {
        self.members.iter().filter(|(.., state)| *state == MemberState::Active).count()
    }
}

#[test]
#[ignore = "the other tests run it as a process of its own"]
fn a_node() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let role: Role = serde_json::from_str(&role).unwrap();
    let filter = tracing_subscriber::EnvFilter::from_default_env();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    workers.block_on(run(role));
    // Its threads are not waited for: one of them reads what nobody may ever write.
    std::process::exit(0);
}

async fn run(role: Role) {
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    let node = Node::builder(role.cluster)
        .name(role.name)
        .listen(role.listen)
        .peers(role.peers)
        .secret_text(role.secret)
        .module(Ledger::at(&role.ledger))
        .start()
        .await
        .unwrap();
    let seen = watch(&node);
    let mut asked = questions();
    let mut load = None;
    loop {
        let ask = tokio::select! {
            ask = asked.recv() => ask,
            _ = terminate.recv() => {
                if let Some(load) = &load {
                    Load::stop(load);
                }
                return node.shutdown().await;
            }
        };
        match ask {
            // The test has ended, however it did.
            None => return,
            Some(Ask::Ready) => answer(&node.ready().await.map_err(|error| error.to_string())),
            Some(Ask::Load(rate)) => {
                load = Some(Load::start(&node, rate));
                answer(&());
            }
            Some(Ask::Calls) => match load.take() {
                Some(load) => answer(&load.end().await),
                None => answer(&[(); 0]),
            },
            Some(Ask::Seen) => answer(&*seen.lock().unwrap()),
            Some(Ask::Owners(keys)) => answer(&(0..keys).map(|key| owner(&node, key)).collect::<Vec<_>>()),
            Some(Ask::Syncs) => answer(&node.view_syncs()),
        }
    }
}

fn owner(node: &Node, key: u64) -> String {
    let shard = node.module::<Ledger>().create_shard(key);
    shard.ok().and_then(|shard| shard.node().map(|node| node.to_string())).unwrap_or_default()
}

fn watch(node: &Node) -> Arc<Mutex<Vec<Seen>>> {
    let seen = Arc::default();
    let book: Arc<Mutex<Vec<Seen>>> = Arc::clone(&seen);
    let mut views = node.watch_members();
    tokio::spawn(async move {
        while let Some(view) = views.next().await {
            book.lock().unwrap().push(Seen::new(&view));
        }
    });
    seen
}

fn questions() -> mpsc::Receiver<Ask> {
    let (to, asked) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if to.blocking_send(serde_json::from_str(&line).unwrap()).is_err() {
                break;
            }
        }
    });
    asked
}

fn answer(value: &impl Serialize) {
    println!("\n{ANSWER}{}", serde_json::to_string(value).unwrap());
}
