//! What is done with a packet.

use foca::{Header, Member as Entry, Message, State};

use super::BadPacket;
use super::codec::{self, Packet};
use super::downs::MAX_DOWN;
use super::driver::{MAX_MEMBERS, Standing, Swim};
use super::identity::Record;
use super::output::Output;
use super::seal::{self, Kind, MAX_PACKET, Opened};
use crate::wire::cursor::Reader;

impl Swim {
    /// Takes in a packet that another node's [`Output::Send`] sent to this one.
    ///
    /// A bad packet changes nothing. [`BadPacket::OtherBoot`] is no offence: packets to the run before are still on
    /// their way when a node comes back.
    pub(crate) fn heard(&mut self, bytes: &[u8], out: &mut Vec<Output>) -> Result<(), BadPacket> {
        let opened = seal::open(&self.keys, bytes, MAX_PACKET)?;
        if opened.from == self.me.boot {
            return Err(BadPacket::FromSelf);
        }
        if opened.to.is_some_and(|to| to != self.me.boot) {
            return Err(BadPacket::OtherBoot);
        }
        match opened.kind {
            Kind::Packet => self.packet(&opened, out)?,
            Kind::Superseded => self.superseded(&opened, out)?,
            Kind::Sync => return Err(BadPacket::Malformed("a list of members is no packet")),
        }
        self.settle(out);
        Ok(())
    }

    fn packet(&mut self, opened: &Opened<'_>, out: &mut Vec<Output>) -> Result<(), BadPacket> {
        let Packet { mut header, head, updates } = Packet::read(opened.body)?;
        if header.src.boot != opened.from {
            return Err(BadPacket::OtherSender);
        }
        // Whoever asks to be let in may know no more of us than the name.
        let for_us = header.dst.name == self.me.name
            && (opened.to.is_some() && header.dst.boot == self.me.boot
                || header.message == Message::Announce);
        if !for_us {
            return Err(BadPacket::OtherBoot);
        }
        // The protocol would see it only when it has taken in the sender.
        if other(&header.message).is_some_and(|other| *other == self.me) {
            return Err(BadPacket::Senseless("it asks this node about itself".to_owned()));
        }
        if self.standing == Standing::Left {
            return Ok(());
        }
        if header.src.name == self.me.name {
            self.namesake(&header.src, State::Alive, out);
            return Ok(());
        }
        if !self.admits(&header.src, State::Alive) {
            self.refuse(&header.src, out);
            return Ok(());
        }
        let src = header.src.clone();
        if let Some(entry) = self.entry(&src.name)
            && entry.id().boot != src.boot
            && entry.id().outranks(&src)
        {
            // The protocol would only tell it that it is dead, and it would come back and outrank the later one.
            let (by, state) = (entry.id().clone(), entry.state());
            self.tell_superseded(&src, &by, state);
            return Ok(());
        }
        if self.straighten(&mut header) {
            let mut head = Vec::new();
            codec::write_header(&header, &mut head)?;
            self.hand_over(&head)?;
        } else {
            self.hand_over(head)?;
        }
        // Whoever is down here is told so, and not believed.
        if self.entry(&src.name).is_some_and(|entry| entry.id().is_run_of(&src) && is_up(entry)) {
            let others = updates.into_iter().filter(|update| {
                // What the sender is was said by the header.
                update.id().name != src.name || *update.id() == src
            });
            self.learn(others.collect(), out)?;
        }
        Ok(())
    }

    /// Makes the header say what it meant: records change while packets are on their way. Says whether it did anything.
    fn straighten(&mut self, header: &mut Header<Record>) -> bool {
        let mut changed = false;
        if header.dst.boot == self.me.boot && header.dst != self.me {
            header.dst = self.me.clone();
            changed = true;
        }
        let Some(entry) = self.entry(&header.src.name) else { return changed };
        let (known, is_down) = (entry.id().clone(), !is_up(entry));
        if known.is_run_of(&header.src) {
            // An older record of a living run is no sign of death, and a newer one of a dead run none of life.
            if known.outranks(&header.src) || is_down && known != header.src {
                header.src = known;
                header.src_incarnation = 0;
                changed = true;
            }
        }
        changed
    }

    fn hand_over(&mut self, head: &[u8]) -> Result<(), BadPacket> {
        self.foca
            .handle_data(head, &mut self.collector)
            .map_err(|error| BadPacket::Senseless(error.to_string()))
    }

    /// Takes in what another node says of others, and of us.
    pub(super) fn learn(
        &mut self,
        updates: Vec<Entry<Record>>,
        out: &mut Vec<Output>,
    ) -> Result<(), BadPacket> {
        for update in updates {
            if !self.concerns_us(&update, out) {
                continue;
            }
            let (record, incarnation) = (update.id().clone(), update.incarnation());
            let suspected = update.state() == State::Suspect && !self.is_suspected(&record, incarnation);
            self.foca
                .apply_many(std::iter::once(update), true, &mut self.collector)
                .map_err(|error| BadPacket::Senseless(error.to_string()))?;
            // The protocol waits only at whoever suspected first, who may be dead before the time is over.
            if suspected && self.is_suspected(&record, incarnation) {
                self.await_refutation(record, incarnation);
            }
        }
        Ok(())
    }

    /// Whether the protocol is to know of it.
    fn concerns_us(&mut self, update: &Entry<Record>, out: &mut Vec<Output>) -> bool {
        let record = update.id();
        if record.name == self.me.name {
            if record.boot != self.me.boot {
                self.namesake(record, update.state(), out);
            }
            return *record == self.me;
        }
        if !self.admits(record, update.state()) {
            self.refuse(record, out);
            return false;
        }
        // A dead run stays dead, whatever it said at its last turns.
        !self
            .entry(&record.name)
            .is_some_and(|entry| !is_up(entry) && entry.id().is_run_of(record) && entry.id() != record)
    }

    /// Whether there is room for it.
    fn admits(&self, record: &Record, state: State) -> bool {
        let entry = self.entry(&record.name);
        if state == State::Down {
            let downs = self.foca.iter_membership_state().len().saturating_sub(self.foca.num_members());
            entry.is_some() || downs < MAX_DOWN
        } else {
            entry.is_some_and(is_up) || self.foca.num_members() < MAX_MEMBERS.saturating_sub(1)
        }
    }

    fn refuse(&mut self, record: &Record, out: &mut Vec<Output>) {
        if !std::mem::replace(&mut self.full, true) {
            out.push(Output::Full { refused: record.to_member() });
        }
    }

    /// Another run has our name: one of us is to know.
    fn namesake(&mut self, other: &Record, state: State, out: &mut Vec<Output>) {
        if self.standing != Standing::Living || state == State::Down {
        } else if other.outranks(&self.me) {
            out.push(Output::Superseded { by: other.to_member() });
        } else {
            let me = self.me.clone();
            self.tell_superseded(other, &me, State::Alive);
        }
    }

    fn tell_superseded(&mut self, whom: &Record, by: &Record, state: State) {
        let mut body = Vec::new();
        if codec::write_update(&Entry::new(by.clone(), 0, state), &mut body).is_ok() {
            self.superseding.push((whom.clone(), body));
        }
    }

    fn superseded(&mut self, opened: &Opened<'_>, out: &mut Vec<Output>) -> Result<(), BadPacket> {
        let mut reader = Reader::new(opened.body);
        let by = codec::read_update(&mut reader)?;
        reader.finish()?;
        let addressed = opened.to.is_some() && by.id().name == self.me.name;
        if !addressed || by.id().boot == self.me.boot || !by.id().outranks(&self.me) {
            return Err(BadPacket::OtherBoot);
        }
        if self.standing != Standing::Left {
            if by.state() == State::Down {
                self.told_dead(by.id().age.drawn, out);
            } else {
                out.push(Output::Superseded { by: by.id().to_member() });
            }
        }
        Ok(())
    }

    pub(super) fn is_suspected(&self, record: &Record, incarnation: u16) -> bool {
        self.entry(&record.name).is_some_and(|entry| {
            entry.id() == record && entry.state() == State::Suspect && entry.incarnation() >= incarnation
        })
    }

    pub(super) fn await_refutation(&mut self, member_id: Record, incarnation: u16) {
        if let Some(token) = self.collector.token {
            let timer = foca::Timer::ChangeSuspectToDown { member_id, incarnation, token };
            self.collector.timers.push((self.pace.suspicion_among(self.reckoned), timer));
        }
    }
}

/// Of whom a message is, that is neither its sender nor its receiver.
fn other(message: &Message<Record>) -> Option<&Record> {
    match message {
        Message::PingReq { target: other, .. }
        | Message::IndirectPing { origin: other, .. }
        | Message::IndirectAck { target: other, .. }
        | Message::ForwardedAck { origin: other, .. } => Some(other),
        _ => None,
    }
}

pub(super) fn is_up(entry: &Entry<Record>) -> bool {
    entry.state() != State::Down
}
