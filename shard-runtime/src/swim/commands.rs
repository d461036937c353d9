//! What the node itself has to say.

use foca::{Member as Entry, State};

use super::driver::{Standing, Swim};
use super::identity::Record;
use super::output::Output;
use super::record::{self, RecordError};
use crate::membership::{Boot, Member, MemberState, NodeName};
use crate::trust::GossipKeys;

impl Swim {
    /// Seals with other keys from now on, and opens with them.
    pub(crate) fn set_keys(&mut self, keys: GossipKeys) {
        self.keys = keys;
    }

    /// Asks a node to be let in, and for its members. Of the node only the name must be right, and the boot and the
    /// address are as a handshake had them. To be called again until members come: a packet can be lost.
    pub(crate) fn join(&mut self, at: &Member, out: &mut Vec<Output>) {
        if self.standing == Standing::Living && at.name != self.me.name {
            let _ = self.foca.announce(Record::new(at.clone()), &mut self.collector);
        }
        self.settle(out);
    }

    /// Says something new of this node: with the same boot and a greater turn, or with another boot that was drawn
    /// later, by which a node comes back that was told dead.
    ///
    /// Fails, and changes nothing, when the record is too long or does not come after the one before.
    pub(crate) fn say(&mut self, me: Member, out: &mut Vec<Output>) -> Result<(), RecordError> {
        record::write(&me, &mut Vec::new())?;
        let me = Record::new(me);
        let new_boot = me.boot != self.me.boot;
        // A boot that others hold for dead stays dead, at whatever turn.
        let may = new_boot || self.standing == Standing::Living;
        if me.name != self.me.name || !me.outranks(&self.me) || !may {
            return Err(RecordError::Stale);
        }
        self.standing = Standing::Living;
        if new_boot {
            self.earlier.clear();
        } else {
            self.earlier.extend(self.collector.token);
        }
        self.become_record(me);
        self.settle(out);
        Ok(())
    }

    /// Suspects a member on direct evidence, such as a link that broke and could not be made again. It is removed
    /// unless it speaks up in time. Does nothing when this boot is no member, or is suspected already.
    pub(crate) fn suspect(&mut self, name: &NodeName, boot: Boot, out: &mut Vec<Output>) {
        let entry = self.entry(name).filter(|entry| entry.id().boot == boot);
        if let Some(entry) = entry.filter(|entry| entry.state() == State::Alive) {
            let (record, incarnation) = (entry.id().clone(), entry.incarnation());
            let suspect = Entry::new(record.clone(), incarnation, State::Suspect);
            let _ = self.foca.apply_many(std::iter::once(suspect), true, &mut self.collector);
            self.await_refutation(record, incarnation);
            let _ = self.foca.gossip(&mut self.collector);
        }
        self.settle(out);
    }

    /// Says good-bye: the others remove this node as soon as they hear of it. Nothing is heard or probed from then
    /// on; to come back, [`say`](Self::say) another boot.
    pub(crate) fn leave(&mut self, out: &mut Vec<Output>) {
        if self.standing == Standing::Living {
            let mut left = self.me.to_member();
            left.state = MemberState::Left;
            left.age.turn = left.age.turn.saturating_add(1);
            self.become_record(Record::new(left));
            self.standing = Standing::Left;
            let _ = self.foca.leave_cluster(&mut self.collector);
            // Nobody repeats it for us should all three of these packets be lost.
            let _ = self.foca.gossip(&mut self.collector);
            let _ = self.foca.gossip(&mut self.collector);
        }
        self.settle(out);
    }

    fn become_record(&mut self, me: Record) {
        self.me = me.clone();
        self.incarnation = 0;
        let _ = self.foca.change_identity(me, &mut self.collector);
        // Otherwise it would neither probe nor gossip before it is spoken to under the new identity.
        let _ = self.foca.apply_many(std::iter::empty(), false, &mut self.collector);
    }
}
