//! How many calls wait to start on a node, how long that will last, and who had better not wait at all.

use core::time::Duration;

use tokio::time::Instant;

/// Calls that may wait.
const MOST: usize = 256;

/// Nobody is let in who has to expect a longer wait.
const LONGEST: Duration = Duration::from_millis(100);

/// A thread that has nothing to do takes up a call sooner than that.
const WAKE: Duration = Duration::from_millis(2);

/// Over how many starts the pace is averaged.
const MEMORY: u32 = 16;

/// The calls of blocking methods that wait for a thread, and the pace at which they get one.
///
/// The pool of threads is not ours: it does not say how many there are, others use it too, and its queue has no
/// bound. So all is learnt from when calls start. The pace is the time between two starts while somebody waits, as an
/// average (exponentially weighted, by 1/16); that alone would refuse a few calls that come at once while all threads
/// are idle, so it counts from the last idle thread on. How many threads there are is taken to be the most that ran at
/// a time, until somebody waits although there should be one.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    in_line: usize,
    /// Calls that wait for something else than a thread. They count, but have no pace.
    held: usize,
    /// Calls that have a thread.
    running: usize,
    threads: usize,
    /// Threads that have ended a call while others waited, and are about to take the next one.
    turning: usize,
    pace: Duration,
    /// The last start; or when the first in line came, if that was later. `None` while nobody is in line.
    since: Option<Instant>,
}

impl Waiting {
    /// A call comes, and gets a place in line; unless that is full, or would last too long.
    pub(super) fn join(&mut self, now: Instant) -> bool {
        let may = self.len() < MOST && self.expected(now) <= LONGEST;
        if may {
            self.in_line += 1;
            self.since.get_or_insert(now);
        }
        may
    }

    /// How long a call waits that comes now.
    fn expected(&mut self, now: Instant) -> Duration {
        let Some(since) = self.since else { return Duration::ZERO };
        let waited = now.saturating_duration_since(since);
        if waited > LONGEST {
            // Whatever the pace was, they are stuck.
            return Duration::MAX;
        }
        if waited > WAKE {
            self.threads = self.running;
        }
        let turns = (self.in_line + self.running + 1).saturating_sub(self.threads);
        self.pace.saturating_mul(u32::try_from(turns).unwrap_or(u32::MAX))
    }

    /// The next in line gets a thread.
    pub(super) fn start(&mut self, now: Instant) {
        self.advance(now);
        self.turning = self.turning.saturating_sub(1);
        self.running += 1;
        self.threads = self.threads.max(self.running);
    }

    /// A thread has come to one in line that was given up meanwhile.
    pub(super) fn leave(&mut self, now: Instant) {
        self.advance(now);
        self.turning = self.turning.min(self.in_line);
    }

    fn advance(&mut self, now: Instant) {
        let gap = self.since.map(|since| now.saturating_duration_since(since)).unwrap_or_default();
        // How soon an idle thread wakes up is not the pace of those that are busy.
        if self.turning > 0 || gap > WAKE {
            // No more than that: a pause of the whole process says little of the pace.
            self.pace = (self.pace * (MEMORY - 1) + gap.min(LONGEST)) / MEMORY;
        }
        self.in_line = self.in_line.saturating_sub(1);
        self.since = (self.in_line > 0).then_some(now);
    }

    /// A call gives its thread back.
    pub(super) fn end(&mut self) {
        self.running = self.running.saturating_sub(1);
        self.turning = (self.turning + 1).min(self.in_line);
    }

    /// A call that waits for something else than a thread, if there is a place.
    pub(super) fn hold(&mut self) -> bool {
        let may = self.len() < MOST;
        self.held += usize::from(may);
        may
    }

    /// Such a call waits no more.
    pub(super) fn release(&mut self) {
        self.held = self.held.saturating_sub(1);
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.in_line + self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A pool of so many threads, each of which takes `body` for a call, to which one comes `every` so often.
    struct Pool {
        waiting: Waiting,
        now: Instant,
        /// When each call that runs ends.
        ends: Vec<Instant>,
        threads: usize,
        /// When those in line have come.
        line: std::collections::VecDeque<Instant>,
        longest: Duration,
    }

    impl Pool {
        fn new(threads: usize) -> Self {
            let (waiting, now) = (Waiting::default(), Instant::now());
            Self { waiting, now, ends: Vec::new(), threads, line: [].into(), longest: Duration::ZERO }
        }

        /// Lets some time pass, in steps of 10 µs.
        fn pass(&mut self, time: Duration, body: Duration) {
            let until = self.now + time;
            while self.now < until {
                self.now += MS / 100;
                let before = self.ends.len();
                self.ends.retain(|end| *end > self.now);
                (self.ends.len()..before).for_each(|_| self.waiting.end());
                while self.ends.len() < self.threads
                    && let Some(came) = self.line.pop_front()
                {
                    self.waiting.start(self.now);
                    self.longest = self.longest.max(self.now - came);
                    self.ends.push(self.now + body);
                }
            }
        }

        fn come(&mut self) -> bool {
            let may = self.waiting.join(self.now);
            self.line.extend(may.then_some(self.now));
            may
        }

        /// How many of so many that come at once are let in.
        fn burst(&mut self, calls: usize) -> usize {
            (0..calls).filter(|_| self.come()).count()
        }

        /// One comes every so often; how many are let in.
        fn load(&mut self, calls: usize, every: Duration, body: Duration) -> usize {
            (0..calls)
                .filter(|_| {
                    self.pass(every, body);
                    self.come()
                })
                .count()
        }
    }

    #[test]
    fn nobody_is_refused_while_nothing_is_known_but_for_want_of_places() {
        let mut pool = Pool::new(1);
        assert_eq!(pool.burst(300), MOST);
        assert_eq!(pool.waiting.len(), MOST);
        assert!(!pool.waiting.hold());
    }

    #[test]
    fn what_keeps_up_refuses_nobody() {
        let mut pool = Pool::new(4);
        assert_eq!(pool.load(10_000, MS * 5 / 4, 5 * MS), 10_000);
        assert!(pool.longest < MS, "{:?}", pool.longest);
    }

    #[test]
    fn three_times_as_much_keeps_every_thread_busy_and_nobody_waits_for_much_longer_than_expected() {
        let mut pool = Pool::new(4);
        pool.load(1_000, MS * 5 / 12, 5 * MS);
        pool.longest = Duration::ZERO;
        let let_in = pool.load(12_000, MS * 5 / 12, 5 * MS);
        assert!((3_900..=4_100).contains(&let_in), "{let_in}");
        assert!((80 * MS..120 * MS).contains(&pool.longest), "{:?}", pool.longest);
        assert!(pool.waiting.len() > 60, "there is always something to do: {}", pool.waiting.len());
    }

    #[test]
    fn idle_threads_count_however_slow_it_was_when_there_were_none() {
        let mut pool = Pool::new(4);
        for _ in 0..3 {
            pool.load(100, 10 * MS, 80 * MS);
            pool.pass(1_000 * MS, 80 * MS);
            // About 20 ms between two starts: about five may wait, once all threads have something to do.
            let let_in = pool.burst(300);
            assert!((4 + 4..=4 + 7).contains(&let_in), "{let_in}");
            pool.pass(1_000 * MS, 80 * MS);
        }
    }

    #[test]
    fn threads_that_others_have_taken_do_not_count() {
        let mut pool = Pool::new(100);
        pool.load(1_000, MS, 100 * MS);
        pool.pass(1_000 * MS, 100 * MS);
        pool.threads = 1;
        assert!(pool.burst(2) == 2);
        pool.pass(3 * MS, 100 * MS);
        assert_eq!(pool.burst(1), 1);
        assert_eq!(pool.waiting.threads, 1);
    }

    #[test]
    fn a_stuck_pool_lets_nobody_in_after_100_ms_and_everybody_once_it_moves() {
        let mut pool = Pool::new(4);
        pool.load(2_000, MS * 5 / 4, 5 * MS);
        pool.pass(100 * MS, 5 * MS);
        pool.threads = 0;
        assert_eq!(pool.burst(1), 1);
        pool.pass(100 * MS, 5 * MS);
        assert_eq!(pool.burst(1), 1);
        pool.pass(MS, 5 * MS);
        assert_eq!(pool.burst(10), 0);
        pool.threads = 4;
        pool.pass(10_000 * MS, 5 * MS);
        assert_eq!(pool.load(1_000, MS * 5 / 4, 5 * MS), 1_000);
    }

    #[test]
    fn how_slowly_idle_threads_wake_up_is_no_pace() {
        let mut waiting = Waiting::default();
        let mut now = Instant::now();
        for _ in 0..100 {
            assert!(waiting.join(now));
            now += MS;
            waiting.start(now);
            waiting.end();
        }
        assert_eq!((waiting.pace, waiting.threads), (Duration::ZERO, 1));
    }

    #[test]
    fn another_pace_is_learnt_in_some_starts() {
        let mut pool = Pool::new(4);
        pool.load(2_000, MS, 5 * MS);
        pool.load(200, 10 * MS, 80 * MS);
        assert!((18 * MS..22 * MS).contains(&pool.waiting.pace), "{:?}", pool.waiting.pace);
        pool.pass(1_000 * MS, 80 * MS);
        pool.load(400, MS, 5 * MS);
        assert!(pool.waiting.pace < 2 * MS, "{:?}", pool.waiting.pace);
    }

    #[test]
    fn calls_that_wait_for_something_else_take_places_and_no_time() {
        let mut pool = Pool::new(4);
        assert!((0..200).all(|_| pool.waiting.hold()));
        assert_eq!(pool.burst(300), 56);
        assert!(!pool.waiting.hold());
        pool.waiting.release();
        assert!(pool.waiting.hold());
        (0..200).for_each(|_| pool.waiting.release());
        pool.pass(1_000 * MS, 5 * MS);
        assert_eq!((pool.waiting.len(), pool.waiting.running), (0, 0));
    }

    #[test]
    fn whoever_was_given_up_leaves_the_line_when_a_thread_comes_to_it() {
        let mut waiting = Waiting::default();
        let now = Instant::now();
        assert!(waiting.join(now) && waiting.join(now));
        waiting.leave(now);
        waiting.start(now);
        assert_eq!((waiting.len(), waiting.running), (0, 1));
        waiting.end();
        assert_eq!(waiting.running, 0);
    }
}
