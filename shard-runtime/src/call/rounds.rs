//! The long way of a call: wherever it has to be made, and as often.
//!
//! Nothing here knows the types of a method, so that it is compiled once and not for each method of each module.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::call_frame::{check_head, encode_failure};
use super::direct::Tried;
use super::door::Outgoing;
use super::here::Here;
use super::in_flight::InFlight;
use super::incoming::Source;
use super::inflow::Inflow;
use super::peer::body_of;
use super::shard_core::{ShardCore, Target};
use super::tries::Tries;
use super::{Failure, Method};
use crate::dispatch::Place;
use crate::state::Entering;
use crate::wire::{Body, EncodeError, NotStarted};

/// Writes the arguments of a call. Whoever waits for the call need not share them with other threads.
pub(super) type Encode<'e> = dyn FnMut(&mut Vec<u8>) -> Result<(), EncodeError> + Send + 'e;

/// A call, without the types of its method.
#[derive(Clone, Copy)]
pub(super) struct Untyped<'a> {
    pub(super) core: &'a Arc<ShardCore>,
    pub(super) method: Method<'a>,
    pub(super) call: &'a Entering,
}

/// A try that has begun.
enum Begun {
    /// On this node, with these arguments.
    Here(Bytes),
    /// On the way to another one.
    Sent(InFlight),
}

/// What has become of a call.
pub(super) enum Round<'a> {
    /// It may begin on this node, without bytes, and as of then.
    Here(Place<'a>, Instant),
    /// That has come of it there.
    Over(Target, Result<Body, Failure>),
    /// Nobody can be called.
    Nowhere(NotStarted),
}

impl<'a> Untyped<'a> {
    /// Makes the call until there is nothing more to be done. `in_place`: a module of this node runs it without bytes.
    /// `before`: it has been sent once already, or could not be, and that came of it.
    pub(super) async fn go(
        &self,
        tries: &mut Tries,
        in_place: bool,
        mut before: Option<Tried>,
        encode: &mut Encode<'_>,
    ) -> Round<'a> {
        let door = &self.core.door;
        let mut now = door.now_as_of(self.call.at());
        loop {
            let (target, body) = if let Some(before) = before.take() {
                before
            } else {
                let target = match self.core.target() {
                    Ok(target) => target,
                    Err(reason) => return Round::Nowhere(reason),
                };
                let body = if in_place && target.boot == door.boot() {
                    let asked = (self.call.depth(), self.call.deadline());
                    match self.core.let_in(asked, target.meant()).await {
                        Ok(place) => return Round::Here(place, now),
                        Err(reason) => Err(reason.into()),
                    }
                } else {
                    match self.begin(&target, now, None, encode) {
                        // Seldom, and large.
                        Ok(Begun::Here(args)) => Box::pin(self.run(&target, now, args)).await,
                        Ok(Begun::Sent(call)) => body_of(call.await),
                        Err(failure) => Err(failure),
                    }
                };
                (target, body)
            };
            match tries.again(self.core, self.call.deadline(), &target, body).await {
                Ok(()) => now = door.now(),
                Err(body) => return Round::Over(target, body),
            }
        }
    }

    /// Opens a stream once, and gives the body of the reply with what keeps the stream open.
    pub(super) async fn open(
        &self,
        target: &Target,
        now: Instant,
        flow: &Arc<Inflow>,
        encode: &mut Encode<'_>,
    ) -> Result<(Body, Source), Failure> {
        match self.begin(target, now, Some(flow), encode)? {
            Begun::Here(args) => {
                Box::pin(async { self.prepare(target, now, args).await?.open(Arc::clone(flow)).await }).await
            }
            Begun::Sent(mut call) => {
                let body = body_of((&mut call).await)?;
                Ok((body, Source::Link(call)))
            }
        }
    }

    /// Begins one try: encodes the arguments, and sends them if the target is another node.
    fn begin(
        &self,
        target: &Target,
        now: Instant,
        flow: Option<&Arc<Inflow>>,
        encode: &mut Encode<'_>,
    ) -> Result<Begun, Failure> {
        let door = &self.core.door;
        if target.boot == door.boot() && self.method.entry.hosted() {
            if door.force_wire {
                check_head(&self.call.told(self.core.key.wire()))?;
            }
            let mut bytes = Vec::new();
            encode(&mut bytes).map_err(encode_failure)?;
            return Ok(Begun::Here(bytes.into()));
        }
        let call = Outgoing::new(self.core, self.call, (target.owner, now), None);
        door.send(target.boot, &self.method, call, flow.cloned(), encode).map(Begun::Sent)
    }

    async fn run(&self, target: &Target, now: Instant, args: Bytes) -> Result<Body, Failure> {
        self.prepare(target, now, args).await?.run().await
    }

    /// One try on this node whose arguments are bytes.
    async fn prepare(&self, target: &Target, now: Instant, args: Bytes) -> Result<Here<'a>, Failure> {
        let asked = (self.call.depth(), self.call.deadline());
        let place = self.core.let_in(asked, target.meant()).await?.keep();
        let (door, entry, row) = (&self.core.door, self.method.entry, self.method.row);
        Ok(Here { door, entry, row, args, state: self.core.state(self.call), now, place })
    }
}
