use super::*;

fn names(n: usize) -> Vec<String> {
    (0..n).map(|n| format!("node-{n}")).collect()
}

#[test]
fn an_explanation_reads_as_one() {
    let plan = Plan::new(["alpha", "beta", "gamma"]);
    assert_eq!(
        plan.explain(261).to_string(),
        "key 261 has the hash 69b73e8a7111047d and falls into slot 1691\n\
         gamma owns it: beta would come first, but has no room beside what it is given before\n  \
           score 3ea6b5efde6dd3fd, 1365 slots  beta\n\
         * score 0e891c9bd9855ddc, 1365 slots  gamma\n  \
           score 000322a026ff471b, 1366 slots  alpha"
    );
    let seated = plan.limit(2).explain("arena-42").to_string();
    assert!(
        seated.contains("slot 814, which belongs to seat 0\nalpha owns it: it comes first\n"),
        "{seated}"
    );
    let nobody = "key 42 has the hash 0bcf40ccd3634bf4 and falls into slot 188\nno node owns it";
    assert_eq!(Plan::new([""; 0]).explain(42).to_string(), nobody);
}

#[test]
fn an_explanation_names_who_was_displaced() {
    let plan = Plan::new(names(10));
    let explained: Vec<_> = (0..500).map(|key| plan.explain(key)).collect();
    for explanation in &explained {
        let first = &explanation.candidates[0];
        assert_eq!(explanation.displaced, explanation.owner.as_ref() != Some(&first.name));
        assert!(explanation.candidates.iter().any(|one| explanation.owner.as_ref() == Some(&one.name)));
        assert!(
            explanation.candidates.len() >= 3 && explanation.candidates.is_sorted_by_key(|one| !one.score)
        );
        assert_eq!(u64::from(explanation.slot), explanation.hash >> 52);
        assert_eq!(plan.owner(explanation.key.clone()), explanation.owner.as_deref());
    }
    let displaced = explained.iter().filter(|explanation| explanation.displaced).count();
    assert!((1..100).contains(&displaced), "{displaced}");
}

#[test]
fn a_limit_shows_the_seat() {
    let plan = Plan::new(names(10)).limit(3);
    let explanation = plan.explain("arena-42");
    assert_eq!(explanation.seat, Some(explanation.slot % 3));
    let seated = plan.names().find(|name| plan.share(name) > 0.0).unwrap();
    assert!((plan.share(seated) - 1.0 / 3.0).abs() < 0.001);
    assert_eq!(plan.names().filter(|name| plan.share(name) > 0.0).count(), 3);
    assert_eq!(plan.names().count(), 10);
}

#[test]
fn without_nodes_or_seats_nobody_owns_a_key() {
    for plan in [Plan::new([""; 0]), Plan::new([""; 0]).limit(3), Plan::new(["alpha"]).limit(0)] {
        assert_eq!(plan.owner("arena-42"), None);
        let explanation = plan.explain("arena-42");
        assert_eq!((explanation.owner, explanation.seat.is_some()), (None, plan.limit == Some(3)));
        assert!(plan.share("alpha").abs() < f64::EPSILON);
    }
}

#[test]
fn a_key_that_is_too_long_is_not_placed() {
    let plan = Plan::new(["alpha"]);
    assert_eq!(plan.owner("x".repeat(128)), Some("alpha"));
    assert_eq!(plan.owner("x".repeat(129)), None);
    let explanation = plan.explain("x".repeat(129));
    assert_eq!((&explanation.owner, explanation.displaced), (&None, false));
    assert!(explanation.to_string().contains("\nno node owns it: the key is too long\n"));
}

#[test]
fn what_moves_is_counted_by_pair() {
    let (one, two, none) = (Plan::new(["alpha"]), Plan::new(["alpha", "beta"]), Plan::new([""; 0]));
    let moved = one.moved(&two);
    assert_eq!((moved.slots, moved.by[&(Some("alpha".into()), Some("beta".into()))]), (2048, 2048));
    assert_eq!(none.moved(&one).by, [((None, Some("alpha".into())), 4096)].into());
    assert_eq!(one.moved(&one).slots, 0);
    assert_eq!(moved.to_string(), "2048 of 4096 slots move (50.0 %)\n  2048  alpha → beta",);
}

#[test]
fn the_same_name_twice_counts_once() {
    assert_eq!(Plan::new(["beta", "alpha", "beta"]).moved(&Plan::new(["alpha", "beta"])).slots, 0);
}
