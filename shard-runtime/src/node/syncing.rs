//! Asks other nodes for their views, when a call names a boot of which this node has not heard.

use std::sync::Arc;

use super::inner::Inner;
use crate::call::ASKED_AT_ONCE;

pub(super) async fn run(inner: &Arc<Inner>) {
    loop {
        inner.door.asked().await;
        for peer in inner.door.peers().iter().take(ASKED_AT_ONCE) {
            inner.gossip.sync(peer, true);
        }
    }
}
