//! The message of the day: an attribute, of which each node has its own.

use shard_runtime::NodeName;
use tokio::sync::mpsc;

use crate::room::{RoomBroadcast, RoomShard};

/// Sets it on all nodes, and says which have it. The others keep theirs: no node waits for another.
pub(crate) async fn set(rooms: &RoomBroadcast, text: &str) -> String {
    let replies = rooms.set_motd(text.to_owned()).await;
    let told = format!("{} of {} nodes have the message of the day", replies.values.len(), replies.len());
    let without: Vec<&str> = replies.errors.keys().map(NodeName::as_str).collect();
    if without.is_empty() { told } else { format!("{told}, but not {}", without.join(", ")) }
}

/// A node that has just come has none, and takes that of the others.
pub(crate) async fn catch_up(here: &RoomShard, rooms: &RoomBroadcast) {
    let replies = rooms.motd().await;
    if let Some(text) = replies.values.into_values().find(|text| !text.is_empty()) {
        // A node that cannot set its own value is about to end.
        drop(here.set_motd(text).await);
    }
}

/// Hands on a line for the present one, and for each other that is set.
pub(crate) async fn watch(here: &RoomShard, lines: &mpsc::Sender<String>) {
    let Ok(mut values) = here.watch_motd().await else { return };
    while let Some(Ok(text)) = values.next().await {
        if !text.is_empty() && lines.send(format!("message of the day: {text}")).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use shard_runtime::NotStarted;
    use shard_runtime::testing::Fake;

    use super::*;
    use crate::room::Room;

    #[tokio::test]
    async fn which_nodes_have_it_is_told() {
        let rooms = Fake::<Room>::new().on("set_motd", |_, (_,): (String,)| ());
        assert_eq!(set(&rooms.broadcast(), "be kind").await, "1 of 1 nodes have the message of the day");
        let rooms = rooms.fail("set_motd", NotStarted::Overloaded);
        let told = set(&rooms.broadcast(), "be kind").await;
        assert_eq!(told, "0 of 1 nodes have the message of the day, but not fake");
    }

    #[tokio::test]
    async fn a_node_takes_that_of_the_others_if_they_have_one() {
        let rooms = Fake::<Room>::new()
            .on("motd", |_, ()| String::new())
            .on("set_motd", |_, (text,): (String,)| assert_eq!(text, "be kind"));
        let here = rooms.shard("");
        catch_up(&here, &rooms.broadcast()).await;
        assert_eq!(rooms.calls("set_motd"), 0);
        let rooms = rooms.on("motd", |_, ()| "be kind".to_owned());
        catch_up(&here, &rooms.broadcast()).await;
        assert_eq!(rooms.calls("set_motd"), 1);
    }

    #[tokio::test]
    async fn each_that_says_something_is_a_line() {
        let rooms = Fake::<Room>::new()
            .on_stream("watch_motd", |_, ()| stream::iter(["", "be kind", "rest"].map(str::to_owned)));
        let (to, mut lines) = mpsc::channel(8);
        watch(&rooms.shard(""), &to).await;
        drop(to);
        assert_eq!(lines.recv().await.unwrap(), "message of the day: be kind");
        assert_eq!(lines.recv().await.unwrap(), "message of the day: rest");
        assert_eq!(lines.recv().await, None);
    }
}
