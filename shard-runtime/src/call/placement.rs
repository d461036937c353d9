//! Which node owns which slot of each module, in one view.

use crate::dispatch::Registry;
use crate::membership::{Boot, NodeName, View};
use crate::route::hash::Slot;
use crate::route::table::Table;

/// The tables of a view: a pure function of it, made once when it changes.
pub(crate) struct Placements {
    /// The digest of the view that they are of.
    pub(crate) view: u64,
    /// By the module's place in the registry.
    tables: Vec<Table<Host>>,
}

/// A node that may own slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) name: NodeName,
    pub(crate) boot: Boot,
}

impl AsRef<str> for Host {
    fn as_ref(&self) -> &str {
        self.name.as_str()
    }
}

impl Placements {
    pub(crate) fn of(view: &View, registry: &Registry) -> Self {
        let table = |module: &str| {
            let hosts = view.active_hosts(module);
            Table::new(hosts.map(|member| Host { name: member.name.clone(), boot: member.boot }))
        };
        Self {
            view: view.digest(),
            tables: registry.entries().iter().map(|entry| table(entry.name())).collect(),
        }
    }

    /// The owner of a slot of a module; `None` if nobody hosts it.
    pub(crate) fn owner(&self, module_index: usize, slot: Slot) -> Option<&Host> {
        self.tables.get(module_index)?.owner(slot)
    }
}
