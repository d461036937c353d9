//! The short way of a call: to another node, once, and back; or of a method that never waits, on this node.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::in_flight::InFlight;
use super::peer::body_of;
use super::pending::Completion;
use super::shard_core::Target;
use super::shard_link::ShardLink;
use super::{CallError, Failure};
use crate::dispatch::{LARGE, RemoteMethod};
use crate::state::Entering;
use crate::wire::{Body, Reply};

/// What a call gives.
pub(super) type Ended<M> = Result<<M as RemoteMethod>::Value, CallError<<M as RemoteMethod>::Error>>;

/// What came of a try.
pub(super) type Tried = (Target, Result<Body, Failure>);

pin_project! {
    /// A call that is sent when it is polled first, and has ended when its answer has come. One that is for this node is
    /// offered to `here`. Whatever else there may be to do is what `in_whole` makes a future of, which goes on from
    /// there.
    pub(super) struct Direct<'a, M: RemoteMethod, L, H, W, F> {
        link: &'a ShardLink<M::Module>,
        call: &'a Entering,
        ways: (H, W),
        #[pin]
        stage: Stage<M::Args<'a>, L, F>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<A, L, F> {
        /// With the arguments, and what runs the method on this node.
        Unsent { with: Option<(A, L)> },
        Sent { with: Option<(A, L)>, sent: Option<(Target, InFlight)> },
        InWhole {
            #[pin]
            future: F,
        },
        Ended,
    }
}

/// What a poll of the short way leaves to be done.
enum Next<A, L> {
    Wait,
    Sent(A, L, Target, InFlight),
    InWhole(A, L, Option<Tried>),
}

impl<'a, M: RemoteMethod, L, H, W, F> Direct<'a, M, L, H, W, F> {
    pub(super) fn new(
        (link, call): (&'a ShardLink<M::Module>, &'a Entering),
        (args, local): (M::Args<'a>, L),
        ways: (H, W),
    ) -> Self {
        Self { link, call, ways, stage: Stage::Unsent { with: Some((args, local)) } }
    }
}

impl<'a, M, L, H, W, F> Future for Direct<'a, M, L, H, W, F>
where
    M: RemoteMethod,
    H: Here<'a, M, L>,
    W: InWhole<'a, M, L, F>,
    F: Future<Output = Ended<M>>,
{
    type Output = Ended<M>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<M>> {
        let mut this = self.project();
        let (link, call) = (*this.link, *this.call);
        let polled = match this.stage.as_mut().project() {
            StageProjection::Unsent { with } => match with.take() {
                Some(with) => begin::<M, L>(link, call, with, &this.ways.0, cx),
                None => Err(Next::Wait),
            },
            StageProjection::Sent { with, sent } => end::<M, L>(link, with, sent, cx),
            StageProjection::InWhole { future } => return future.poll(cx),
            StageProjection::Ended => Err(Next::Wait),
        };
        match polled {
            Ok(ended) => {
                this.stage.set(Stage::Ended);
                Poll::Ready(ended)
            }
            Err(Next::Wait) => Poll::Pending,
            Err(Next::Sent(args, local, target, in_flight)) => {
                this.stage.set(Stage::Sent { with: Some((args, local)), sent: Some((target, in_flight)) });
                Poll::Pending
            }
            Err(Next::InWhole(args, local, tried)) => {
                this.stage.set(Stage::InWhole { future: (this.ways.1)(link, call, args, local, tried) });
                match this.stage.project() {
                    StageProjection::InWhole { future } => future.poll(cx),
                    _ => Poll::Pending,
                }
            }
        }
    }
}

pin_project! {
    /// A call of a method that never waits.
    #[project = PlainProjection]
    pub(super) enum Plain<T, F> {
        /// It has run on this node.
        Done { ended: Option<T> },
        Way {
            #[pin]
            future: F,
        },
    }
}

impl<T, F: Future<Output = T>> Future for Plain<T, F> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match self.project() {
            PlainProjection::Done { ended } => ended.take().map_or(Poll::Pending, Poll::Ready),
            PlainProjection::Way { future } => future.poll(cx),
        }
    }
}

/// Sends a call, or runs it here.
fn begin<'a, M: RemoteMethod, L>(
    link: &'a ShardLink<M::Module>,
    call: &'a Entering,
    (args, local): (M::Args<'a>, L),
    here: &impl Here<'a, M, L>,
    cx: &Context<'_>,
) -> Result<Ended<M>, Next<M::Args<'a>, L>> {
    let now = link.core().door.now_as_of(call.at());
    // Asked after the clock: a node that has stood still has another boot now.
    let Ok(target) = link.core().target() else { return Err(Next::InWhole(args, local, None)) };
    if target.boot == link.core().door.boot() {
        return here(link, call, &target, args, local)
            .map_err(|(args, local)| Next::InWhole(args, local, None));
    }
    Err(match link.send_directly::<M>(&target, (call, now), &args, cx.waker()) {
        Ok(in_flight) => Next::Sent(args, local, target, in_flight),
        Err(failure) => Next::InWhole(args, local, Some((target, Err(failure)))),
    })
}

/// The arguments of a call, and what runs its method on this node.
type With<'a, M, L> = (<M as RemoteMethod>::Args<'a>, L);

/// Takes the answer, if it is there.
fn end<'a, M: RemoteMethod, L>(
    link: &ShardLink<M::Module>,
    with: &mut Option<With<'a, M, L>>,
    sent: &mut Option<(Target, InFlight)>,
    cx: &mut Context<'_>,
) -> Result<Ended<M>, Next<M::Args<'a>, L>> {
    let Some((target, in_flight)) = sent else { return Err(Next::Wait) };
    let Poll::Ready(completion) = Pin::new(in_flight).poll(cx) else { return Err(Next::Wait) };
    if let Completion::Reply(body) = &completion
        && body.len() <= LARGE
        && Reply::is_answer(body)
    {
        return Ok(link.answered::<M>(target, body));
    }
    let (Some((args, local)), Some((target, _))) = (with.take(), sent.take()) else { return Err(Next::Wait) };
    Err(Next::InWhole(args, local, Some((target, body_of(completion)))))
}

/// Runs a call on this node, or gives back what it was given.
pub(super) trait Here<'a, M: RemoteMethod, L>:
    Fn(&'a ShardLink<M::Module>, &'a Entering, &Target, M::Args<'a>, L) -> Result<Ended<M>, (M::Args<'a>, L)>
{
}

impl<'a, M: RemoteMethod, L, H> Here<'a, M, L> for H where
    H: Fn(
        &'a ShardLink<M::Module>,
        &'a Entering,
        &Target,
        M::Args<'a>,
        L,
    ) -> Result<Ended<M>, (M::Args<'a>, L)>
{
}

/// Makes a call wherever it has to be made, and as often.
pub(super) trait InWhole<'a, M: RemoteMethod, L, F>:
    Fn(&'a ShardLink<M::Module>, &'a Entering, M::Args<'a>, L, Option<Tried>) -> F
{
}

impl<'a, M: RemoteMethod, L, F, W> InWhole<'a, M, L, F> for W where
    W: Fn(&'a ShardLink<M::Module>, &'a Entering, M::Args<'a>, L, Option<Tried>) -> F
{
}
