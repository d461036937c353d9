use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};

/// How long calls took, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Times {
    pub(crate) half: u64,
    pub(crate) most: u64,
    pub(crate) all: u64,
}

impl Times {
    /// The median, the 99th percentile and the longest of these.
    pub(crate) fn of(mut micros: Vec<u64>) -> Self {
        micros.sort_unstable();
        let at = |percent: usize| micros[(micros.len() * percent / 100).min(micros.len() - 1)];
        Self { half: at(50), most: at(99), all: at(100) }
    }
}

/// Says that the machine has nothing else to do, so that times mean something.
const QUIET: &str = "FLOW_QUIET";

/// Whether the times that are to be reached are asserted, and not only said: of optimised code, where it is quiet.
pub(crate) fn asserted() -> bool {
    !cfg!(debug_assertions) && std::env::var_os(QUIET).is_some()
}

/// How often something is done, where it takes so much longer without optimisation.
pub(crate) const MANY: u64 = if cfg!(debug_assertions) { 1 } else { 8 };

/// A number that is larger where somebody has time for more than is said here.
pub(crate) fn set_by(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Those who measure do so one after another.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}
