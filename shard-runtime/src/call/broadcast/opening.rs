//! The call of a method that gives a stream.

use std::sync::Arc;

use futures::FutureExt as _;

use super::ask::{Ask, Asked};
use super::budget::Budget;
use super::request::Request;
use crate::call::here::Here;
use crate::call::incoming::{Incoming, Source};
use crate::call::inflow::Inflow;
use crate::call::peer::body_of;
use crate::call::reply::opened_by;
use crate::call::{Failure, Meant, Method};
use crate::membership::{Boot, NodeName};
use crate::state::State;
use crate::wire::Body;

/// A request whose answer is not one value, but a stream of them.
pub(super) struct Opening<T, E>(pub(super) Request<T, E>);

impl<T: Send + 'static, E: Send + 'static> Ask<Incoming<T>, E> for Opening<T, E> {
    fn ask(
        self: Arc<Self>,
        (node, boot): (NodeName, Boot),
        state: State,
        _: Arc<Budget>,
    ) -> Asked<Incoming<T>, E> {
        async move {
            let Request { door, passage, .. } = &self.0;
            let flow = Arc::new(Inflow::new(&door.limits));
            let (body, source) = self.open(boot, &state, &flow).await?;
            let opened = opened_by(*passage, &body, &door.limits)?;
            Ok(opened.map(|()| Incoming::new(flow, source, passage.value, door.limits, node)))
        }
        .boxed()
    }
}

impl<T, E> Opening<T, E> {
    async fn open(&self, boot: Boot, state: &State, flow: &Arc<Inflow>) -> Result<(Body, Source), Failure> {
        let Request { door, entry, name, row, args, .. } = &self.0;
        let (args, now) = (args.clone()?, door.now());
        if boot == door.boot() {
            let place = door.admission.admit(state.depth(), Meant::ForBoot)?.keep();
            let here = Here { door, entry: &**entry, row: *row, args, state, now, place };
            return here.open(Arc::clone(flow)).await;
        }
        let method = Method { entry: &**entry, name, row: *row };
        let mut call = door.send(
            boot,
            &method,
            door.outgoing((state, now), None),
            Some(Arc::clone(flow)),
            &mut |out| {
                out.extend_from_slice(&args);
                Ok(())
            },
        )?;
        let body = body_of((&mut call).await)?;
        Ok((body, Source::Link(call)))
    }
}
