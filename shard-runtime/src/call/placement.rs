//! Which node owns which slot of each module, in one view.

use std::sync::Arc;

use crate::dispatch::Registry;
use crate::membership::{Boot, Member, MemberState, NodeName, View};
use crate::route::hash::Slot;
use crate::route::table::Table;

/// The tables of a view: a pure function of it, made once when it changes.
pub(crate) struct Placements {
    /// The view that they are of: it and its tables are published as one.
    pub(crate) view: Arc<View>,
    /// By the module's place in the registry.
    modules: Vec<Placement>,
}

/// One module's part of it.
struct Placement {
    /// Shared by all modules that have these hosts and this limit, and with the views before and after.
    table: Arc<Table<Host>>,
    /// Those whom the table was made for.
    active: Arc<[Host]>,
    /// Who runs the module, sorted by name.
    hosts: Box<[Host]>,
    limit: Option<u32>,
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

impl From<&Member> for Host {
    fn from(member: &Member) -> Self {
        Self { name: member.name.clone(), boot: member.boot }
    }
}

impl Placements {
    /// Nobody owns anything.
    pub(super) fn none() -> Self {
        Self { view: Arc::default(), modules: Vec::new() }
    }

    /// Those of a view. A table is made only where neither `before` nor another module has it: most changes of a
    /// view move nothing of most modules.
    pub(crate) fn of(view: View, registry: &Registry, before: &Self) -> Self {
        let mut modules: Vec<Placement> = Vec::with_capacity(registry.entries().len());
        for entry in registry.entries() {
            let made = modules.iter().chain(&before.modules);
            let placement = Placement::of(&view, entry.name(), made);
            modules.push(placement);
        }
        Self { view: Arc::new(view), modules }
    }

    /// The owner of a slot of a module; `None` if nobody hosts it.
    pub(crate) fn owner(&self, module_index: usize, slot: Slot) -> Option<&Host> {
        self.modules.get(module_index)?.table.owner(slot)
    }

    /// The nodes that run a module, sorted by name: those that own slots of it, or did until they began to
    /// drain. Without a limit all that can host it, even if they are too many to own a slot each.
    pub(crate) fn hosts(&self, module_index: usize) -> &[Host] {
        self.modules.get(module_index).map_or(&[], |placement| &placement.hosts)
    }

    /// On how many nodes a module runs at most.
    pub(super) fn limit(&self, module_index: usize) -> Option<u32> {
        self.modules.get(module_index)?.limit
    }

    /// Whether a node has to do without a module that it can host, since it has no seat.
    pub(crate) fn is_without_seat(&self, module_index: usize, node: &NodeName) -> bool {
        self.modules.get(module_index).is_some_and(|placement| {
            placement.limit.is_some() && placement.hosts.binary_search_by(|host| host.name.cmp(node)).is_err()
        })
    }
}

impl Placement {
    fn of<'a>(view: &View, module: &str, mut made: impl Iterator<Item = &'a Self>) -> Self {
        let limit = view.limit(module);
        let seats = limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let active: Vec<_> = view.active_hosts(module).map(Host::from).collect();
        let all = view.hosts(module).map(Host::from);
        let same = made.find(|made| made.limit == limit && *made.active == *active);
        let (table, active) = same.map_or_else(
            || {
                let hosts = active.iter().cloned();
                let table = match seats {
                    Some(seats) => Table::limited(hosts, seats),
                    None => Table::new(hosts),
                };
                (Arc::new(table), active.as_slice().into())
            },
            |made| (Arc::clone(&made.table), Arc::clone(&made.active)),
        );
        let Some(seats) = seats else {
            return Self { table, active, hosts: all.collect(), limit };
        };
        let mut hosts = table.owners().to_vec();
        if view.hosts(module).any(|member| member.state == MemberState::Draining) {
            // A node that drains has lost its seat to another, and still has what it had. Had it one? It would
            // if it were active: which is not to be known for sure only if another began to drain since.
            let before = Table::limited(all, seats);
            let drains = |host: &&Host| {
                view.get(host.name.as_str()).is_some_and(|member| member.state == MemberState::Draining)
            };
            hosts.extend(before.owners().iter().filter(drains).cloned());
            hosts.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        }
        Self { table, active, hosts: hosts.into(), limit }
    }
}
