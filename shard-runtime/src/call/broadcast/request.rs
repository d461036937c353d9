//! The call of a method that answers once.

use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;

use super::ask::{Ask, Asked};
use super::budget::Budget;
use crate::call::door::Door;
use crate::call::here::Here;
use crate::call::peer::body_of;
use crate::call::reply::outcome_of_any_size;
use crate::call::{Failure, Meant, Method};
use crate::dispatch::{AnyEntry, OutcomePassage};
use crate::membership::{Boot, NodeName};
use crate::state::State;
use crate::wire::{Body, NotStarted, Reply};

pub(super) struct Request<T, E> {
    pub(super) door: Arc<Door>,
    pub(super) entry: Arc<dyn AnyEntry>,
    pub(super) name: &'static str,
    pub(super) row: usize,
    pub(super) args: Result<Bytes, NotStarted>,
    pub(super) passage: OutcomePassage<T, E>,
}

impl<T: Send + 'static, E: Send + 'static> Ask<T, E> for Request<T, E> {
    fn ask(self: Arc<Self>, (_, boot): (NodeName, Boot), state: State, budget: Arc<Budget>) -> Asked<T, E> {
        async move {
            let body = self.body(boot, &state).await?;
            budget.spend(kept_of(&body))?;
            outcome_of_any_size(self.passage, body, self.door.limits).await
        }
        .boxed()
    }
}

impl<T, E> Request<T, E> {
    /// The body of one node's reply.
    async fn body(&self, boot: Boot, state: &State) -> Result<Body, Failure> {
        let args = self.args.clone()?;
        let now = self.door.now();
        if boot == self.door.boot() {
            let place = self.door.admission.admit(state.depth(), Meant::ForBoot)?.keep();
            let (door, entry, row) = (&self.door, &*self.entry, self.row);
            return Here { door, entry, row, args, state, now, place }.run().await;
        }
        let method = Method { entry: &*self.entry, name: self.name, row: self.row };
        let waiting =
            self.door.send(boot, &method, self.door.outgoing((state, now), None), None, &mut |out| {
                out.extend_from_slice(&args);
                Ok(())
            })?;
        body_of(waiting.await)
    }
}

/// How many bytes of a reply its caller keeps. A refusal is short, and always told.
fn kept_of(body: &[u8]) -> usize {
    match Reply::read(body) {
        Ok(Reply::Value(bytes) | Reply::Module(bytes)) => bytes.len(),
        _ => 0,
    }
}
