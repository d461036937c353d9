//! When files are to be read again: what they looked like, and what came of reading them.

use std::mem;
use std::time::{Duration, Instant};

use super::setting::Stamps;

/// How long files rest that could not be used. What was wrong with them may be over without a change to any of them: a
/// certificate becomes valid, a directory can be searched, there are descriptors again.
const AGAIN: Duration = Duration::from_secs(3);

/// What is known of files that are looked at now and then.
#[derive(Debug)]
pub(super) struct Changes {
    /// Of the files whose content is in use.
    in_use: Stamps,
    seen: Stamps,
    failure: Option<Failure>,
}

/// The last attempt to read them, if nothing came of it.
#[derive(Debug)]
struct Failure {
    stamps: Stamps,
    reason: String,
    at: Instant,
}

impl Changes {
    pub(super) fn new(in_use: Stamps) -> Self {
        Self { in_use, seen: in_use, failure: None }
    }

    /// Whether the files are to be read which look like that now.
    pub(super) fn look(&mut self, found: Stamps, now: Instant) -> bool {
        let before = mem::replace(&mut self.seen, found);
        if found == self.in_use {
            self.failure = None;
            return false;
        }
        let rests =
            |failure: &Failure| failure.stamps == found && now.saturating_duration_since(failure.at) < AGAIN;
        // Whoever replaces three files does so one after another: what is read is what has been still for a while.
        before == found && !self.failure.as_ref().is_some_and(rests)
    }

    /// What was seen last is in use.
    pub(super) fn taken(&mut self) {
        self.in_use = self.seen;
        self.failure = None;
    }

    /// What was seen last cannot be used. Whether that is news: not of the same files for the same reason.
    pub(super) fn failed(&mut self, reason: String, now: Instant) -> bool {
        let known = |failure: &Failure| failure.stamps == self.seen && failure.reason == reason;
        let is_news = !self.failure.as_ref().is_some_and(known);
        self.failure = Some(Failure { stamps: self.seen, reason, at: now });
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::super::setting::Stamp;
    use super::*;

    /// Files as they were at one time or another.
    fn version(number: u64) -> Stamps {
        [Some(Stamp { modified: (1, 2), changed: (1, 2), length: 3, inode: number }), None, None]
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn files_are_read_once_they_have_been_still() {
        let now = Instant::now();
        let mut changes = Changes::new(version(1));
        assert!(!changes.look(version(1), now));
        for number in [2, 3, 4] {
            assert!(!changes.look(version(number), now), "somebody is at work on them");
        }
        assert!(changes.look(version(4), now));
        changes.taken();
        assert!(!changes.look(version(4), now), "they are in use");
        assert!(
            !changes.look(version(1), now) && changes.look(version(1), now),
            "those before are others again"
        );
    }

    #[test]
    fn files_that_could_not_be_used_are_read_again_though_they_stay_as_they_are() {
        let begun = Instant::now();
        let mut changes = Changes::new(version(1));
        assert!(!changes.look(version(2), begun) && changes.look(version(2), begun));
        let mut logged = 0;
        for attempt in 0..10 {
            let at = begun + AGAIN * attempt;
            let reason = if attempt < 7 { "permission denied" } else { "too many open files" };
            logged += u32::from(changes.failed(reason.to_owned(), at));
            assert!(!changes.look(version(2), at + seconds(1)), "not all the time");
            assert!(changes.look(version(2), at + AGAIN));
        }
        assert_eq!(logged, 2, "once for each reason");
        changes.taken();
        assert!(!changes.look(version(2), begun + seconds(1_000)));
    }

    #[test]
    fn files_that_change_after_a_failure_are_not_waited_for_and_fail_anew() {
        let now = Instant::now();
        let mut changes = Changes::new(version(1));
        for number in [2, 3] {
            assert!(!changes.look(version(number), now) && changes.look(version(number), now));
            assert!(changes.failed("has expired".to_owned(), now), "of these it is news");
        }
        // Those that are in use are back, and then those that were the last to fail.
        assert!(!changes.look(version(1), now) && !changes.look(version(1), now));
        assert!(!changes.look(version(3), now) && changes.look(version(3), now));
        assert!(changes.failed("has expired".to_owned(), now));
    }
}
