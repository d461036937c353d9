//! What is printed, and whether it is good enough.

use std::fmt;

use crate::rounds::median;

/// What the ratio of ours to the limit should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    None,
}

#[derive(Default)]
pub(crate) struct Table {
    bad: Vec<String>,
    title: &'static str,
}

/// How much worse than its goal a ratio may be until it is bad: a guard must not fail by the machine's mood.
const SLACK: f64 = 2.0;

impl Table {
    pub(crate) fn head(&mut self, title: &'static str) {
        self.title = title;
        println!("\n{title:44} {:>10} {:>10} {:>8} {:>7}", "limit", "ours", "goal", "ratio");
    }

    /// A part whose columns have other names.
    pub(crate) fn subhead(&self, title: &str, one: &str, other: &str) {
        println!("{title:44} {one:>10} {other:>10} {:>8} {:>7}", "", "");
    }

    /// The figure of each round, the limit's first.
    pub(crate) fn row(&mut self, name: &str, goal: Goal, pairs: impl IntoIterator<Item = (f64, f64)>) {
        let pairs: Vec<_> = pairs.into_iter().collect();
        if pairs.is_empty() {
            println!("{name:44} {:>10}", "unknown");
            return;
        }
        let limit = median(pairs.iter().map(|pair| pair.0));
        let ours = median(pairs.iter().map(|pair| pair.1));
        let ratio = median(pairs.iter().map(|(limit, ours)| ours / limit));
        let [limit_text, ours_text] = [limit, ours].map(figure);
        println!("{name:44} {limit_text:>10} {ours_text:>10} {goal:>8} {ratio:>7.2}");
        if !goal.is_near(ratio) {
            self.bad.push(format!("{}, {name}: {ratio:.2}, and the goal is {goal}", self.title));
        }
    }

    /// A figure that belongs to the row before.
    pub(crate) fn note(&self, name: &str, values: impl IntoIterator<Item = f64>) {
        let name = format!("  {name}");
        println!("{name:44} {:>10}", figure(median(values)));
    }

    /// Whether all are near their goals. What is not is told.
    pub(crate) fn is_good(&self) -> bool {
        for bad in &self.bad {
            eprintln!("worse than {SLACK} times its goal: {bad}");
        }
        self.bad.is_empty()
    }
}

impl Goal {
    fn is_near(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(most) => ratio <= most * SLACK,
            Self::AtLeast(least) => ratio >= least / SLACK,
            Self::None => true,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => f.pad(&format!("<= {most:.2}")),
            Self::AtLeast(least) => f.pad(&format!(">= {least:.2}")),
            Self::None => f.pad("-"),
        }
    }
}

/// Three digits or more.
fn figure(value: f64) -> String {
    match value.abs() {
        value if value < 1.0 => format!("{value:.3}"),
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}
