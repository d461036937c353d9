//! The figures that the placement was chosen by.

use super::*;

const KEYS: u32 = 1_000_000;

/// How many of a million keys are in each slot.
fn keys_by_slot() -> Vec<u32> {
    let mut keys = vec![0; SLOTS.into()];
    for key in 0..KEYS {
        let slot = Slot::of(&Key::from(format!("arena-{key}")));
        keys[usize::from(slot.number())] += 1;
    }
    keys
}

fn greatest(table: &Table<String>, keys: &[u32]) -> u32 {
    let of = |host| Slot::all().filter(move |slot| table.owner(*slot) == Some(host));
    let count = |host| of(host).map(|slot| keys[usize::from(slot.number())]).sum::<u32>();
    table.owners().iter().map(count).max().unwrap()
}

fn keys_moved(before: &Table<String>, after: &Table<String>, keys: &[u32]) -> f64 {
    let moved = Slot::all().filter(|slot| before.owner(*slot) != after.owner(*slot));
    f64::from(moved.map(|slot| keys[usize::from(slot.number())]).sum::<u32>()) / f64::from(KEYS)
}

#[test]
fn m3_i6_a_million_keys_are_balanced_and_move_little() {
    let keys = keys_by_slot();
    for (n, most) in [(3, 1.02), (10, 1.02), (20, 1.02), (50, 1.05), (100, 1.07), (200, 1.10)] {
        let hosts = names(n + 1);
        let (many, few) = (Table::new(hosts.clone()), Table::new(hosts[..n].to_vec()));
        let share = f64::from(u32::try_from(n).unwrap());
        let balance = f64::from(greatest(&few, &keys)) * share / f64::from(KEYS);
        let join = keys_moved(&few, &many, &keys);
        let leavers = (0..n).step_by(n.div_ceil(4)).map(|at| Table::new(without(&hosts[..n], at)));
        let leave = leavers.map(|fewer| keys_moved(&few, &fewer, &keys)).fold(0.0, f64::max);
        let ideal = (100.0 / share, 100.0 / (share + 1.0));
        println!(
            "{n:3} nodes: max/mean {balance:.4}; leave {:.2} % (ideal {:.2}), join {:.2} % (ideal {:.2})",
            leave * 100.0,
            ideal.0,
            join * 100.0,
            ideal.1,
        );
        assert!(balance <= most, "{n} nodes: {balance}");
        assert!(leave <= 1.0 / share + 0.02 && join <= 1.0 / (share + 1.0) + 0.02, "{n}: {leave} {join}");
    }
}

#[test]
fn a_death_among_three_seats_of_ten_hosts_moves_one_seat() {
    let hosts = names(10);
    let before = Table::limited(hosts.clone(), 3);
    assert_eq!(counts(&before).len(), 3);
    for (at, dead) in hosts.iter().enumerate() {
        let after = Table::limited(without(&hosts, at), 3);
        let (all, others) = moved(&before, &after, dead);
        let seated = before.owners().contains(dead);
        assert!(others == 0 && all <= if seated { 1366 } else { 0 }, "{dead}: {all}");
    }
}

#[test]
fn seats_of_living_hosts_seldom_move() {
    let mut more = 0;
    for cluster in 0..100 {
        let hosts: Vec<_> = (0..10).map(|host| format!("{cluster}-{host}")).collect();
        let before = Table::limited(hosts.clone(), 3);
        let deaths = hosts.iter().enumerate().map(|(at, dead)| (without(&hosts, at), dead));
        more += deaths
            .filter(|(left, dead)| moved(&before, &Table::limited(left.clone(), 3), dead).1 > 0)
            .count();
    }
    println!("{more} deaths of 300 that had a seat moved more than that seat");
    assert!(more <= 6);
}

#[test]
fn a_singleton_lives_on_one_host_and_moves_only_when_that_dies() {
    let hosts = names(10);
    let table = Table::limited(hosts.clone(), 1);
    let [owner] = table.owners() else { panic!("{:?}", table.owners()) };
    for (at, dead) in hosts.iter().enumerate() {
        let left = Table::limited(without(&hosts, at), 1);
        assert_eq!(left.owners() == [owner.clone()], dead != owner);
    }
}
