//! The network itself: who listens where, and what the links are like.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use super::connection::Connection;
use super::link::Links;
use super::listener::MemoryListener;
use super::stream::MemoryStream;

/// Connections that wait to be accepted, per listener; a dial beyond them waits.
const BACKLOG: usize = 128;
/// Where the ports begin that a name bound with port 0 is given.
const FIRST_FREE_PORT: u32 = 49_152;

/// A network in one process, for tests: nodes bind names such as `node-1:7400`, and the links between them can be cut,
/// delayed and reset.
///
/// Names are taken as they are and never resolved. A link is known by the names that its two nodes listen on. Every link
/// begins whole and without delay. Clones are the same network.
///
/// Each direction of a connection holds 64 KiB, and 1 MiB more while it has a delay; then its writer waits.
#[derive(Clone, Debug, Default)]
pub struct MemoryNetwork {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Wakes the dials that wait for a link to heal.
    changes: watch::Sender<()>,
    carried: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct State {
    listeners: HashMap<String, mpsc::Sender<MemoryStream>>,
    links: Links,
    connections: Vec<Connection>,
    dials: HashMap<String, u64>,
    ports_given: u32,
}

impl MemoryNetwork {
    /// A network on which nobody listens yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Pulls the cable between two nodes: nothing gets through either way, and nobody is told.
    ///
    /// Bytes sent from now on are held, and dials hang until they time out. Bytes that had arrived before can still be
    /// read.
    pub fn cut(&self, one: &str, other: &str) {
        self.change_both(one, other, |link| link.cut = true);
    }

    /// As [`cut`](Self::cut), for what `from` sends to `to` only. A dial needs both directions, so it hangs either way.
    pub fn cut_one_way(&self, from: &str, to: &str) {
        let mut state = self.shared.lock();
        state.links.change(from, to, |link| link.cut = true);
        self.shared.apply(&mut state, from, to);
    }

    /// Plugs the cable in again, both ways. What was held flows on in order, as TCP would send it again.
    pub fn heal(&self, one: &str, other: &str) {
        self.change_both(one, other, |link| link.cut = false);
    }

    /// Makes every byte between two nodes take `delay` each way. Order is kept, and many bytes are on their way at once.
    ///
    /// It counts for bytes sent from now on; zero takes the delay away.
    pub fn delay(&self, one: &str, other: &str, delay: Duration) {
        self.change_both(one, other, |link| link.delay = delay);
    }

    /// Resets the connections that exist between two nodes: both ends fail with `ConnectionReset` at once, cut or not.
    /// New ones can be made.
    pub fn sever(&self, one: &str, other: &str) {
        let mut state = self.shared.lock();
        for connection in &state.connections {
            if connection.joins(one, other) {
                connection.reset();
            }
        }
        state.connections.retain(|made| !made.joins(one, other));
    }

    /// Ends a node as `kill -9` would: nobody listens on its name any more, dials to it are refused, and its connections
    /// are reset. An end behind a cut learns of it when the link heals.
    ///
    /// The name can be bound again. A listener that was killed accepts nothing new.
    pub fn kill(&self, name: &str) {
        let mut state = self.shared.lock();
        state.listeners.remove(name);
        let State { connections, links, .. } = &mut *state;
        for connection in connections {
            if connection.ends_at(name) {
                connection.kill(name, links);
            }
        }
        self.shared.changes.send_replace(());
    }

    /// How often `to` was dialled, whatever came of it.
    pub fn dials(&self, to: &str) -> u64 {
        self.shared.lock().dials.get(to).copied().unwrap_or(0)
    }

    /// How many bytes were delivered to readers, over all links and both directions.
    pub fn bytes_carried(&self) -> u64 {
        self.shared.carried.load(Ordering::Relaxed)
    }

    pub(crate) fn bind(&self, address: &str) -> io::Result<MemoryListener> {
        let mut state = self.shared.lock();
        let name = state.name_for(address)?;
        if state.listeners.contains_key(&name) {
            return Err(ErrorKind::AddrInUse.into());
        }
        let (sender, arriving) = mpsc::channel(BACKLOG);
        state.listeners.insert(name.clone(), sender);
        let network = Arc::downgrade(&self.shared);
        Ok(MemoryListener::new(name, arriving, network))
    }

    /// Waits for ever while the link is cut: the time limit is the caller's.
    pub(crate) async fn dial(&self, from: &str, to: &str) -> io::Result<MemoryStream> {
        *self.shared.lock().dials.entry(to.to_owned()).or_default() += 1;
        let mut changes = self.shared.changes.subscribe();
        loop {
            let there = self.shared.lock().links.get(from, to);
            let back = self.shared.lock().links.get(to, from);
            if there.cut || back.cut {
                // The sender lives as long as `self`, so this ends with a change only.
                let _ = changes.changed().await;
                continue;
            }
            let round_trip = there.delay + back.delay;
            if !round_trip.is_zero() {
                sleep(round_trip).await;
            }
            let listener = self.shared.lock().listeners.get(to).cloned();
            let listener = listener.ok_or(ErrorKind::ConnectionRefused)?;
            let Ok(place) = listener.reserve().await else {
                return Err(ErrorKind::ConnectionRefused.into());
            };
            let mut state = self.shared.lock();
            let both = [state.links.get(from, to), state.links.get(to, from)];
            if both.iter().any(|link| link.cut) {
                continue;
            }
            let carried = &self.shared.carried;
            let (made, dialled, accepted) = Connection::new(from, to, &state.links, carried);
            state.connections.retain(Connection::is_open);
            state.connections.push(made);
            place.send(accepted);
            return Ok(dialled);
        }
    }

    #[cfg(test)]
    pub(super) fn connections_kept(&self) -> usize {
        self.shared.lock().connections.len()
    }

    fn change_both(&self, one: &str, other: &str, change: impl Fn(&mut super::link::Link)) {
        let mut state = self.shared.lock();
        state.links.change(one, other, &change);
        state.links.change(other, one, &change);
        self.shared.apply(&mut state, one, other);
    }
}

impl Shared {
    /// Frees a name whose listener has closed, unless somebody else has bound it since.
    pub(super) fn forget_closed(&self, name: &str) {
        let mut state = self.lock();
        if state.listeners.get(name).is_some_and(mpsc::Sender::is_closed) {
            state.listeners.remove(name);
        }
    }

    fn apply(&self, state: &mut State, one: &str, other: &str) {
        let now = Instant::now();
        let State { connections, links, .. } = state;
        for connection in connections {
            if connection.joins(one, other) {
                connection.apply(now, links);
            }
        }
        self.changes.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The name that an address is bound as: itself, or with a port of its own for port 0.
    fn name_for(&mut self, address: &str) -> io::Result<String> {
        let Some(host) = address.strip_suffix(":0") else {
            return Ok(address.to_owned());
        };
        let port = FIRST_FREE_PORT + self.ports_given;
        if port > u32::from(u16::MAX) {
            return Err(ErrorKind::AddrNotAvailable.into());
        }
        self.ports_given += 1;
        Ok(format!("{host}:{port}"))
    }
}
