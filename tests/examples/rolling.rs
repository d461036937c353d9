//! `examples/rolling`: five processes that are restarted one by one while they are called.

use crate::program::Setup;

/// The numbers of a line of the summary: made, ok, refused, unknown, lost, ran twice, untrue.
fn numbers(line: &str) -> Vec<u64> {
    line.split([' ', ':', ',']).filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn a_rolling_restart_loses_nothing_and_runs_nothing_twice() {
    let mut rolling = Setup::new("rolling").word("--short").start();
    let verdict = rolling.line(" restarts in ").text;
    assert!(verdict.starts_with("nothing was lost: 5 restarts in "), "{verdict}");
    let exit: f64 = verdict.rsplit(' ').nth(1).unwrap().parse().unwrap();
    assert!(exit > 0.5 && exit <= 15.0, "it has waited for its sessions, and no longer: {verdict}");

    let keyed = rolling.line("keyed calls: ").text;
    let [made, ok, rest @ ..] = numbers(&keyed).try_into().unwrap_or([0; 7]);
    assert!(made > 1_000 && made == ok, "{keyed}");
    assert_eq!(rest, [0; 5], "{keyed}");
    let sessions = rolling.line("session calls: ").text;
    let [made, ok, _refused, unknown, lost, twice, untrue] = numbers(&sessions).try_into().unwrap_or([0; 7]);
    assert!(made > 500 && ok > 500, "{sessions}");
    assert_eq!([unknown, lost, twice, untrue], [0; 4], "{sessions}");

    for name in ["ada", "ben", "cid", "dot", "eve"] {
        let line = rolling.line(&format!("{name} ")).text;
        let columns: Vec<_> = line.split('|').collect();
        // A fifth of a thousand keys, and what little more keeps the balance.
        let moved = numbers(columns[3]);
        assert!(moved.iter().all(|keys| (150..=260).contains(keys)), "{line}");
    }
    assert!(rolling.wait().success());
}

#[test]
fn mistakes_are_answered_with_what_to_do() {
    for (word, answer) in [("--fast", "no option `--fast`"), ("--rate", "needs a number")] {
        let failure = Setup::new("rolling").word(word).start().failure();
        assert!(failure.contains(answer) && failure.contains("usage:"), "{failure}");
    }
}
