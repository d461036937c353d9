//! Calls whose callers do not wait for an answer.

use core::pin::{Pin, pin};
use core::time::Duration;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;
use tokio::time::{sleep, timeout_at};
use tracing::Instrument as _;

use super::here::Here;
use super::in_flight::InFlight;
use super::peer::{body_of, encode_failure};
use super::shard_core::Target;
use super::shard_link::ShardLink;
use super::tries::Tries;
use super::{CallError, Failure, Method, span};
use crate::dispatch::{AnyEntry as _, Never, RemoteMethod};
use crate::state::State;
use crate::wire::{NotStarted, Reply};

/// How long it is waited for room that nobody tells of.
const PAUSE: Duration = Duration::from_millis(1);

/// A call that has been queued.
enum Queued {
    /// On the way to another node.
    Sent(InFlight),
    /// On this one.
    Here(Pin<Box<dyn Future<Output = Result<Bytes, Failure>> + Send>>),
}

impl<Mo: Send + Sync + 'static> ShardLink<Mo> {
    /// Queues a call that nobody waits for. Waits for a place in the queue if there is none.
    ///
    /// # Errors
    ///
    /// When it could not be queued: then it does not run. What happens to it later is counted, and no more.
    pub async fn send<M>(&self, state: &State, args: M::Args<'_>) -> Result<(), CallError>
    where
        M: RemoteMethod<Module = Mo, Value = (), Error = Never>,
    {
        let mut bytes = Vec::new();
        let encoded = (M::PASSAGE.encode_args)(&args, &mut bytes, &self.core.door.limits);
        // Not needed beyond this, and not always something that may wait.
        drop(args);
        encoded.map_err(|error| self.core.untargeted(encode_failure(error)))?;
        let span = span::of_call(self.core.module, M::NAME, state);
        let queued = self.queue_up::<M>(state, bytes.into()).instrument(span.clone()).await;
        span::note(&span, &queued);
        queued
    }

    async fn queue_up<M>(&self, state: &State, args: Bytes) -> Result<(), CallError>
    where
        M: RemoteMethod<Module = Mo, Value = (), Error = Never>,
    {
        let door = &self.core.door;
        let mut tries = Tries::new(false);
        loop {
            let target = self.core.target().map_err(|reason| self.core.untargeted(reason))?;
            let failure = match self.queue::<M>(&target, state, &args).await {
                Ok(queued) => {
                    door.tally.one_way();
                    let link = self.clone();
                    let state = state.clone();
                    door.start(Box::pin(async move {
                        link.follow::<M>(&state, args, target, queued, tries).await;
                    }));
                    return Ok(());
                }
                Err(failure) => failure,
            };
            if failure == NotStarted::Overloaded.into() && self.has_room(&target, state).await {
                continue;
            }
            match tries.again(&self.core, state, &target, Err(failure)).await {
                Ok(()) => {}
                Err(Err(failure)) => return Err(self.core.failed(target.node, failure)),
                Err(Ok(_)) => return Ok(()),
            }
        }
    }

    async fn queue<M: RemoteMethod<Module = Mo>>(
        &self,
        target: &Target,
        state: &State,
        args: &Bytes,
    ) -> Result<Queued, Failure> {
        let door = &self.core.door;
        let now = door.now();
        if target.boot == door.boot() && self.entry.hosted() {
            door.time_for(state, now)?;
            let place = self.core.let_in(state, target.meant()).await?;
            let (door, entry, state, args) =
                (Arc::clone(door), Arc::clone(&self.entry), state.clone(), args.clone());
            return Ok(Queued::Here(Box::pin(async move {
                let (door, entry, state) = (&door, &*entry, &state);
                Here { door, entry, row: M::INDEX, args, state, now, place }.run().await
            })));
        }
        let method = Method::of::<M>(&*self.entry);
        let sent = door.send(target.boot, &method, (state, now), target.owner, None, |out| {
            out.extend_from_slice(args);
            Ok(())
        });
        Ok(Queued::Sent(sent?))
    }

    /// Waits until there is a place on the link. `false`: it is not for want of one, or there was none in time.
    async fn has_room(&self, target: &Target, state: &State) -> bool {
        let door = &self.core.door;
        let Some(peer) = door.peer(target.boot) else { return false };
        let room = async {
            let mut room = pin!(peer.room());
            match room.as_mut().now_or_never() {
                // It is what all links share that is full, and nobody tells when it is no longer.
                Some(()) => sleep(PAUSE).await,
                None => room.await,
            }
        };
        timeout_at(door.deadline(state), room).await.is_ok()
    }

    /// Sees a queued call to its end.
    async fn follow<M: RemoteMethod<Module = Mo>>(
        self,
        state: &State,
        args: Bytes,
        mut target: Target,
        mut queued: Queued,
        mut tries: Tries,
    ) {
        let ended = loop {
            let body = match queued {
                Queued::Sent(call) => body_of(call.await),
                Queued::Here(call) => call.await,
            };
            if let Err(ended) = tries.again(&self.core, state, &target, body).await {
                break ended;
            }
            let again = self.core.target().map_err(Failure::from);
            let again = match again {
                Ok(next) => {
                    target = next;
                    self.queue::<M>(&target, state, &args).await
                }
                Err(failure) => Err(failure),
            };
            queued = match again {
                Ok(again) => again,
                Err(failure) => Queued::Here(Box::pin(core::future::ready(Err(failure)))),
            };
        };
        let reason = match &ended {
            Ok(body) => match Reply::read(body) {
                Ok(Reply::Value(_)) => return,
                Ok(reply) => format!("{reply:?}"),
                Err(error) => error.to_string(),
            },
            Err(failure) => format!("{failure:?}"),
        };
        self.core.door.tally.one_way_failed();
        let (module, method) = (self.entry.name, M::NAME);
        tracing::warn!(module, method, node = ?target.node, reason, "a one-way call failed");
    }
}
