//! From a user's stream to bytes, no faster than they are read.

use core::any::Any;
use core::future::poll_fn;
use core::panic::AssertUnwindSafe;
use core::pin::{Pin, pin};
use core::task::Poll;
use core::time::Duration;
use std::marker::PhantomData;
use std::panic::{catch_unwind, resume_unwind};
use std::sync::Arc;

use futures::Stream;
use tokio::time::timeout;

use super::egress::Egress;
use super::method::StreamMethod;
use super::row::{answer, not_encoded};
use crate::wire::items::append_item;
use crate::wire::{Answer, Limits, Reply, Unknown};

/// Bytes that leave together at most.
const BATCH: usize = 64 * 1024;

/// Where a method's stream goes to.
pub struct Outlet<M> {
    to: Arc<dyn Egress>,
    id: u64,
    limits: Limits,
    patience: Duration,
    method: PhantomData<fn() -> M>,
}

/// A stream has ended, or was never opened.
pub struct Finished(pub(super) Answer);

impl<M: StreamMethod> Outlet<M> {
    /// `patience` is how long a reader may leave it full.
    pub(super) fn new(to: Arc<dyn Egress>, id: u64, limits: Limits, patience: Duration) -> Self {
        Self { to, id, limits, patience, method: PhantomData }
    }

    /// Sends what the stream gives, to its end. An error of the method's own is the answer instead.
    pub async fn run<S>(self, opened: Result<S, M::Error>) -> Finished
    where
        S: Stream<Item = M::Value>,
    {
        let stream = match opened {
            Ok(stream) => stream,
            Err(error) => return Finished(answer::<M>(self.id, &Err(error), &self.limits)),
        };
        self.to.open();
        Finished(match self.pump(pin!(stream)).await {
            Ok(()) => Answer::of(self.id, &Reply::Value(&[])),
            Err(reason) => Answer::unknown(self.id, &reason),
        })
    }

    async fn pump(&self, mut stream: Pin<&mut impl Stream<Item = M::Value>>) -> Result<(), Unknown> {
        let mut batch = Vec::new();
        loop {
            // What is there now leaves together; nothing waits for what is not.
            let next = poll_fn(|cx| {
                // What it throws is not told before what it gave.
                match catch_unwind(AssertUnwindSafe(|| stream.as_mut().poll_next(cx))) {
                    Ok(Poll::Ready(Some(item))) => Poll::Ready(Next::Item(item)),
                    Ok(Poll::Ready(None)) => Poll::Ready(Next::End(Ok(()))),
                    Ok(Poll::Pending) if batch.is_empty() => Poll::Pending,
                    Ok(Poll::Pending) => Poll::Ready(Next::Later),
                    Err(panic) => Poll::Ready(Next::Panic(panic)),
                }
            });
            let next = match next.await {
                Next::Item(item) => match self.encode(&item, &mut batch) {
                    Ok(()) if batch.len() < BATCH => continue,
                    Ok(()) => Next::Later,
                    Err(reason) => Next::End(Err(reason)),
                },
                other => other,
            };
            self.flush(&mut batch).await?;
            match next {
                Next::Item(_) | Next::Later => {}
                Next::End(ended) => return ended,
                Next::Panic(panic) => resume_unwind(panic),
            }
        }
    }

    fn encode(&self, item: &M::Value, out: &mut Vec<u8>) -> Result<(), Unknown> {
        append_item(out, |out| (M::PASSAGE.encode_value)(item, out, &self.limits)).map_err(not_encoded)
    }

    async fn flush(&self, batch: &mut Vec<u8>) -> Result<(), Unknown> {
        send_all(&*self.to, self.patience, batch).await?;
        batch.clear();
        batch.shrink_to(2 * BATCH);
        Ok(())
    }
}

/// Sends bytes as fast as they are read. `patience` is how long the reader may take none.
pub(crate) async fn send_all(to: &dyn Egress, patience: Duration, mut rest: &[u8]) -> Result<(), Unknown> {
    while !rest.is_empty() {
        let room = timeout(patience, poll_fn(|cx| to.poll_room(cx)));
        let room = room.await.map_err(|_| Unknown::SlowReader)?;
        let (now, later) = rest.split_at(room.min(BATCH).min(rest.len()));
        to.send(now);
        rest = later;
        // A stream that is always ready must not keep its thread from everybody else.
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// What a look at the stream gave.
enum Next<T> {
    Item(T),
    /// There are items that can leave.
    Later,
    End(Result<(), Unknown>),
    Panic(Box<dyn Any + Send>),
}
