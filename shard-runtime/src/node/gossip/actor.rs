//! The task that owns the state of the gossip.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::link::frame;
use super::links::{Links, Sent};
use super::timers::Timers;
use super::{INBOX, Input, link};
use crate::membership::{Boot, Event, LeaveReason, Member, MemberState};
use crate::node::inner::Inner;
use crate::node::seeking;
use crate::swim::{Output, Swim, Timer};
use crate::wire::FrameKind;

/// How many members a node greets that comes back under a new boot. Others hear of it from them.
const GREETED: usize = 8;

/// How many members a node tells by itself that it is active. Who waits for it to be ready may ask any of them next,
/// and the gossip reaches three in a round.
const TOLD: usize = 32;

/// Runs until the node stops.
pub(in crate::node) async fn run(inner: &Arc<Inner>, swim: Swim, mut inbox: mpsc::Receiver<Input>) {
    let mut me = inner.said();
    // What it has said since the state was made, before this task began.
    me.mark_changed();
    let mut actor = Actor {
        inner: Arc::clone(inner),
        swim,
        links: Links::default(),
        timers: Timers::new(),
        outputs: Vec::new(),
    };
    let mut taken = 0;
    loop {
        tokio::select! {
            biased;
            Ok(()) = me.changed() => {
                let record = me.borrow_and_update().clone();
                let leaves = record.state == MemberState::Left;
                actor.look_at_keys();
                actor.say(record);
                if leaves {
                    actor.act();
                    actor.links.written().await;
                    inner.gossip.left.cancel();
                }
            }
            Some(input) = inbox.recv() => {
                actor.look_at_keys();
                actor.take(input);
                taken += 1;
            }
            timer = actor.timers.next() => {
                actor.look_at_keys();
                actor.swim.timer(timer, &mut actor.outputs);
                taken = 0;
            }
            else => return,
        }
        actor.act();
        if taken >= INBOX {
            // What has come goes before what is due, since it may be the sign of life that was waited for. But
            // whoever sends more than can be taken in must not stop the clock.
            actor.do_what_is_due();
            taken = 0;
        }
    }
}

struct Actor {
    inner: Arc<Inner>,
    swim: Swim,
    links: Links,
    timers: Timers<Timer>,
    outputs: Vec<Output>,
}

impl Actor {
    /// Before anything is opened or sealed: what another node sealed after this one had got a new secret is opened
    /// with it.
    fn look_at_keys(&mut self) {
        self.swim.set_keys(self.inner.ring.load().gossip.clone());
    }

    fn say(&mut self, me: Member) {
        if me.state == MemberState::Left {
            self.swim.leave(&mut self.outputs);
            return;
        }
        if me.age == self.swim.me().age {
            return;
        }
        let reborn = me.boot != self.swim.me().boot;
        let begins = me.state == MemberState::Active && self.swim.me().state == MemberState::Joining;
        if let Err(error) = self.swim.say(me, &mut self.outputs) {
            tracing::error!(%error, "what this node says of itself cannot be told to others");
        }
        if reborn || begins {
            // Whoever took another boot at the same time hears nothing that is meant for the one before.
            let view = self.inner.door.view();
            let others = view.members().iter().filter(|member| member.name != self.inner.door.name);
            let count = if begins { TOLD } else { GREETED };
            others.take(count).for_each(|member| self.swim.join(member, &mut self.outputs));
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Packet { packet, conduct } => match self.swim.heard(&packet, &mut self.outputs) {
                Ok(()) => conduct.note_later(true),
                Err(error) => {
                    self.inner.gossip.count_set_aside();
                    tracing::debug!(%error, "a packet of the gossip was set aside");
                    if error.is_offence() {
                        conduct.note_later(false);
                    }
                }
            },
            Input::Opened(opened) => {
                let who = opened.who.clone();
                self.links.opened(opened, Instant::now());
                if self.member(who.boot).is_none() {
                    self.swim.join(&who, &mut self.outputs);
                }
            }
            Input::Closed { boot, link } => {
                if self.links.closed(boot, link, Instant::now())
                    && let Some(member) = self.member(boot)
                {
                    // A dead link is not a dead member: it is dialled again, and suspected only if that fails.
                    self.dial(member);
                }
            }
            Input::Unreachable(member) => {
                self.links.unreachable(member.boot, Instant::now());
                self.swim.suspect(&member.name, member.boot, &mut self.outputs);
            }
            Input::Suspected(member) => {
                self.swim.suspect(&member.name, member.boot, &mut self.outputs);
            }
            Input::Sync { body, link } => match self.swim.on_sync(&body, &mut self.outputs) {
                Ok(ask) => {
                    self.act();
                    let ours = self.inner.door.view().digest();
                    self.inner.door.synced();
                    if ask.answer || ask.digest != ours {
                        self.inner.gossip.sync(&link, false);
                    }
                }
                Err(error) => {
                    self.inner.gossip.count_set_aside();
                    tracing::debug!(node = %link.name, %error, "a view sync was set aside");
                }
            },
            Input::TellSync { link, answer } => {
                let body = self.swim.sync_body(answer, self.inner.door.view().digest());
                // A closed link needs none.
                let _ = link.outbox.push_answer(&frame(FrameKind::ViewSync, &body));
                self.inner.gossip.count_sync();
            }
        }
    }

    fn do_what_is_due(&mut self) {
        let now = Instant::now();
        while let Some(timer) = self.timers.due(now) {
            self.swim.timer(timer, &mut self.outputs);
            self.act();
        }
    }

    /// Does what came out.
    fn act(&mut self) {
        // Together: one packet can tell of all members, and making the tables for each of them would hold up this
        // thread for so long that the node took itself for one that stood still.
        let mut events = Vec::new();
        for output in core::mem::take(&mut self.outputs) {
            match output {
                Output::Send { to, bytes } => self.send(&to, &bytes),
                Output::After { delay, timer } => self.timers.set(Instant::now() + delay, timer),
                Output::Joined(member) => events.push(Event::Joined(member)),
                Output::Changed { old, new } => {
                    tracing::trace!(node = %new.name, from = old.age.turn, to = new.age.turn, "a member said something new");
                    events.push(Event::Joined(new));
                }
                Output::Reborn { old, new } => {
                    self.links.forget(old.boot);
                    events.push(Event::Joined(new));
                }
                Output::Left { member, graceful } => {
                    let reason = if graceful { LeaveReason::Graceful } else { LeaveReason::Dead };
                    let (name, boot) = (member.name, member.boot);
                    events.push(Event::Left { name, boot, reason });
                }
                Output::ToldDead { later_than } => {
                    self.inner.change_all(core::mem::take(&mut events));
                    self.inner.told_dead(later_than);
                }
                Output::Superseded { by } => self.inner.superseded(&by),
                Output::Full { refused } => {
                    tracing::error!(node = %refused.name, "a node was not taken in: there are as many members as may be");
                }
            }
        }
        if !events.is_empty() {
            self.inner.change_all(events);
        }
    }

    fn member(&self, boot: Boot) -> Option<Member> {
        self.inner.door.view().by_boot(boot).cloned()
    }

    fn send(&mut self, to: &Member, packet: &[u8]) {
        let frame = frame(FrameKind::Gossip, packet);
        if self.links.send(to.boot, frame, Instant::now()) == Sent::Dial {
            self.dial(to.clone());
        }
    }

    fn dial(&self, member: Member) {
        let inner = Arc::clone(&self.inner);
        self.inner.liveness.spawn(async move {
            // In a box, and so gone by when the link runs.
            match Box::pin(seeking::dial(&inner, &member.address)).await {
                Ok(link) => {
                    // Whoever answers there now: the gossip finds out which boot it is.
                    if link.hello.boot != member.boot.get() {
                        inner.gossip.insist(Input::Unreachable(member)).await;
                    }
                    link::serve(&inner, link).await;
                }
                Err(error) => {
                    tracing::debug!(node = %member.name, %error, "no link for liveness");
                    inner.gossip.insist(Input::Unreachable(member)).await;
                }
            }
        });
    }
}
