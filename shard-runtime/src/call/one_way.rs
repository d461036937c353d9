//! Calls whose callers do not wait for an answer.

use core::pin::Pin;
use core::time::Duration;
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::{sleep, timeout_at};

use super::call_frame::encode_failure;
use super::here::Here;
use super::in_flight::InFlight;
use super::peer::body_of;
use super::shard_core::Target;
use super::shard_link::ShardLink;
use super::tries::Tries;
use super::{CallError, Failure, span};
use crate::dispatch::{AnyEntry as _, Never, RemoteMethod};
use crate::state::{Entering, State};
use crate::wire::{Body, NotStarted, Reply};

/// A call that has been queued.
enum Queued {
    /// On the way to another node.
    Sent(InFlight),
    /// On this one.
    Here(Pin<Box<dyn Future<Output = Result<Body, Failure>> + Send>>),
}

impl Queued {
    /// The body of the reply that nobody waits for.
    async fn body(self) -> Result<Body, Failure> {
        match self {
            Self::Sent(call) => body_of(call.await),
            Self::Here(call) => call.await,
        }
    }
}

impl<Mo: Send + Sync + 'static> ShardLink<Mo> {
    /// Queues a call that nobody waits for. Waits for a place in the queue if there is none.
    ///
    /// # Errors
    ///
    /// When it could not be queued: then it does not run. What happens to it later is counted, and no more.
    pub async fn send<M>(&self, call: &Entering, args: M::Args<'_>) -> Result<(), CallError>
    where
        M: RemoteMethod<Module = Mo, Value = (), Error = Never>,
    {
        let mut bytes = Vec::new();
        let encoded = self.encode::<M>(&args, &mut bytes);
        // Not needed beyond this, and not always something that may wait.
        drop(args);
        encoded.map_err(|error| self.core.untargeted(encode_failure(error)))?;
        let queued = self.queue_up::<M>(self.core.state(call), bytes.into());
        span::within((self.core.module, M::NAME), call.traced(), queued).await
    }

    async fn queue_up<M>(&self, state: &State, args: Bytes) -> Result<(), CallError>
    where
        M: RemoteMethod<Module = Mo, Value = (), Error = Never>,
    {
        let door = &self.core.door;
        let mut tries = Tries::new(false);
        loop {
            let target = self.core.target().map_err(|reason| tries.untargeted(&self.core, reason))?;
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
            match tries.again(&self.core, door.deadline(state), &target, Err(failure)).await {
                Ok(()) => {}
                Err(Err(failure)) => return Err(self.core.failed(self.core.node_of(&target), failure)),
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
            let place = self.core.let_in((state.depth(), door.deadline(state)), target.meant()).await?.keep();
            let (door, entry, state, args) =
                (Arc::clone(door), Arc::clone(&self.entry), state.clone(), args.clone());
            return Ok(Queued::Here(Box::pin(async move {
                let (door, entry, state) = (&door, &*entry, &state);
                Here { door, entry, row: M::INDEX, args, state, now, place }.run().await
            })));
        }
        let method = self.method::<M>();
        let sent =
            door.send(target.boot, &method, door.outgoing((state, now), target.owner), None, &mut |out| {
                out.extend_from_slice(args);
                Ok(())
            });
        Ok(Queued::Sent(sent?))
    }

    /// Waits until there is a place on the link. `false`: it is not for want of one, or there was none in time.
    async fn has_room(&self, target: &Target, state: &State) -> bool {
        /// There is more room when somebody has made some, here or there, of which nobody is told.
        const PAUSE: Duration = Duration::from_millis(2);
        let door = &self.core.door;
        let room = async {
            if let Some(peer) = door.peer(target.boot) {
                peer.room().await;
            }
            sleep(PAUSE).await;
        };
        timeout_at(door.deadline(state), room).await.is_ok()
    }

    /// Sees a queued call to its end.
    async fn follow<M: RemoteMethod<Module = Mo>>(
        self,
        state: &State,
        args: Bytes,
        mut target: Target,
        queued: Queued,
        mut tries: Tries,
    ) {
        let mut body = queued.body().await;
        let ended = loop {
            if let Err(ended) = tries.again(&self.core, self.core.door.deadline(state), &target, body).await {
                break ended;
            }
            body = match self.core.target() {
                Ok(next) => {
                    target = next;
                    match self.queue::<M>(&target, state, &args).await {
                        Ok(queued) => queued.body().await,
                        Err(failure) => Err(failure),
                    }
                }
                Err(reason) => Err(reason.into()),
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
        tracing::warn!(module, method, node = ?self.core.node_of(&target), reason, "a one-way call failed");
    }
}
