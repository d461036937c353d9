//! Keeps a link for calls to every member: dials, waits for its end, dials again.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::{Instant, timeout};
use tokio_util::sync::DropGuard;

use super::gossip::Input;
use super::inner::Inner;
use super::link::{self, Link, LinkError};
use super::peers;
use crate::membership::{Boot, Member};
use crate::transport::{Backoff, jitter};
use crate::wire::handshake::RefusalCode;

/// How long the node with the greater name leaves it to the other one to dial first.
const COURTESY: Duration = Duration::from_millis(500);

/// A link that lasted this long did not end because of how it began.
const SOUND: Duration = Duration::from_secs(1);

/// Looks after the links to all members, those to come included.
pub(super) async fn run(inner: &Arc<Inner>) {
    let mut kept: HashMap<Boot, DropGuard> = HashMap::new();
    loop {
        let view = inner.door.view();
        let ours = inner.door.boot();
        kept.retain(|boot, _| view.by_boot(*boot).is_some());
        for member in view.members().iter().filter(|member| member.boot != ours) {
            kept.entry(member.boot).or_insert_with(|| {
                let gone = inner.stopped().child_token();
                inner.spawn_until(&gone, keep(Arc::clone(inner), member.clone()));
                gone.drop_guard()
            });
        }
        inner.door.other_view(view.digest()).await;
    }
}

/// Keeps a link to one boot, until nobody waits for it.
async fn keep(inner: Arc<Inner>, member: Member) {
    let inner = &inner;
    let mut backoff = new_backoff(inner);
    // Of two that meet, one dials at once, so that most pairs never have two links.
    if inner.door.name > member.name {
        let _ = timeout(COURTESY, inner.door.linked(member.boot)).await;
    }
    loop {
        if let Some(peer) = inner.door.peer(member.boot) {
            let up_since = Instant::now();
            peer.closed.cancelled().await;
            if up_since.elapsed() >= SOUND {
                backoff = new_backoff(inner);
            }
        }
        let pause = backoff.next(jitter());
        if timeout(pause, inner.door.linked(member.boot)).await.is_ok() {
            continue;
        }
        if member.address.is_empty() {
            // Nobody knows where to dial; it dials us.
            inner.door.linked(member.boot).await;
        } else if let Err(reason) = Box::pin(attempt(inner, &member)).await {
            // In a box, since it is seldom: there is a task like this for each member, which waits for the rest of its time.
            tracing::debug!(node = %member.name, address = member.address, reason, "no link");
            inner.door.note_loss(member.boot, Some(reason));
            inner.gossip.tell(Input::Suspected(member.clone()));
        }
    }
}

fn new_backoff(inner: &Inner) -> Backoff {
    Backoff::new(inner.settings.reconnect_from, inner.settings.reconnect_to)
}

/// Dials once. The error says why there is no link to that boot.
async fn attempt(inner: &Arc<Inner>, member: &Member) -> Result<(), String> {
    let dialled = inner.transport.dial(&inner.address, &member.address, inner.settings.connect_timeout).await;
    let link = match dialled {
        Ok(stream) => link::dialled(inner, stream).await,
        Err(error) => Err(LinkError::Io(error)),
    };
    match link {
        Ok(link) => {
            let boot = link.peer.boot;
            if !run_link(inner, link) {
                Err("this node took another boot meanwhile".to_owned())
            } else if boot == member.boot {
                Ok(())
            } else {
                Err("another boot answers there".to_owned())
            }
        }
        Err(LinkError::TheyRefuse { refusal, .. } | LinkError::WeRefuse(refusal))
            if refusal.code == RefusalCode::Duplicate =>
        {
            // The other side may have entered the other link a moment before this one does.
            let entered = timeout(inner.settings.handshake_timeout, inner.door.linked(member.boot)).await;
            entered.map_err(|_| refusal.to_string())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Enters a new link, and runs it in a task of its own; `false`, if it could not be entered.
fn run_link(inner: &Arc<Inner>, link: Link) -> bool {
    let entered = peers::enter(inner, &link);
    if entered {
        let task = Arc::clone(inner);
        inner.spawn(async move { peers::serve(&task, link).await });
    }
    entered
}
