//! The modules of a node, hosted or only called, and their tables.

use core::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use super::boxed::Running;
use super::egress::Egress;
use super::plain::{AtOnce, handle_plain};
use super::row::{Facts, Inbound, Row, Runs, Start};
use crate::wire::{MethodSignature, ModuleTable, Tables};

/// A module as a node knows it: the object if the node hosts it, and the table either way.
pub(crate) struct Entry<Mo: 'static> {
    pub(crate) name: &'static str,
    /// Its place in the registry.
    pub(crate) index: usize,
    pub(crate) object: Option<Arc<Mo>>,
    /// On how many nodes it runs at most, as this program has it.
    pub(crate) limit: Option<u32>,
    pub(crate) slot_hooks: SlotHooks,
    pub(crate) rows: &'static [Row<Mo>],
    /// In the order of the rows.
    pub(crate) signatures: Vec<MethodSignature>,
    /// What runs instead of the rows in a test that has no node.
    pub(crate) fake: Option<Arc<dyn FakeRows>>,
}

/// What a test has put in the place of a module's rows.
pub(crate) trait FakeRows: Send + Sync {
    /// Starts what stands in for a method; `None` if nothing does.
    fn start(&self, row: usize, call: Inbound, to: Option<Arc<dyn Egress>>) -> Option<Running>;
}

/// Which hooks a module has that tell it of slots.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SlotHooks {
    pub(crate) arriving: bool,
    pub(crate) leaving: bool,
}

/// An [`Entry`] with its type erased.
pub(crate) trait AnyEntry: Send + Sync {
    fn name(&self) -> &'static str;
    /// Its place in the registry.
    fn index(&self) -> usize;
    fn hosted(&self) -> bool;
    fn limit(&self) -> Option<u32>;
    /// None of them where the node does not host the module.
    fn slot_hooks(&self) -> SlotHooks;
    fn signatures(&self) -> &[MethodSignature];
    /// What is known of a method before it starts; nothing where the table has no such row.
    fn facts(&self, row: usize) -> Facts;
    /// Starts a method; `None` when the node does not host the module or the table has no such row. One that
    /// gives a stream needs a place to send it to.
    fn start(&self, row: usize, call: Inbound, to: Option<Arc<dyn Egress>>) -> Option<Running>;
    /// Runs a method that never waits, and appends the frame that answers the call, unless that is still to be encoded:
    /// then it comes back. `Err`: the node does not host the module, or the method is none such.
    fn run_at_once(
        &self,
        row: usize,
        call: &AtOnce<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Running>, NotPlain>;
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// A method may wait, or cannot be run here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotPlain;

impl<Mo: Send + Sync + 'static> AnyEntry for Entry<Mo> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn index(&self) -> usize {
        self.index
    }

    fn hosted(&self) -> bool {
        self.object.is_some() || self.fake.is_some()
    }

    fn limit(&self) -> Option<u32> {
        self.limit
    }

    fn slot_hooks(&self) -> SlotHooks {
        if self.hosted() { self.slot_hooks } else { SlotHooks::default() }
    }

    fn signatures(&self) -> &[MethodSignature] {
        &self.signatures
    }

    fn facts(&self, row: usize) -> Facts {
        let facts = self.rows.get(row).map(|row| row.facts).unwrap_or_default();
        // What stands in for a method may wait where that would not.
        let waits = facts.runs == Runs::AtOnce && self.fake.is_some();
        Facts { runs: if waits { Runs::AsFuture } else { facts.runs }, ..facts }
    }

    fn start(&self, row: usize, call: Inbound, to: Option<Arc<dyn Egress>>) -> Option<Running> {
        if let Some(fake) = &self.fake {
            return fake.start(row, call, to);
        }
        let object = self.object.clone()?;
        match (&self.rows.get(row)?.start, to) {
            (Start::Answer(start), _) => Some(start(object, call)),
            (Start::Plain(run), _) => Some(Running::new(handle_plain(object, call, *run))),
            (Start::Stream(start), Some(to)) => Some(start(object, call, to)),
            (Start::Stream(_), None) => None,
        }
    }

    fn run_at_once(
        &self,
        row: usize,
        call: &AtOnce<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Running>, NotPlain> {
        match (self.rows.get(row).map(|row| &row.start), &self.object) {
            (Some(Start::Plain(run)), Some(object)) if self.fake.is_none() => Ok(run(object, call, out)),
            _ => Err(NotPlain),
        }
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// All modules of one node. Fixed when the node starts.
#[derive(Default)]
pub(crate) struct Registry {
    entries: Vec<Arc<dyn AnyEntry>>,
    /// Those that this node hosts: a number on the wire is a place among these.
    hosted: Vec<Hosted>,
    by_type: HashMap<TypeId, usize>,
}

struct Hosted {
    entry: Arc<dyn AnyEntry>,
    /// What is known of its methods.
    facts: Box<[Facts]>,
}

impl Registry {
    pub(crate) fn new(entries: Vec<(TypeId, Arc<dyn AnyEntry>)>) -> Self {
        let by_type = entries.iter().enumerate().map(|(index, (id, _))| (*id, index)).collect();
        let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
        let hosted = entries.iter().filter(|entry| entry.hosted()).map(|entry| Hosted {
            entry: Arc::clone(entry),
            facts: (0..entry.signatures().len()).map(|row| entry.facts(row)).collect(),
        });
        Self { hosted: hosted.collect(), entries, by_type }
    }

    pub(crate) fn entries(&self) -> &[Arc<dyn AnyEntry>] {
        &self.entries
    }

    pub(crate) fn of<Mo: Send + Sync + 'static>(&self) -> Option<Arc<Entry<Mo>>> {
        let index = *self.by_type.get(&TypeId::of::<Mo>())?;
        Arc::clone(self.entries.get(index)?).as_any().downcast().ok()
    }

    /// What this node offers to others: the modules that it can host. A row's number on the wire is the module's
    /// place in this list and the method's place in its table (see [`RowNumber`]).
    pub(crate) fn tables(&self) -> Tables {
        let hosted = self.hosted.iter();
        Tables {
            modules: hosted
                .map(|Hosted { entry, .. }| ModuleTable {
                    name: entry.name().to_owned(),
                    methods: entry.signatures().to_vec(),
                })
                .collect(),
        }
    }

    /// The module that a row's number on the wire names, and what is known of the method; nothing is if it names none.
    #[inline]
    pub(crate) fn find(&self, number: RowNumber) -> Option<(&dyn AnyEntry, &Facts)> {
        static NOTHING: Facts = Facts { name: "", runs: Runs::AsFuture, detached: false };
        let hosted = self.hosted.get(number.module())?;
        Some((&*hosted.entry, hosted.facts.get(number.method()).unwrap_or(&NOTHING)))
    }
}

/// Which method a call is for, in the numbering of the callee's tables as announced on this link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowNumber(pub(crate) u32);

impl RowNumber {
    pub(crate) fn new(module: usize, method: usize) -> Option<Self> {
        let module = u16::try_from(module).ok()?;
        let method = u16::try_from(method).ok()?;
        Some(Self(u32::from(module) << 16 | u32::from(method)))
    }

    pub(crate) fn module(self) -> usize {
        (self.0 >> 16) as usize
    }

    pub(crate) fn method(self) -> usize {
        (self.0 & 0xffff) as usize
    }
}
