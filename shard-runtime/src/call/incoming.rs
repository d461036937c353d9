//! The reader's end of a stream.

use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use futures::Stream;
use tokio::time::Instant;

use super::in_flight::InFlight;
use super::inflow::{Inflow, Look};
use super::window::Window;
use super::{CallError, Failure};
use crate::membership::NodeName;
use crate::state::Waits;
use crate::wire::{DecodeError, Limits, Unknown};

/// A stream that a call has opened: the items that a method gives, one after another, without gaps.
///
/// It ends with `None` when the method's stream has ended. When it ended badly, an error comes before that: the
/// link was lost, the method panicked, its node stopped, an item could not travel, or this reader took nothing for
/// longer than the call's timeout ([`Unknown::SlowReader`]). Either way there is exactly one end.
///
/// At most 256 KiB of items wait here, in bytes as they travel, beside the one that is being read; the method's
/// stream is not polled for more until some of them are read. So a slow reader slows its own stream, and no other.
/// Dropping it ends the method's stream.
///
/// It stays with the node on which it was opened. When the key of a keyed shard gets another owner, a stream of before
/// is not moved: a module that gives streams ends them in its hook `slots_leaving`, so that readers ask again and meet
/// the new owner, and a node that drains need not wait for them.
#[must_use = "a stream that is dropped ends"]
pub struct Incoming<T> {
    flow: Arc<Inflow>,
    /// What keeps the stream open; nothing once it has ended.
    source: Option<Source>,
    decode: fn(&[u8], &Limits) -> Result<T, DecodeError>,
    limits: Limits,
    node: NodeName,
}

/// Where a stream comes from.
pub(super) enum Source {
    Link(InFlight),
    Here { window: Arc<Window>, _waits: Waits },
}

impl Source {
    fn grant(&self, bytes: u32) {
        match self {
            Self::Link(call) => call.grant(bytes),
            // It was taken from there before.
            Self::Here { window, .. } => drop(window.grant(bytes)),
        }
    }
}

impl<T> Incoming<T> {
    pub(super) fn new(
        flow: Arc<Inflow>,
        source: Source,
        decode: fn(&[u8], &Limits) -> Result<T, DecodeError>,
        limits: Limits,
        node: NodeName,
    ) -> Self {
        Self { flow, source: Some(source), decode, limits, node }
    }

    /// The next item; `None` when there is no more of it. Dropping what this returns loses nothing.
    pub async fn next(&mut self) -> Option<Result<T, CallError>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The node that the items come from.
    pub fn node(&self) -> &NodeName {
        &self.node
    }

    fn failed(&mut self, failure: Failure) -> Result<T, CallError> {
        self.source = None;
        Err(CallError::from_failure(failure, &self.node))
    }
}

impl<T> Stream for Incoming<T> {
    type Item = Result<T, CallError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(source) = &self.source else { return Poll::Ready(None) };
        let (look, credit) = self.flow.poll(cx, Instant::now());
        if let Some(bytes) = credit {
            source.grant(bytes);
        }
        Poll::Ready(match ready!(look) {
            Look::Item(bytes) => match (self.decode)(&bytes, &self.limits) {
                Ok(item) => Some(Ok(item)),
                Err(error) => Some(self.failed(Unknown::Undecodable(error.to_string()).into())),
            },
            Look::End => {
                self.source = None;
                None
            }
            Look::Failed(failure) => Some(self.failed(failure)),
        })
    }
}

impl<T> fmt::Debug for Incoming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Incoming");
        out.field("node", &self.node.as_str()).field("ended", &self.source.is_none()).finish_non_exhaustive()
    }
}
