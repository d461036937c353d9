//! Slot → node, by rendezvous hashing (Thaler and Ravishankar, 1996).
//!
//! Each node scores each slot, and the highest score owns it: so a node that leaves gives away its own
//! slots only, and one that joins takes only those that it wins. The names are stable across restarts,
//! and with them the placement.

use std::cmp::Reverse;

use super::hash::{Slot, score};

/// Who owns a slot, as an index into `nodes`; `None` if there are none.
///
/// The answer names the same node in whatever order the nodes are given. Of two equal scores the name
/// that sorts first wins.
pub(crate) fn owner<N: AsRef<str>>(slot: Slot, nodes: &[N]) -> Option<usize> {
    nodes
        .iter()
        .map(AsRef::as_ref)
        .enumerate()
        .max_by_key(|(_, name)| rank(score(slot, name), name))
        .map(|(index, _)| index)
}

/// The highest rank owns the slot.
fn rank(score: u64, name: &str) -> (u64, Reverse<&str>) {
    (score, Reverse(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::key::Key;
    use super::*;

    const NODES: [&str; 5] = ["alpha", "beta", "gamma", "delta", "epsilon"];

    #[test]
    fn owners_are_frozen() {
        let owners: Vec<_> = [0, 1, 2, 3, 100, 1000, 4095]
            .map(|slot| NODES[owner(Slot::new(slot).unwrap(), &NODES).unwrap()])
            .into();
        assert_eq!(owners, ["alpha", "gamma", "epsilon", "epsilon", "beta", "alpha", "delta"]);
        assert_eq!(score(Slot::new(7).unwrap(), "alpha"), 16_481_723_631_718_737_251);
    }

    #[test]
    fn of_equal_scores_the_first_name_wins() {
        assert!(rank(1, "a") > rank(1, "b") && rank(1, "b") > rank(0, "a"));
    }

    #[test]
    fn nobody_owns_a_slot_of_an_empty_cluster() {
        assert_eq!(owner::<&str>(Slot::of(&Key::default()), &[]), None);
    }

    #[test]
    fn m14_a_cluster_of_one_owns_everything() {
        assert!(Slot::all().all(|slot| owner(slot, &["only"]) == Some(0)));
    }

    #[test]
    fn i6_only_the_leavers_slots_move() {
        let moved = Slot::all()
            .filter(|slot| {
                let before = NODES[owner(*slot, &NODES).unwrap()];
                let after = NODES[owner(*slot, &NODES[1..]).unwrap() + 1];
                assert!(before == after || before == NODES[0]);
                before != after
            })
            .count();
        assert!((600..=1040).contains(&moved), "about a fifth of 4,096, but {moved}");
    }

    proptest! {
        #[test]
        fn m1_order_does_not_matter(
            nodes in Just(NODES.to_vec()).prop_shuffle(),
            slot in (0..4096_u16).prop_map(|slot| Slot::new(slot).unwrap()),
        ) {
            prop_assert_eq!(nodes[owner(slot, &nodes).unwrap()], NODES[owner(slot, &NODES).unwrap()]);
        }
    }
}
