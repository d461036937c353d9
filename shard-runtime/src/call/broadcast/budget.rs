//! How much the answers of one broadcast may take together.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::wire::Unknown;

/// Counts encoded bytes up to a limit.
pub(super) struct Budget {
    spent: AtomicUsize,
    limit: usize,
}

impl Budget {
    /// What all answers together may take where they are kept until the last one has come.
    pub(super) const OF_REPLIES: usize = 16 * 1024 * 1024;

    pub(super) fn new(limit: usize) -> Self {
        Self { spent: AtomicUsize::new(0), limit }
    }

    /// Takes an answer's bytes; one that does not fit takes nothing, so that a smaller one after it still may.
    pub(super) fn spend(&self, size: usize) -> Result<(), Unknown> {
        let fits = |spent: usize| spent.checked_add(size).filter(|sum| *sum <= self.limit);
        let spent = self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        spent.map(drop).map_err(|spent| Unknown::ReplyTooLarge {
            size: spent.saturating_add(size) as u64,
            limit: self.limit as u64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_takes_nothing() {
        let budget = Budget::new(10);
        assert_eq!(budget.spend(6), Ok(()));
        assert_eq!(budget.spend(5), Err(Unknown::ReplyTooLarge { size: 11, limit: 10 }));
        let most = usize::MAX as u64;
        assert_eq!(budget.spend(usize::MAX), Err(Unknown::ReplyTooLarge { size: most, limit: 10 }));
        assert_eq!(budget.spend(4), Ok(()));
        assert_eq!(budget.spend(0), Ok(()));
        assert!(budget.spend(1).is_err());
    }
}
