//! All that a node knows, for one that has found out that it knows something else.
//!
//! ```text
//! body: flags u8 (1: an answer is wanted)  view digest u64  members: updates as in a packet, to the end
//! ```

use bytes::Bytes;
use foca::{Member as Entry, State};

use super::BadPacket;
use super::codec;
use super::driver::{MAX_MEMBERS, Standing, Swim};
use super::hearing::is_up;
use super::output::Output;
use super::seal::{self, Kind, MAX_SYNC, MAX_SYNC_BODY};
use crate::wire::cursor::{Reader, Write};

const ANSWER: u8 = 1;

/// What the sender of a list of members would like to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SyncAsk {
    /// It wants our list, should our views differ when its own has been taken in.
    pub(crate) answer: bool,
    /// The digest of its view.
    pub(crate) digest: u64,
}

impl Swim {
    /// All that this node knows, sealed for whoever gets it: itself and all members, and then of those that are down as
    /// many as fit into 960 KiB. `answer` asks for the other's list, `digest` is that of this node's view.
    pub(crate) fn sync_body(&self, answer: bool, digest: u64) -> Bytes {
        let mut body = Vec::new();
        body.u8(if answer { ANSWER } else { 0 });
        body.u64(digest);
        let me = Entry::new(self.me.clone(), self.incarnation, State::Alive);
        let me = Some(&me).filter(|_| self.standing == Standing::Living);
        let all = || self.foca.iter_membership_state();
        let others = all().filter(|entry| is_up(entry)).chain(all().filter(|entry| !is_up(entry)));
        for entry in me.into_iter().chain(others) {
            let fits = body.len();
            let written = codec::write_update(entry, &mut body);
            if written.is_err() || body.len() > MAX_SYNC_BODY {
                body.truncate(fits);
            }
        }
        seal::seal(&self.keys, self.me.boot, None, Kind::Sync, &body)
    }

    /// Takes in another node's [`sync_body`](Self::sync_body).
    pub(crate) fn on_sync(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> Result<SyncAsk, BadPacket> {
        let opened = seal::open(&self.keys, bytes, MAX_SYNC)?;
        if opened.kind != Kind::Sync {
            return Err(BadPacket::Malformed("it is no list of members"));
        }
        if opened.from == self.me.boot {
            return Err(BadPacket::FromSelf);
        }
        let mut reader = Reader::new(opened.body);
        let flags = reader.u8()?;
        let digest = reader.u64()?;
        let mut updates = Vec::new();
        while !reader.rest().is_empty() {
            if updates.len() >= MAX_MEMBERS.saturating_mul(2) {
                return Err(BadPacket::Malformed("it lists more members than there may be"));
            }
            updates.push(codec::read_update(&mut reader)?);
        }
        // Whoever is down here is answered, so that it learns of it, and not believed.
        let down = self.foca.iter_membership_state().find(|entry| entry.id().boot == opened.from);
        if self.standing != Standing::Left && down.is_none_or(is_up) {
            self.learn(updates, out)?;
        }
        self.settle(out);
        Ok(SyncAsk { answer: flags & ANSWER != 0, digest })
    }
}
