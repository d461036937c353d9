use std::time::Duration;

use shard_runtime::{MemberState, Node, Shard, ShardToken, ShardedModule, State};
use tokio::time::{Instant, sleep};

use crate::driver::{Driver, DriverShard};
use crate::health::Health;
use crate::patience::until;
use crate::process::{Process, node};
use crate::works::{Works, WorksShard};

/// Nodes in processes of their own, and one in this process that tells them what to do.
pub(crate) struct Fleet {
    _judge: Node,
    pub(crate) members: Vec<Member>,
}

pub(crate) struct Member {
    pub(crate) process: Process,
    pub(crate) works: WorksShard,
    pub(crate) driver: DriverShard,
    /// How it was before anything was asked of it.
    before: Health,
}

/// No call of these tests is to end because of its time.
const LONG: Duration = Duration::from_secs(3_600);

/// What is said of the time after: "within a second".
const SOON: Duration = Duration::from_secs(1);

impl Fleet {
    pub(crate) async fn of(size: usize) -> Self {
        let judge = node("judge", &[]).client_of::<Works>().client_of::<Driver>().start().await.unwrap();
        let name = |at: usize| format!("member-{at}");
        let processes: Vec<_> = (0..size).map(|at| Process::start(&name(at), judge.address())).collect();
        let active = || judge.members().iter().filter(|it| it.state == MemberState::Active).count();
        until(Duration::from_secs(20), "all are there", || active() == size + 1).await;
        judge.ready().await.unwrap();
        let mut members = Vec::new();
        for (at, process) in processes.into_iter().enumerate() {
            let works = shard_on::<Works>(&judge, &name(at));
            let driver = shard_on::<Driver>(&judge, &name(at));
            // They see each other.
            let seen = async {
                while driver.sees(&State::new()).await != Ok(size + 1) {
                    sleep(TICK).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(20), seen).await.expect("it sees all");
            let before = works.health(&State::new()).await.unwrap();
            members.push(Member { process, works, driver, before });
        }
        Self { _judge: judge, members }
    }

    /// I9: everything is back to what it was before, within a second.
    pub(crate) async fn idle(&self) {
        for member in &self.members {
            member.idle().await;
        }
    }
}

const TICK: Duration = Duration::from_millis(5);

impl Member {
    pub(crate) async fn health(&self) -> Health {
        self.works.health(&State::new()).await.unwrap()
    }

    /// What leads others there.
    pub(crate) fn token(&self) -> ShardToken {
        self.works.token().mint()
    }

    pub(crate) async fn idle(&self) -> Health {
        let start = Instant::now();
        loop {
            let health = self.health().await;
            if health.is_idle(&self.before) {
                return health;
            }
            assert!(start.elapsed() < SOON, "it is not idle: {health:?}, and was {:?}", self.before);
            sleep(TICK).await;
        }
    }
}

/// A pinned shard for a key that is placed on the node of that name.
fn shard_on<M: ShardedModule>(judge: &Node, name: &str) -> M::Shard {
    let module = judge.module::<M>();
    let mut shards = (0_u32..10_000).map(|key| module.create_shard(key).unwrap());
    let shard = shards.find(|shard| shard.node().is_some_and(|node| node.as_str() == name));
    shard.expect("some key is placed there").timeout(LONG)
}
