use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use shard_runtime::{CallError, Error, MemberState, Node, NodeBuilder, Secret, State};
use tokio::time::{Instant, sleep};

use crate::counter::{Counter, CounterShard};
use crate::patience::{until, within};
use crate::relay::Relay;

/// A callee that can be dialled only through a relay, and a caller that cannot be dialled at all: every link between
/// them goes through the relay.
pub(crate) struct Pair {
    pub(crate) caller: Node,
    pub(crate) callee: Node,
    pub(crate) relay: Relay,
    /// The callee's.
    pub(crate) counter: Arc<Counter>,
    /// To the callee's boot.
    pub(crate) pinned: CounterShard,
    /// To whoever owns its key, which is the callee.
    pub(crate) keyed: CounterShard,
    /// Where the callee is told to find the caller. Nobody accepts there.
    pub(crate) _silent: TcpListener,
}

impl Pair {
    pub(crate) async fn new() -> Self {
        Self::with(|node| node, |node| node).await
    }

    /// With more modules than the counter.
    pub(crate) async fn with(
        more_of_caller: impl FnOnce(NodeBuilder) -> NodeBuilder,
        more_of_callee: impl Fn(NodeBuilder) -> NodeBuilder,
    ) -> Self {
        let counter = Arc::new(Counter::default());
        let (relay, callee) = loop {
            // A port may be taken by somebody else between the two, and another one then not.
            let target = format!("127.0.0.1:{}", free_port());
            let relay = Relay::to(target.clone()).await;
            let callee = builder("b-callee", &[]).listen(target).advertise(relay.address());
            match more_of_callee(callee.shared_module(Arc::clone(&counter))).start().await {
                Ok(callee) => break (relay, callee),
                Err(Error::Listen { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        };
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        // By its name it is the one of the two that dials at once.
        let caller = builder("a-caller", &[relay.address()])
            .advertise(silent.local_addr().unwrap().to_string())
            .client_of::<Counter>();
        let caller = more_of_caller(caller).start().await.unwrap();
        caller.ready().await.unwrap();
        for node in [&caller, &callee] {
            until(Duration::from_secs(10), "both see both", || active(node) == 2).await;
        }
        let counters = caller.module::<Counter>();
        let (pinned, keyed) = (counters.create_shard("key").unwrap(), counters.keyed_shard("key").unwrap());
        let pair = Self { caller, callee, relay, counter, pinned, keyed, _silent: silent };
        pair.connected().await;
        pair
    }

    /// Waits until calls get through: makes one, of an id that no test uses, until it ends well.
    pub(crate) async fn connected(&self) {
        let call = async {
            while let Err(error) = within_ms(500).scope(self.pinned.quick(UNUSED)).await {
                assert!(
                    matches!(error, CallError::NotStarted { .. } | CallError::Unknown { .. }),
                    "{error:?}"
                );
                sleep(Duration::from_millis(5)).await;
            }
        };
        within(Duration::from_secs(15), "a call", call).await;
    }

    /// Waits until nothing runs on the callee any more, so that what was counted stays so.
    pub(crate) async fn idle(&self) {
        until(Duration::from_secs(5), "nothing runs", || self.callee.running() == 0).await;
    }
}

const UNUSED: u64 = Counter::IDS as u64 - 1;

/// A context whose calls must have ended so soon.
pub(crate) fn within_ms(millis: u64) -> State {
    State::new().with_deadline(Instant::now() + Duration::from_millis(millis))
}

fn builder(name: &str, peers: &[&str]) -> NodeBuilder {
    Node::builder("cuts")
        .name(name)
        .listen("127.0.0.1:0")
        .peers(peers.iter().copied())
        .secret(Secret::new([7; 32]).unwrap())
}

fn active(node: &Node) -> usize {
    node.members().iter().filter(|member| member.state == MemberState::Active).count()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
