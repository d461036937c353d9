//! When a call is made again.

use core::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::budget::pause;
use super::shard_core::{ShardCore, Target};
use super::{CallError, Failure};
use crate::membership::{Boot, NodeName};
use crate::wire::{Body, NotStarted, Reply, Unknown};

/// How often a call of an idempotent method is sent again that may have run.
const REPEATS: u8 = 2;

/// What has become of a call so far: how often a keyed one has been tried, whether others were asked about the boot
/// of a pinned one, how often an idempotent one was sent again.
pub(super) struct Tries {
    /// How often it has followed its key.
    followed: u8,
    asked: bool,
    idempotent: bool,
    repeats: u8,
    /// Why it is not known whether an earlier try ran. Seldom, and so in a box: every call has its tries.
    may_have_run: Option<Box<(Unknown, Option<NodeName>)>>,
}

/// How long a keyed call waits for another view before it is made again, each time.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(10), Duration::from_millis(50), Duration::from_millis(250)];

impl Tries {
    pub(super) fn new(idempotent: bool) -> Self {
        #[cfg(planted_bug)]
        let idempotent = idempotent || crate::fuzzing::is_planted("pair");
        Self { followed: 0, asked: false, idempotent, repeats: 0, may_have_run: None }
    }

    /// Waits until the call may be made again, if it may before its deadline. Else gives back what came of it.
    pub(super) async fn again(
        &mut self,
        core: &ShardCore,
        deadline: Instant,
        target: &Target,
        body: Result<Body, Failure>,
    ) -> Result<(), Result<Body, Failure>> {
        if body.as_ref().is_ok_and(|body| Reply::is_answer(body)) {
            return Err(body);
        }
        // What follows is seldom needed, and is not to be a part of every call's future.
        Box::pin(self.look(core, deadline, target, body)).await
    }

    async fn look(
        &mut self,
        core: &ShardCore,
        deadline: Instant,
        target: &Target,
        body: Result<Body, Failure>,
    ) -> Result<(), Result<Body, Failure>> {
        let body = match self.repeat(core, deadline, target, body).await {
            Ok(()) => return Ok(()),
            Err(body) => body,
        };
        let ended = match target.owner {
            Some(owner) if is_moved(&body) => self.follow(core, deadline, owner.view, body).await,
            Some(_) => Err(body),
            None => self.meet(core, deadline, target.boot, body).await,
        };
        ended.map_err(|body| self.truth(body))
    }

    /// Of a keyed call that did not start, for a reason that another view may cure: waits for one, or a while.
    async fn follow(
        &mut self,
        core: &ShardCore,
        deadline: Instant,
        view: u64,
        body: Result<Body, Failure>,
    ) -> Result<(), Result<Body, Failure>> {
        let Some(pause) = PAUSES.get(usize::from(self.followed)) else { return Err(body) };
        self.followed += 1;
        let until = Instant::now() + *pause;
        if until >= deadline {
            return Err(body);
        }
        // Either is as good: what was asked for is a try with more knowledge, or at least with more patience.
        let _ = timeout_at(until, core.door.other_view(view)).await;
        Ok(())
    }

    /// A pinned call is made again, once, if this node had never heard of the boot, or had no link to it yet, and then
    /// has.
    async fn meet(
        &mut self,
        core: &ShardCore,
        deadline: Instant,
        boot: Boot,
        body: Result<Body, Failure>,
    ) -> Result<(), Result<Body, Failure>> {
        let may_come = |reason: &NotStarted| {
            matches!(reason, NotStarted::BootGone | NotStarted::NotConnected { detail: None })
        };
        if self.asked || !matches!(&body, Err(Failure::NotStarted(reason)) if may_come(reason)) {
            return Err(body);
        }
        self.asked = true;
        if core.door.meet(boot, deadline).await { Ok(()) } else { Err(body) }
    }

    /// Of an idempotent method: a call that may have run is sent again after a pause, when there is a link again, if
    /// there is time for it, and not too many are. So is one that found no link after that.
    async fn repeat(
        &mut self,
        core: &ShardCore,
        deadline: Instant,
        target: &Target,
        body: Result<Body, Failure>,
    ) -> Result<(), Result<Body, Failure>> {
        if !self.idempotent {
            return Err(body);
        }
        let (door, boot) = (&core.door, target.boot);
        match lost(&body) {
            Some(_) if self.repeats >= REPEATS || !door.may_repeat(boot) => return Err(body),
            Some(reason) => {
                self.may_have_run = Some(Box::new((reason, core.node_of(target))));
                self.repeats += 1;
            }
            None if self.may_have_run.is_some() && is_unreachable(&body) => {}
            None => return Err(body),
        }
        let view = door.view();
        let there = async {
            sleep(pause(self.repeats.into())).await;
            // Another view may have another owner, or know that the boot has gone.
            tokio::select! {
                () = door.linked(boot) => {}
                () = door.other_view(view.digest()) => {}
            }
        };
        match timeout_at(deadline, there).await {
            Ok(()) => {
                door.tally.repeated();
                Ok(())
            }
            Err(_) => Err(body),
        }
    }

    /// What is to be told of the call as a whole: that the last try did not start says nothing of those before.
    fn truth(&mut self, body: Result<Body, Failure>) -> Result<Body, Failure> {
        match self.may_have_run.take() {
            Some(earlier) if not_started(&body).is_some() => Err(earlier.0.into()),
            _ => body,
        }
    }

    /// The same where the last try did not even find a node.
    pub(super) fn untargeted<E>(&mut self, core: &ShardCore, reason: NotStarted) -> CallError<E> {
        match self.may_have_run.take() {
            Some(earlier) => core.failed(earlier.1, earlier.0.into()),
            None => core.untargeted(reason),
        }
    }

    /// The same of a try that has ended here.
    pub(super) fn ended_here<T, E>(
        &mut self,
        core: &ShardCore,
        ended: Result<T, CallError<E>>,
    ) -> Result<T, CallError<E>> {
        match ended {
            Err(CallError::NotStarted { reason, .. }) if self.may_have_run.is_some() => {
                Err(self.untargeted(core, reason))
            }
            ended => ended,
        }
    }
}

/// Whether a call did not start because its key has moved, or is about to.
fn is_moved(body: &Result<Body, Failure>) -> bool {
    not_started(body).is_some_and(|reason| {
        matches!(
            reason,
            NotStarted::WrongOwner { .. }
                | NotStarted::Draining
                | NotStarted::BootGone
                | NotStarted::NotConnected { .. }
        )
    })
}

fn is_unreachable(body: &Result<Body, Failure>) -> bool {
    not_started(body).is_some_and(|reason| matches!(reason, NotStarted::NotConnected { .. }))
}

fn not_started(body: &Result<Body, Failure>) -> Option<NotStarted> {
    match body {
        Ok(body) => match Reply::read(body) {
            Ok(Reply::NotStarted(reason)) => Some(reason),
            _ => None,
        },
        Err(Failure::NotStarted(reason)) => Some(reason.clone()),
        Err(_) => None,
    }
}

/// Why it is not known whether the call ran, where sending it again may help: not when its time is over, or what
/// came of it cannot be told.
fn lost(body: &Result<Body, Failure>) -> Option<Unknown> {
    let reason = match body {
        Ok(body) => match Reply::read(body) {
            Ok(Reply::Unknown(reason)) => reason,
            _ => return None,
        },
        Err(Failure::Unknown(reason)) => reason.clone(),
        Err(_) => return None,
    };
    matches!(reason, Unknown::ConnectionLost | Unknown::Stopped).then_some(reason)
}
