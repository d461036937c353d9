//! Types and what they contain.

use std::collections::BTreeMap;
use std::hash::Hasher as _;

use siphasher::sip::SipHasher24;

use super::names;

/// How deep the graph is unfolded for the fingerprint: a level more than a message may nest.
const LEVELS: usize = 66;

/// The place of a node in the graph.
pub(super) type NodeId = usize;

/// What a type asks a deserializer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Primitive(&'static str),
    Option,
    Seq,
    Map,
    Tuple(usize),
    Struct(&'static [&'static str]),
    Enum(&'static [&'static str]),
}

/// What a variant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload {
    Nothing,
    Tuple(usize),
    Struct(&'static [&'static str]),
}

/// A place inside a type: a field, an element, a key, what is in an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) node: NodeId,
    /// Of an enum the variant, else zero.
    pub(super) variant: u32,
    pub(super) place: usize,
}

/// A type and what is known to be inside.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) type_name: &'static str,
    pub(super) kind: Kind,
    pub(super) payloads: BTreeMap<u32, Payload>,
    /// What stands in each place. More than one type, if a tag decides.
    slots: BTreeMap<(u32, usize), Vec<NodeId>>,
    /// Places whose type accepted no sample, with its name.
    opaque: BTreeMap<(u32, usize), String>,
}

/// All types met so far.
///
/// A type is known by its name and kind. The name is only a key: it tells types of one build apart and is
/// never hashed.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    index: BTreeMap<(&'static str, Kind), NodeId>,
}

impl Graph {
    /// The node of a type, and whether it is new.
    pub(super) fn intern(&mut self, type_name: &'static str, kind: Kind) -> (NodeId, bool) {
        // All primitives of a kind are one node, whoever wraps them.
        let key = if let Kind::Primitive(_) = kind { "" } else { type_name };
        if let Some(&node) = self.index.get(&(key, kind)) {
            return (node, false);
        }
        let node = self.nodes.len();
        self.nodes.push(Node {
            type_name,
            kind,
            payloads: BTreeMap::new(),
            slots: BTreeMap::new(),
            opaque: BTreeMap::new(),
        });
        self.index.insert((key, kind), node);
        (node, true)
    }

    pub(super) fn node(&self, node: NodeId) -> Option<&Node> {
        self.nodes.get(node)
    }

    /// Notes what stands in a place.
    pub(super) fn connect(&mut self, slot: Slot, child: NodeId) {
        if let Some(node) = self.nodes.get_mut(slot.node) {
            let children = node.slots.entry((slot.variant, slot.place)).or_default();
            if !children.contains(&child) {
                children.push(child);
            }
        }
    }

    /// Notes what a variant holds.
    pub(super) fn set_payload(&mut self, node: NodeId, variant: u32, payload: Payload) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.payloads.insert(variant, payload);
        }
    }

    /// Notes that nothing is accepted in a place.
    pub(super) fn set_opaque(&mut self, slot: Slot, type_name: &str) {
        if let Some(node) = self.nodes.get_mut(slot.node) {
            node.opaque.insert((slot.variant, slot.place), names::short(type_name));
        }
    }

    pub(super) fn is_opaque(&self, slot: Slot) -> bool {
        self.node(slot.node).is_some_and(|node| node.opaque.contains_key(&(slot.variant, slot.place)))
    }

    /// Whether there is an opaque place in the variant.
    pub(super) fn has_opaque(&self, slot: Slot) -> bool {
        self.node(slot.node)
            .is_some_and(|node| node.opaque.keys().any(|(variant, _)| *variant == slot.variant))
    }

    /// The names of all opaque types.
    pub(super) fn opaque(&self) -> Vec<String> {
        self.nodes.iter().flat_map(|node| node.opaque.values().cloned()).collect()
    }

    /// A place in words; `None` for what people do not see as one.
    pub(super) fn describe(&self, slot: Slot) -> Option<String> {
        let node = self.node(slot.node)?;
        let of = names::short(node.type_name);
        let place = slot.place;
        let name = |names: &[&'static str], at: usize| names.get(at).copied().unwrap_or("?");
        Some(match node.kind {
            _ if of.is_empty() => return None,
            Kind::Primitive(_) | Kind::Option => return None,
            Kind::Seq => format!("an element of `{of}`"),
            Kind::Map if place == 0 => format!("a key of `{of}`"),
            Kind::Map => format!("a value of `{of}`"),
            Kind::Tuple(_) => format!("element {place} of `{of}`"),
            Kind::Struct(fields) => format!("field `{}` of `{of}`", name(fields, place)),
            Kind::Enum(variants) => {
                let variant = name(variants, usize::try_from(slot.variant).ok()?);
                match node.payloads.get(&slot.variant) {
                    Some(Payload::Struct(fields)) => {
                        format!("field `{}` of variant `{variant}` of `{of}`", name(fields, place))
                    }
                    _ => format!("variant `{variant}` of `{of}`"),
                }
            }
        })
    }

    /// The hash of everything that can be reached from `root`, unfolded.
    ///
    /// Each round looks one level further: after it, a node's hash covers its own level and what its children's
    /// covered before. So recursion needs no special case, types that look the same are the same, and the
    /// numbering of the nodes leaves no trace.
    pub(super) fn fingerprint(&self, root: NodeId) -> u64 {
        let mut hashes = vec![0; self.nodes.len()];
        for _ in 0..LEVELS {
            hashes = self.nodes.iter().map(|node| node.hash(&hashes)).collect();
        }
        hashes.get(root).copied().unwrap_or_default()
    }
}

impl Node {
    fn hash(&self, hashes: &[u64]) -> u64 {
        let mut hash = Hash(SipHasher24::new());
        match self.kind {
            Kind::Primitive(name) => hash.tag(1).text(name),
            Kind::Option => hash.tag(2),
            Kind::Seq => hash.tag(3),
            Kind::Map => hash.tag(4),
            Kind::Tuple(len) => hash.tag(5).count(len),
            Kind::Struct(fields) => hash.tag(6).texts(fields),
            Kind::Enum(variants) => hash.tag(7).texts(variants),
        };
        hash.count(self.payloads.len());
        for (variant, payload) in &self.payloads {
            hash.number(u64::from(*variant));
            match payload {
                Payload::Nothing => hash.tag(8),
                Payload::Tuple(len) => hash.tag(9).count(*len),
                Payload::Struct(fields) => hash.tag(10).texts(fields),
            };
        }
        hash.count(self.slots.len());
        for ((variant, place), children) in &self.slots {
            hash.number(u64::from(*variant)).count(*place).count(children.len());
            for child in children {
                hash.number(hashes.get(*child).copied().unwrap_or_default());
            }
        }
        hash.count(self.opaque.len());
        for ((variant, place), name) in &self.opaque {
            hash.number(u64::from(*variant)).count(*place).text(name);
        }
        hash.0.finish()
    }
}

/// `SipHash-2-4` over a written order of bytes, the same on every platform.
struct Hash(SipHasher24);

impl Hash {
    fn tag(&mut self, tag: u8) -> &mut Self {
        self.0.write(&[tag]);
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.0.write(&number.to_le_bytes());
        self
    }

    fn count(&mut self, count: usize) -> &mut Self {
        self.number(u64::try_from(count).unwrap_or(u64::MAX))
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.count(text.len());
        self.0.write(text.as_bytes());
        self
    }

    fn texts(&mut self, texts: &[&str]) -> &mut Self {
        self.count(texts.len());
        for text in texts {
            self.text(text);
        }
        self
    }
}
