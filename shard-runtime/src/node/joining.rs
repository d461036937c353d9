//! From joining to active.

use core::time::Duration;
use std::sync::Arc;

use futures::future::join_all;
use tokio::time::{sleep, timeout};

use super::inner::Inner;
use crate::membership::{Boot, MemberState};

/// How long it takes until others have heard what one node has heard: one round of the gossip.
const ROUND: Duration = Duration::from_millis(200);

/// How long a node waits to hear of the members from those that took it in.
const FEED: Duration = Duration::from_secs(1);

/// How long a node that has joined waits for its links before it takes part without some of them.
const LINKS: Duration = Duration::from_secs(1);

/// Waits until this node knows whom it belongs to, and takes part from then on.
///
/// Nobody to look for: at once. Else when its addresses have been tried, whoever took it in has told it of the
/// members, a round of the gossip has passed, and it has links to the members, as far as they can be had.
pub(super) async fn run(inner: &Arc<Inner>) {
    let mut settling = inner.settling.subscribe();
    let settled =
        settling.wait_for(|settling| settling.verdict().is_some_and(|verdict| verdict.is_ok())).await;
    let Ok(met) = settled.map(|settling| settling.met_others()) else { return };
    if met {
        let _ = timeout(FEED, inner.door.view_where(|view| view.members().len() > 1)).await;
        meet(inner).await;
    }
    take_part(inner, inner.door.boot());
    if met {
        // Until the others know it, too: whoever waits for this node to be ready may ask them next.
        sleep(ROUND).await;
    }
    inner.set_ready();
}

/// The same for a node that came back under a new boot.
pub(super) async fn again(inner: &Arc<Inner>, boot: Boot) {
    // One that is on its way to become active takes part with the boot that it has by then. If that was the one
    // before this, it is not told twice.
    let mut settling = inner.settling.subscribe();
    if settling.wait_for(|_| inner.door.is_ready()).await.is_ok() {
        meet(inner).await;
        take_part(inner, boot);
    }
}

/// Waits for a round of the gossip, and for links to the members.
async fn meet(inner: &Inner) {
    if inner.door.view().members().len() < 2 {
        return;
    }
    sleep(ROUND).await;
    let view = inner.door.view();
    let ours = inner.door.boot();
    let others = view.members().iter().filter(|member| member.boot != ours);
    let links = join_all(others.map(|member| inner.door.linked(member.boot)));
    let _ = timeout(LINKS, links).await;
}

/// One that took another boot meanwhile does so by itself.
fn take_part(inner: &Inner, boot: Boot) {
    inner.say(|me| {
        if me.boot == boot && me.state == MemberState::Joining {
            me.state = MemberState::Active;
        }
    });
}
