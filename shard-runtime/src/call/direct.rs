//! The short way of a call: to another node, once, and back; or of a method that never waits, on this node.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;

use super::door::Outgoing;
use super::in_flight::InFlight;
use super::peer::body_of;
use super::pending::Completion;
use super::shard_core::{ShardCore, Target};
use super::shard_link::ShardLink;
use super::{CallError, Failure, Method};
use crate::dispatch::{LARGE, RemoteMethod};
use crate::state::Entering;
use crate::wire::{Body, EncodeError, Owner, Reply};

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
        /// With the arguments, and what runs the method on this node. They stay where they are when the call is sent.
        Short { with: Option<(A, L)>, sent: Option<Sent> },
        InWhole {
            #[pin]
            future: F,
        },
    }
}

/// A call on its way. Its link knows where to.
struct Sent {
    call: InFlight,
    owner: Option<Owner>,
}

impl Sent {
    fn target(&self) -> Target {
        let peer = self.call.peer();
        Target { boot: peer.boot, node: self.owner.map(|_| peer.name.clone()), owner: self.owner }
    }
}

/// How a call begins.
enum Begun {
    Sent(Sent),
    /// It is for this node.
    Here,
    /// There is more to be done.
    InWhole(Option<Tried>),
}

impl<'a, M: RemoteMethod, L, H, W, F> Direct<'a, M, L, H, W, F> {
    #[inline]
    pub(super) fn new(
        (link, call): (&'a ShardLink<M::Module>, &'a Entering),
        with: (M::Args<'a>, L),
        ways: (H, W),
    ) -> Self {
        Self { link, call, ways, stage: Stage::Short { with: Some(with), sent: None } }
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
        let (with, tried) = match this.stage.as_mut().project() {
            StageProjection::Short { with, sent: Some(sent) } => {
                let Poll::Ready(completion) = Pin::new(&mut sent.call).poll(cx) else { return Poll::Pending };
                // What it holds goes with the future, which is at once: an `async fn` polls this.
                if let Completion::Reply(body) = &completion
                    && body.len() <= LARGE
                    && Reply::is_answer(body)
                {
                    return Poll::Ready(link.answered::<M>(|| sent.target(), body));
                }
                (with.take(), Some((sent.target(), body_of(completion))))
            }
            StageProjection::Short { with, sent } => {
                let Some((args, _)) = with else { return Poll::Pending };
                let mut encode = |out: &mut Vec<u8>| link.encode::<M>(args, out);
                match begin(&link.core, call, &link.method::<M>(), cx.waker(), &mut encode) {
                    Begun::Sent(call) => {
                        *sent = Some(call);
                        return Poll::Pending;
                    }
                    Begun::InWhole(tried) => (with.take(), tried),
                    Begun::Here => {
                        let Some((args, local)) = with.take() else { return Poll::Pending };
                        match (this.ways.0)(link, call, args, local) {
                            Ok(ended) => return Poll::Ready(ended),
                            Err(with) => (Some(with), None),
                        }
                    }
                }
            }
            StageProjection::InWhole { future } => return future.poll(cx),
        };
        let Some((args, local)) = with else { return Poll::Pending };
        this.stage.set(Stage::InWhole { future: (this.ways.1)(link, call, args, local, tried) });
        match this.stage.project() {
            StageProjection::InWhole { future } => future.poll(cx),
            StageProjection::Short { .. } => Poll::Pending,
        }
    }
}

/// Sends a call, if it is for another node. Without the types of its method, so that this is compiled once.
fn begin(
    core: &ShardCore,
    call: &Entering,
    method: &Method<'_>,
    waker: &Waker,
    encode: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Begun {
    let door = &*core.door;
    let now = door.now_as_of(call.at());
    // Asked after the clock: a node that has stood still has another boot now.
    let begun = core.aim(|aim| {
        if aim.boot == door.boot() {
            return Begun::Here;
        }
        let outgoing = Outgoing::new(core, call, (aim.owner, now), Some(waker));
        match door.send(aim.boot, method, outgoing, None, encode) {
            Ok(call) => Begun::Sent(Sent { call, owner: aim.owner }),
            Err(failure) => Begun::InWhole(Some((aim.target(), Err(failure)))),
        }
    });
    begun.unwrap_or(Begun::InWhole(None))
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

/// Runs a call on this node, or gives back what it was given.
pub(super) trait Here<'a, M: RemoteMethod, L>:
    Fn(&'a ShardLink<M::Module>, &'a Entering, M::Args<'a>, L) -> Result<Ended<M>, (M::Args<'a>, L)>
{
}

impl<'a, M: RemoteMethod, L, H> Here<'a, M, L> for H where
    H: Fn(&'a ShardLink<M::Module>, &'a Entering, M::Args<'a>, L) -> Result<Ended<M>, (M::Args<'a>, L)>
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
