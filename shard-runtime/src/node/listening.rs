//! Takes in whoever dials, within bounds.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::inner::Inner;
use super::link::{self, LinkError};
use super::peers;
use crate::transport::Listener;

/// Connections that have not proved anything yet; one more is closed at once.
const UNPROVEN: usize = 64;

pub(super) async fn run(inner: &Arc<Inner>, mut listener: Listener) {
    let places = Arc::new(Semaphore::new(UNPROVEN));
    loop {
        let stream = listener.accept().await;
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::debug!("a connection was closed: too many have not proved anything yet");
            continue;
        };
        let task = Arc::clone(inner);
        inner.spawn(async move {
            let from = stream.peer_description();
            let link = link::accepted(&task, stream).await;
            drop(place);
            match link {
                Ok(link) => {
                    peers::enter(&task, &link);
                    peers::serve(&task, link).await;
                }
                Err(LinkError::WeRefuse(refusal)) => {
                    tracing::warn!(from, code = ?refusal.code, reason = %refusal, "a connection was refused");
                }
                Err(error) => tracing::debug!(from, %error, "a connection came to nothing"),
            }
        });
    }
}
