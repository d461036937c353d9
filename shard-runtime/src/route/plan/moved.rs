//! What a change moves.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

/// What moves from one [`Plan`](super::Plan) to another; its `Display` is a line for each pair of nodes,
/// the greatest first.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Moved {
    /// How many of the 4,096 slots have another owner.
    pub slots: usize,
    /// The same as a part of all slots, from 0 to 1, and so about the part of all keys.
    pub share: f64,
    /// How many slots go from which node to which; `None` stands for no node at all.
    pub by: BTreeMap<(Option<String>, Option<String>), usize>,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of 4096 slots move ({:.1} %)", self.slots, self.share * 100.0)?;
        let mut by: Vec<_> = self.by.iter().collect();
        by.sort_by_key(|(_, slots)| Reverse(**slots));
        by.into_iter().try_for_each(|((from, to), slots)| {
            let name = |node: &Option<String>| node.clone().unwrap_or_else(|| "no node".to_owned());
            write!(f, "\n{slots:6}  {} → {}", name(from), name(to))
        })
    }
}
