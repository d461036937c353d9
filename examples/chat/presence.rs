//! Who is online, on all nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use futures::StreamExt as _;
use shard_runtime::{CallError, NodeName};

use crate::room::RoomBroadcast;

/// Nobody waits longer for a list of names.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who is online as far as nodes have answered.
#[derive(Debug, PartialEq)]
pub(crate) struct Presence {
    online: BTreeMap<String, BTreeSet<NodeName>>,
    silent: Vec<NodeName>,
}

impl Presence {
    /// Asks all nodes. One that does not answer in time is left out, and named.
    pub(crate) async fn ask(rooms: &RoomBroadcast) -> Self {
        let (errors, values) = rooms.online().timeout(PATIENCE).await.into_parts();
        Self::of(errors, values)
    }

    fn of(errors: BTreeMap<NodeName, CallError>, values: BTreeMap<NodeName, BTreeSet<String>>) -> Self {
        let mut online: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (node, names) in values {
            for name in names {
                online.entry(name).or_default().insert(node.clone());
            }
        }
        Self { online, silent: errors.into_keys().collect() }
    }
}

/// The node at which somebody sits: the first that says so, and no other is waited for.
pub(crate) async fn find(rooms: &RoomBroadcast, who: &str) -> Option<NodeName> {
    let mut answers = rooms.online().timeout(PATIENCE).stream();
    while let Some((node, answer)) = answers.next().await {
        if answer.is_ok_and(|names| names.contains(who)) {
            return Some(node);
        }
    }
    None
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} online", self.online.len())?;
        for (index, (name, nodes)) in self.online.iter().enumerate() {
            write!(f, "{} {name} ({})", if index == 0 { ":" } else { "," }, list(nodes))?;
        }
        if !self.silent.is_empty() {
            write!(f, "; no answer from {}", list(&self.silent))?;
        }
        Ok(())
    }
}

fn list<'a>(nodes: impl IntoIterator<Item = &'a NodeName>) -> String {
    nodes.into_iter().map(NodeName::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use shard_runtime::testing::Fake;
    use shard_runtime::{NotStarted, Unknown};

    use super::*;
    use crate::room::Room;

    fn node(name: &str) -> NodeName {
        NodeName::try_from(name).unwrap()
    }

    fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
        names.map(str::to_owned).into()
    }

    #[test]
    fn a_user_at_two_nodes_is_one_and_a_silent_node_is_named() {
        let values = [(node("a"), names(["alice", "bob"])), (node("b"), names(["alice"]))].into();
        let lost = CallError::Unknown { reason: Unknown::Deadline, node: node("c") };
        let presence = Presence::of([(node("c"), lost)].into(), values);
        assert_eq!(presence.to_string(), "2 online: alice (a, b), bob (a); no answer from c");
    }

    #[tokio::test]
    async fn users_are_found_where_they_are() {
        let rooms = Fake::<Room>::new().on("online", |_, ()| names(["alice"]));
        assert_eq!(find(&rooms.broadcast(), "alice").await, Some(node("fake")));
        assert_eq!(find(&rooms.broadcast(), "bob").await, None);
        assert_eq!(Presence::ask(&rooms.broadcast()).await.to_string(), "1 online: alice (fake)");
        let rooms = rooms.fail("online", NotStarted::Overloaded);
        assert_eq!(find(&rooms.broadcast(), "alice").await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_long_for_a_list_of_names() {
        let rooms = Fake::<Room>::new().hang("online");
        let begin = tokio::time::Instant::now();
        let presence = Presence::ask(&rooms.broadcast()).await;
        assert_eq!(presence.to_string(), "0 online; no answer from fake");
        assert_eq!(begin.elapsed(), PATIENCE);
    }
}
