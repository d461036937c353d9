//! Which slots a node gets, and which it gives away, from one view to the next.

use std::collections::BTreeMap;

use super::placement::Placements;
use crate::membership::{MemberState, NodeName};
use crate::route::Slots;
use crate::route::hash::Slot;

/// Why slots leave a node, as far as it can tell by its own view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LeaveCause {
    /// This node drains: all its slots go to others.
    Draining,
    /// This node is no active member any more, without having said so: it was cut off or stood still, and has
    /// to come back.
    Fenced,
    /// The node that gets them has become active.
    Joined,
    /// The module may run on another number of nodes than before.
    Limit,
    /// Other nodes have come or gone, and these slots move so that all nodes have as many.
    Balance,
}

/// Slots of one module that come from one node, or go to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Move {
    Arriving { slots: Slots, from: Option<NodeName> },
    Leaving { slots: Slots, to: Option<NodeName>, cause: LeaveCause },
}

impl Move {
    pub(crate) fn slots(&self) -> &Slots {
        match self {
            Self::Arriving { slots, .. } | Self::Leaving { slots, .. } => slots,
        }
    }
}

/// What a change of the view moves of a module for the node `me`: first what leaves, then what arrives, by the
/// names of the other nodes.
pub(super) fn moves(me: &NodeName, module_index: usize, old: &Placements, new: &Placements) -> Vec<Move> {
    let mut leaving: BTreeMap<Option<&NodeName>, Slots> = BTreeMap::new();
    let mut arriving: BTreeMap<Option<&NodeName>, Slots> = BTreeMap::new();
    for slot in Slot::all() {
        let before = old.owner(module_index, slot).map(|host| &host.name);
        let after = new.owner(module_index, slot).map(|host| &host.name);
        match (before == Some(me), after == Some(me)) {
            (true, false) => leaving.entry(after).or_default().insert(slot),
            (false, true) => arriving.entry(before).or_default().insert(slot),
            (true, true) | (false, false) => {}
        }
    }
    let leaving = leaving.into_iter().map(|(to, slots)| Move::Leaving {
        slots,
        to: to.cloned(),
        cause: cause(me, module_index, to, old, new),
    });
    let arriving = arriving.into_iter().map(|(from, slots)| Move::Arriving { slots, from: from.cloned() });
    leaving.chain(arriving).collect()
}

fn cause(
    me: &NodeName,
    module_index: usize,
    to: Option<&NodeName>,
    old: &Placements,
    new: &Placements,
) -> LeaveCause {
    let is_active = |placements: &Placements, node: &NodeName| {
        placements.view.get(node.as_str()).is_some_and(|member| member.state == MemberState::Active)
    };
    match new.view.get(me.as_str()).map(|member| member.state) {
        Some(MemberState::Draining | MemberState::Left) => LeaveCause::Draining,
        Some(MemberState::Joining) | None => LeaveCause::Fenced,
        Some(MemberState::Active) if to.is_some_and(|to| !is_active(old, to)) => LeaveCause::Joined,
        Some(MemberState::Active) if old.limit(module_index) != new.limit(module_index) => LeaveCause::Limit,
        Some(MemberState::Active) => LeaveCause::Balance,
    }
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::dispatch::{AnyEntry, Entry, Registry, SlotHooks};
    use crate::membership::{Boot, HostedModule, Member, View};

    fn registry() -> Registry {
        let entry: Entry<()> = Entry {
            name: "Arena",
            index: 0,
            object: Some(Arc::new(())),
            limit: None,
            slot_hooks: SlotHooks::default(),
            rows: &[],
            signatures: Vec::new(),
            fake: None,
        };
        Registry::new(vec![(TypeId::of::<()>(), Arc::new(entry) as Arc<dyn AnyEntry>)])
    }

    /// The placements of members of these names, in these states.
    fn placed(members: &[(&str, MemberState)], limit: Option<u32>) -> Placements {
        let members = members.iter().map(|(name, state)| Member {
            state: *state,
            modules: vec![HostedModule { limit, ..HostedModule::new("Arena", 1) }],
            ..Member::new(name.parse().unwrap(), Boot::new(1))
        });
        Placements::of(View::new(members.collect()), &registry(), &Placements::none())
    }

    fn active(names: &[&'static str]) -> Vec<(&'static str, MemberState)> {
        names.iter().map(|name| (*name, MemberState::Active)).collect()
    }

    fn of(me: &str, old: &Placements, new: &Placements) -> Vec<Move> {
        moves(&me.parse().unwrap(), 0, old, new)
    }

    /// Who gets slots of a node, and why.
    fn left(me: &str, old: &Placements, new: &Placements) -> Vec<(String, LeaveCause)> {
        let moves = of(me, old, new).into_iter().filter_map(|one| match one {
            Move::Leaving { to, cause, .. } => Some((to.map_or(String::new(), |to| to.to_string()), cause)),
            Move::Arriving { .. } => None,
        });
        moves.collect()
    }

    #[test]
    fn what_one_gives_the_other_gets() {
        let names = ["a", "b", "c", "d"];
        let (old, new) = (placed(&active(&names[..3]), None), placed(&active(&names), None));
        let mut moved = BTreeSet::new();
        for me in names {
            for one in of(me, &old, &new) {
                let (from, to) = match &one {
                    Move::Arriving { from, .. } => (from.clone(), Some(me.parse().unwrap())),
                    Move::Leaving { to, .. } => (Some(me.parse().unwrap()), to.clone()),
                };
                for slot in one.slots().iter() {
                    // Seen from both ends, so each is there twice and none remains.
                    let pair = (slot, from.clone().unwrap(), to.clone().unwrap());
                    if !moved.remove(&pair) {
                        moved.insert(pair);
                    }
                }
            }
        }
        assert_eq!(moved, BTreeSet::new());
        assert_eq!(of("d", &old, &new).iter().map(|one| one.slots().len()).sum::<usize>(), 1_024);
        assert!(of("a", &new, &new).is_empty());
        assert!(of("x", &old, &new).is_empty(), "who has none neither gets nor gives");
    }

    #[test]
    fn the_first_slots_come_from_nobody_and_the_last_go_to_nobody() {
        let (none, one) = (Placements::none(), placed(&active(&["a"]), None));
        let all: Slots = Slot::all().collect();
        assert_eq!(of("a", &none, &one), [Move::Arriving { slots: all.clone(), from: None }]);
        let drained = placed(&[("a", MemberState::Draining)], None);
        let leaving = Move::Leaving { slots: all, to: None, cause: LeaveCause::Draining };
        assert_eq!(of("a", &one, &drained), [leaving]);
    }

    #[test]
    fn causes_are_what_two_views_show() {
        use MemberState::{Active, Draining, Joining};
        let three = placed(&active(&["a", "b", "c"]), None);
        let of_a = |members: &[(&str, MemberState)], limit| left("a", &three, &placed(members, limit));
        let all = |cause| vec![("b".to_owned(), cause), ("c".to_owned(), cause)];
        assert_eq!(of_a(&[("a", Draining), ("b", Active), ("c", Active)], None), all(LeaveCause::Draining));
        assert_eq!(of_a(&[("a", Joining), ("b", Active), ("c", Active)], None), all(LeaveCause::Fenced));
        assert_eq!(of_a(&[("b", Active), ("c", Active)], None), all(LeaveCause::Fenced));
        let joined = of_a(&active(&["a", "b", "c", "d"]), None);
        assert!(joined.contains(&("d".to_owned(), LeaveCause::Joined)));
        assert!(joined.iter().all(|(to, cause)| (to == "d") == (*cause == LeaveCause::Joined)), "{joined:?}");
        // It had not been active before.
        let joining = placed(&[("a", Active), ("b", Joining)], None);
        let joined = left("a", &joining, &placed(&active(&["a", "b"]), None));
        assert_eq!(joined, [("b".to_owned(), LeaveCause::Joined)]);

        let limited = placed(&active(&["a", "b", "c"]), Some(1));
        let seated = ["a", "b", "c"].into_iter().find(|me| left(me, &three, &limited).is_empty()).unwrap();
        for me in ["a", "b", "c"].into_iter().filter(|me| *me != seated) {
            assert_eq!(left(me, &three, &limited), [(seated.to_owned(), LeaveCause::Limit)]);
        }
        let fewer = left("a", &three, &placed(&active(&["a", "b"]), None));
        assert!(fewer.iter().all(|(_, cause)| *cause == LeaveCause::Balance), "{fewer:?}");
    }
}
