//! The view as it changes.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use futures::stream::{BoxStream, Stream, StreamExt as _, unfold};

use super::inner::Inner;
use crate::membership::View;

/// The views of a node, one after another: first the present one, then each that follows. Made by
/// [`Node::watch_members`](super::Node::watch_members).
///
/// Whoever reads slowly misses views, and never the newest. It ends when the node stops.
#[must_use = "views are only read when they are asked for"]
pub struct Views(BoxStream<'static, Arc<View>>);

impl Views {
    pub(super) fn of(inner: &Arc<Inner>) -> Self {
        let stopped = inner.stopped().clone();
        let door = Arc::clone(&inner.door);
        let views = unfold(None, move |seen: Option<u64>| {
            let (stopped, door) = (stopped.clone(), Arc::clone(&door));
            async move {
                if seen.is_none() && stopped.is_cancelled() {
                    return None;
                }
                loop {
                    let view = door.view();
                    let digest = view.digest();
                    // It may have changed there and back since the wait ended.
                    if seen != Some(digest) {
                        return Some((view, Some(digest)));
                    }
                    stopped.run_until_cancelled(door.other_view(digest)).await?;
                }
            }
        });
        Self(views.boxed())
    }

    /// The next view that differs from the last one; `None` when the node has stopped.
    pub async fn next(&mut self) -> Option<Arc<View>> {
        self.0.next().await
    }
}

impl Stream for Views {
    type Item = Arc<View>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().0.poll_next_unpin(context)
    }
}

impl fmt::Debug for Views {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Views").finish_non_exhaustive()
    }
}
