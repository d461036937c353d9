//! Bugs that are put in to see that they are found. They are in a build with `--cfg planted_bug` only, and there at most
//! one at a time: the one that `PLANTED_BUG` names.

use std::sync::LazyLock;

static NAME: LazyLock<String> = LazyLock::new(|| std::env::var("PLANTED_BUG").unwrap_or_default());

/// Whether the bug of this target is in.
pub(crate) fn is_planted(target: &str) -> bool {
    *NAME == target
}
