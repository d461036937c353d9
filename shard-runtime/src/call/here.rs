//! A call to this node whose arguments are bytes: of methods that outlive their caller's stack, and our own part
//! of a broadcast.

use core::panic::AssertUnwindSafe;
use core::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::Failure;
use super::admission::Bounds;
use super::door::Door;
use super::incoming::Source;
use super::inflow::Inflow;
use super::streaming::{self, Inside};
use super::window::Window;
use crate::dispatch::{Admitted, AnyEntry, Egress, Inbound, Running, Runs, panic_text};
use crate::state::{SharedSignal, State, Waits};
use crate::wire::{Answer, Body, NotStarted, Unknown};

/// One call of a row of a module here.
pub(crate) struct Here<'a> {
    pub(crate) door: &'a Arc<Door>,
    pub(crate) entry: &'a dyn AnyEntry,
    pub(crate) row: usize,
    pub(crate) args: Bytes,
    pub(crate) state: &'a State,
    pub(crate) now: Instant,
    pub(crate) place: Admitted,
}

impl Here<'_> {
    /// Runs it, and gives the body of the reply. When the caller goes, a detached method goes on.
    pub(crate) async fn run(self) -> Result<Body, Failure> {
        let (door, detached) = (Arc::clone(self.door), self.entry.facts(self.row).detached);
        let deadline = self.door.time_for(self.state, self.now)?;
        let waits = Waits::for_call(self.state);
        let running = self.start(None)?;
        if detached {
            let (tell, told) = oneshot::channel();
            let task = Arc::clone(&door);
            door.spawn(Box::pin(async move {
                let bounds = Bounds { deadline: None, signal: None };
                let _ = tell.send(finish(&task, bounds, running).await);
            }));
            let answered = timeout_at(deadline, told).await.map_err(|_| Unknown::Deadline)?;
            waits.ended();
            return answered.unwrap_or_else(|_| Err(Unknown::Stopped.into()));
        }
        // Nobody else knows of the call, so that it is given up by being dropped.
        let bounds = Bounds { deadline: Some(deadline), signal: None };
        let answered = finish(&door, bounds, running).await;
        if !matches!(answered, Err(Failure::Unknown(Unknown::Deadline))) {
            waits.ended();
        }
        answered
    }

    /// Opens a stream, and gives the body of the reply with what keeps the stream open.
    pub(crate) async fn open(self, flow: Arc<Inflow>) -> Result<(Body, Source), Failure> {
        let door = Arc::clone(self.door);
        let (deadline, signal) = self.bounds()?;
        let waits = Waits::for_signal(&signal);
        let (tell, told) = oneshot::channel();
        let window = Arc::new(Window::new());
        let egress = Arc::new(Inside::new(flow, Arc::clone(&window), tell));
        let mut running = self.start(Some(Arc::clone(&egress) as Arc<dyn Egress>))?;
        let task = Arc::clone(&door);
        door.spawn(Box::pin(async move {
            let answer = streaming::to_its_end(&task, (0, deadline), &signal, &*egress, &mut running).await;
            egress.ended(answer);
        }));
        let body = timeout_at(deadline, told).await.map_err(|_| Unknown::Deadline)?;
        let body = body.map_err(|_| Unknown::Stopped)?;
        Ok((body, Source::Here { window, _waits: waits }))
    }

    fn bounds(&self) -> Result<(Instant, SharedSignal), Failure> {
        let deadline = self.door.time_for(self.state, self.now)?;
        Ok((deadline, self.state.signal().cloned().unwrap_or_else(SharedSignal::new)))
    }

    fn start(self, to: Option<Arc<dyn Egress>>) -> Result<Running, Failure> {
        let state = self.state.clone();
        let patience = self.door.patience(&state);
        let facts = self.entry.facts(self.row);
        let endless = to.is_some() || facts.detached;
        let call = Inbound {
            id: 0,
            body: self.args,
            args_at: 0,
            state: if endless { state.without_deadline() } else { state },
            limits: self.door.limits,
            patience,
            // The caller's is enough on one node.
            span: Some(tracing::Span::current()).filter(|span| !span.is_none()).map(Box::new),
            own_task: false,
            line: (facts.runs == Runs::OnThread).then(|| Arc::clone(&self.door.line)),
            _place: self.place,
        };
        let no_host = || NotStarted::NoHost { module: self.entry.name().to_owned() };
        Ok(self.entry.start(self.row, call, to).ok_or_else(no_host)?)
    }
}

async fn finish(door: &Door, bounds: Bounds<'_>, running: Running) -> Result<Body, Failure> {
    match door.admission.finish(bounds, pin!(AssertUnwindSafe(running).catch_unwind())).await {
        Ok(Ok(answer)) => Ok(Answer::into_body(answer)),
        Ok(Err(panic)) => Err(Failure::Panicked(panic_text(&*panic))),
        Err(reason) => Err(reason.into()),
    }
}
