//! The made-up network, and the nodes on it.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::super::rng::SplitMix;
use super::*;

/// Microseconds.
pub(super) type Micros = u64;

pub(super) const MILLI: Micros = 1000;
pub(super) const SECOND: Micros = 1000 * MILLI;

/// Nodes, and the packets and timers that are on their way. The same seed gives the same run.
pub(super) struct Network {
    pub(super) now: Micros,
    pub(super) nodes: Vec<Node>,
    /// In thousandths.
    pub(super) loss: u64,
    /// What does not arrive: from, to.
    pub(super) cut: BTreeSet<(usize, usize)>,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    /// What the nodes were told, in order.
    pub(super) told: Vec<(Micros, usize, Told)>,
    /// `SipHash` would do as well; it only has to change with every event.
    pub(super) trace: u64,
    rng: SplitMix,
    coming: BTreeMap<(Micros, u64), Coming>,
    count: u64,
}

pub(super) struct Node {
    pub(super) swim: Swim,
    pub(super) alive: bool,
    /// How often it was started; what was meant for it before is lost.
    life: u32,
    seeds: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Joined(NodeName),
    Changed(NodeName, MemberState),
    Reborn(NodeName),
    Left(NodeName, bool),
    Dead,
    Superseded(Boot),
    Full,
}

enum Coming {
    Packet { to: usize, bytes: Bytes },
    Timer { node: usize, life: u32, timer: Timer },
    Join { node: usize, life: u32 },
    Comeback { node: usize, life: u32, later_than: u64 },
    LinkLost { node: usize, name: NodeName, boot: Boot },
}

impl Network {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            now: 0,
            nodes: Vec::new(),
            loss: 0,
            cut: BTreeSet::new(),
            packets: 0,
            bytes: 0,
            told: Vec::new(),
            trace: 0,
            rng: SplitMix::new(seed),
            coming: BTreeMap::new(),
            count: 0,
        }
    }

    /// That many nodes that all know the first one, and have found each other.
    pub(super) fn settled(seed: u64, nodes: usize) -> Self {
        let mut network = Self::new(seed);
        for node in 0..nodes {
            network.start(&format!("n{node:02}"), &[0]);
        }
        network.until(30 * SECOND, Self::is_whole).expect("they find each other");
        network.run(5 * SECOND);
        network.told.clear();
        network
    }

    /// Starts a node that asks the seeds to be let in, every half second until it is.
    pub(super) fn start(&mut self, name: &str, seeds: &[usize]) -> usize {
        let boot = self.rng.next();
        let member = member(name, boot, self.now / MILLI);
        let swim = Swim::new(member, keys(), self.rng.next(), Pace::default()).unwrap();
        self.nodes.push(Node { swim, alive: true, life: 0, seeds: seeds.to_vec() });
        let node = self.nodes.len() - 1;
        self.after(0, Coming::Join { node, life: 0 });
        node
    }

    /// It stops without a word; with `noticed`, whoever had a link to it sees it break.
    pub(super) fn kill(&mut self, node: usize, noticed: bool) {
        self.nodes[node].alive = false;
        let me = self.nodes[node].swim.me().clone();
        for other in self.living() {
            let delay = MILLI + self.rng.next() % (20 * MILLI);
            if noticed {
                self.after(delay, Coming::LinkLost { node: other, name: me.name.clone(), boot: me.boot });
            }
        }
    }

    /// It comes back under another boot, which is drawn now.
    pub(super) fn restart(&mut self, node: usize) {
        let mut me = self.nodes[node].swim.me().clone();
        me.boot = Boot::new(self.rng.next());
        me.age.drawn = self.now / MILLI;
        me.age.turn = 0;
        me.state = MemberState::Active;
        let seed = self.rng.next();
        let node_ref = &mut self.nodes[node];
        node_ref.swim = Swim::new(me, keys(), seed, Pace::default()).unwrap();
        node_ref.alive = true;
        node_ref.life += 1;
        let life = node_ref.life;
        self.after(0, Coming::Join { node, life });
    }

    pub(super) fn leave(&mut self, node: usize) {
        self.act(node, Swim::leave);
        self.nodes[node].alive = false;
    }

    /// Its state changes, under the same boot.
    pub(super) fn turn(&mut self, node: usize, state: MemberState) {
        let mut me = self.nodes[node].swim.me().clone();
        me.state = state;
        me.age.turn += 1;
        self.act(node, |swim, out| swim.say(me, out).unwrap());
    }

    pub(super) fn suspect(&mut self, by: usize, whom: usize) {
        let whom = self.nodes[whom].swim.me().clone();
        self.act(by, |swim, out| swim.suspect(&whom.name, whom.boot, out));
    }

    /// Neither direction between the two groups works.
    pub(super) fn split(&mut self, left: &[usize], right: &[usize]) {
        for (a, b) in left.iter().flat_map(|a| right.iter().map(move |b| (*a, *b))) {
            self.cut.extend([(a, b), (b, a)]);
        }
    }

    pub(super) fn living(&self) -> Vec<usize> {
        (0..self.nodes.len()).filter(|node| self.nodes[*node].alive).collect()
    }

    /// Whether all living nodes see all living nodes and nobody else, as they are now.
    pub(super) fn is_whole(&self) -> bool {
        let living = self.living();
        let truth: Vec<_> = living.iter().map(|node| self.nodes[*node].swim.me().clone()).collect();
        let truth = View::new(truth).digest();
        living.iter().all(|node| digest(&self.nodes[*node].swim) == truth)
    }

    /// Whether no living node has a member of that name.
    pub(super) fn has_gone(&self, name: &str) -> bool {
        let has = |node: &Node| node.swim.members().iter().any(|member| member.name == *name);
        !self.nodes.iter().any(|node| node.alive && has(node))
    }

    pub(super) fn run(&mut self, time: Micros) {
        let end = self.now + time;
        while self.step(end) {}
        self.now = end;
    }

    /// Runs until it is so, looking every 10 ms; gives the time it took.
    pub(super) fn until(&mut self, limit: Micros, is_so: impl Fn(&Self) -> bool) -> Option<Micros> {
        let start = self.now;
        while !is_so(self) {
            if self.now - start >= limit {
                return None;
            }
            self.run(10 * MILLI);
        }
        Some(self.now - start)
    }

    pub(super) fn removed(&self) -> Vec<&(Micros, usize, Told)> {
        self.told.iter().filter(|(_, _, told)| matches!(told, Told::Left(..) | Told::Dead)).collect()
    }

    fn step(&mut self, end: Micros) -> bool {
        let Some(entry) = self.coming.first_entry().filter(|entry| entry.key().0 <= end) else {
            return false;
        };
        let ((at, number), coming) = entry.remove_entry();
        self.now = at;
        self.trace = (self.trace ^ at ^ number).wrapping_mul(0x0100_0000_01b3);
        match coming {
            Coming::Packet { to, bytes } => {
                self.trace = bytes.iter().fold(self.trace, |trace, byte| {
                    (trace ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
                });
                self.act(to, |swim, out| match swim.heard(&bytes, out) {
                    Ok(()) | Err(BadPacket::OtherBoot) => {}
                    Err(other) => panic!("{other}"),
                });
            }
            Coming::Timer { node, life, timer } if life == self.nodes[node].life => {
                self.act(node, |swim, out| swim.timer(timer, out));
            }
            Coming::Join { node, life } if life == self.nodes[node].life => {
                if self.nodes[node].swim.members().len() < 2 {
                    for seed in self.nodes[node].seeds.clone() {
                        let at = self.nodes[seed].swim.me().clone();
                        let at = Member::new(at.name, at.boot);
                        self.act(node, |swim, out| swim.join(&at, out));
                    }
                    self.after(500 * MILLI, Coming::Join { node, life });
                }
            }
            Coming::Comeback { node, life, later_than } if life == self.nodes[node].life => {
                let mut me = self.nodes[node].swim.me().clone();
                me.boot = Boot::new(self.rng.next());
                me.age.drawn = (self.now / MILLI).max(later_than + 1);
                me.age.turn = 0;
                self.act(node, |swim, out| swim.say(me, out).unwrap());
            }
            Coming::LinkLost { node, name, boot } => {
                self.act(node, |swim, out| swim.suspect(&name, boot, out));
            }
            Coming::Timer { .. } | Coming::Join { .. } | Coming::Comeback { .. } => {}
        }
        true
    }

    pub(super) fn act(&mut self, node: usize, act: impl FnOnce(&mut Swim, &mut Vec<Output>)) {
        if !self.nodes[node].alive {
            return;
        }
        let mut out = Vec::new();
        act(&mut self.nodes[node].swim, &mut out);
        for output in out {
            self.obey(node, output);
        }
    }

    fn obey(&mut self, node: usize, output: Output) {
        let life = self.nodes[node].life;
        let told = match output {
            Output::Send { to, bytes } => return self.send(node, &to, bytes),
            Output::After { delay, timer } => {
                let delay = Micros::try_from(delay.as_micros()).unwrap();
                return self.after(delay, Coming::Timer { node, life, timer });
            }
            Output::Joined(member) => Told::Joined(member.name),
            Output::Changed { old, new } => {
                assert_eq!((&old.name, old.boot), (&new.name, new.boot));
                assert!(old.age < new.age, "{old:?} {new:?}");
                Told::Changed(new.name, new.state)
            }
            Output::Reborn { old, new } => {
                assert_ne!(old.boot, new.boot);
                assert!(old.age.drawn <= new.age.drawn);
                Told::Reborn(new.name)
            }
            Output::Left { member, graceful } => Told::Left(member.name, graceful),
            Output::ToldDead { later_than } => {
                self.after(50 * MILLI, Coming::Comeback { node, life, later_than });
                Told::Dead
            }
            Output::Superseded { by } => {
                self.nodes[node].alive = false;
                Told::Superseded(by.boot)
            }
            Output::Full { .. } => Told::Full,
        };
        self.told.push((self.now, node, told));
    }

    /// A link leads to the node's name; of two of one name to the right boot, when there is one.
    fn send(&mut self, from: usize, to: &Member, bytes: Bytes) {
        self.packets += 1;
        self.bytes += bytes.len() as u64;
        let named = |node: &usize| self.nodes[*node].swim.me().name == to.name && *node != from;
        let mut candidates: Vec<_> = self.living().into_iter().filter(named).collect();
        candidates.sort_by_key(|node| self.nodes[*node].swim.me().boot != to.boot);
        let Some(&to) = candidates.first() else { return };
        if self.rng.next() % 1000 < self.loss || self.cut.contains(&(from, to)) {
            return;
        }
        let delay = MILLI + self.rng.next() % (9 * MILLI);
        self.after(delay, Coming::Packet { to, bytes });
    }

    fn after(&mut self, delay: Micros, coming: Coming) {
        self.count += 1;
        self.coming.insert((self.now + delay, self.count), coming);
    }
}
