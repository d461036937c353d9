//! What the network keeps of a connection, so that it can cut, delay and reset it.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};

use tokio::time::Instant;

use super::link::Links;
use super::pipe::Pipe;
use super::stream::MemoryStream;

#[derive(Debug)]
pub(super) struct Connection {
    dialler: String,
    acceptor: String,
    there: Weak<Pipe>,
    back: Weak<Pipe>,
    /// An end that was killed behind a cut: the other one learns of it when the link heals.
    killed: Option<String>,
}

impl Connection {
    /// A connection, the dialler's end and the acceptor's.
    pub(super) fn new(
        dialler: &str,
        acceptor: &str,
        links: &Links,
        carried: &Arc<AtomicU64>,
    ) -> (Self, MemoryStream, MemoryStream) {
        let pipe = |from, to| Arc::new(Pipe::new(links.get(from, to), Arc::clone(carried)));
        let there = pipe(dialler, acceptor);
        let back = pipe(acceptor, dialler);
        let connection = Self {
            dialler: dialler.to_owned(),
            acceptor: acceptor.to_owned(),
            there: Arc::downgrade(&there),
            back: Arc::downgrade(&back),
            killed: None,
        };
        let near = MemoryStream::new(acceptor.to_owned(), Arc::clone(&back), Arc::clone(&there));
        let far = MemoryStream::new(dialler.to_owned(), there, back);
        (connection, near, far)
    }

    /// Whether one of its ends is still held by somebody.
    pub(super) fn is_open(&self) -> bool {
        self.there.strong_count() > 0 || self.back.strong_count() > 0
    }

    pub(super) fn joins(&self, one: &str, other: &str) -> bool {
        (self.dialler == one && self.acceptor == other) || (self.dialler == other && self.acceptor == one)
    }

    pub(super) fn ends_at(&self, name: &str) -> bool {
        self.dialler == name || self.acceptor == name
    }

    /// Takes over what the links between its ends have become.
    pub(super) fn apply(&mut self, now: Instant, links: &Links) {
        if let Some(pipe) = self.there.upgrade() {
            pipe.set_link(now, links.get(&self.dialler, &self.acceptor));
        }
        if let Some(pipe) = self.back.upgrade() {
            pipe.set_link(now, links.get(&self.acceptor, &self.dialler));
        }
        if let Some(dead) = self.killed.clone() {
            self.kill(&dead, links);
        }
    }

    /// Both ends are told now.
    pub(super) fn reset(&self) {
        for pipe in [&self.there, &self.back] {
            if let Some(pipe) = pipe.upgrade() {
                pipe.reset_reader();
                pipe.reset_writer();
            }
        }
    }

    /// The process at one end is gone. The other end is told if word can get through to it.
    pub(super) fn kill(&mut self, dead: &str, links: &Links) {
        let alive = if self.dialler == dead { &self.acceptor } else { &self.dialler };
        if !links.get(dead, alive).cut {
            self.killed = None;
            self.reset();
            return;
        }
        let (to_dead, from_dead) =
            if self.dialler == dead { (&self.back, &self.there) } else { (&self.there, &self.back) };
        if let Some(pipe) = to_dead.upgrade() {
            pipe.reset_reader();
        }
        if let Some(pipe) = from_dead.upgrade() {
            pipe.reset_writer();
        }
        self.killed = Some(dead.to_owned());
    }
}
