//! Who was refused of late: whoever knocks again and again is spoken of once.

use core::time::Duration;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use tokio::time::Instant;

use super::inner::lock;
use crate::wire::handshake::{Refusal, RefusalCode};

/// So many are remembered. While there are as many, no other is spoken of: what a stranger says of itself is part
/// of the reason, and must not fill the log.
const MOST: usize = 64;

/// One that has not come again for so long is spoken of again when it does.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);

/// From where, and why.
type Refused = (Option<IpAddr>, RefusalCode, String);

/// When each was refused last.
#[derive(Default)]
pub(super) struct Refusals(Mutex<HashMap<Refused, Instant>>);

impl Refusals {
    /// Whether it is to be spoken of.
    pub(super) fn is_news(&self, from: Option<IpAddr>, refusal: &Refusal, now: Instant) -> bool {
        let mut known = lock(&self.0);
        known.retain(|_, last| now.saturating_duration_since(*last) < FORGOTTEN_AFTER);
        let refused = (from, refusal.code, refusal.text.clone());
        let is_known = known.contains_key(&refused);
        if is_known || known.len() < MOST {
            known.insert(refused, now);
            return !is_known;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(name: usize) -> Refusal {
        Refusal::new(RefusalCode::Secret, format!("node {name} has another secret"))
    }

    #[test]
    fn it_is_news_once_and_again_when_it_was_forgotten() {
        let refusals = Refusals::default();
        let here = Some([192, 0, 2, 1].into());
        let mut now = Instant::now();
        let mut is_news = |from, refusal: &Refusal, later: Duration| {
            now += later;
            refusals.is_news(from, refusal, now)
        };
        assert!(is_news(here, &refusal(1), Duration::ZERO));
        for _ in 0..10 {
            assert!(!is_news(here, &refusal(1), FORGOTTEN_AFTER / 2), "it comes again and again");
        }
        assert!(is_news(None, &refusal(1), Duration::ZERO), "from elsewhere");
        assert!(is_news(here, &refusal(2), Duration::ZERO), "for another reason");
        let same_text = Refusal::new(RefusalCode::Cluster, refusal(1).text);
        assert!(is_news(here, &same_text, Duration::ZERO), "of another kind");
        assert!(is_news(here, &refusal(1), FORGOTTEN_AFTER));
    }

    #[test]
    fn names_that_a_stranger_makes_up_do_not_fill_the_log() {
        let refusals = Refusals::default();
        let now = Instant::now();
        let told = |now| (0..1_000).filter(|name| refusals.is_news(None, &refusal(*name), now)).count();
        assert_eq!(told(now), MOST);
        assert_eq!(lock(&refusals.0).len(), MOST);
        assert_eq!(told(now), 0);
        assert_eq!(told(now + FORGOTTEN_AFTER), MOST);
    }
}
