//! What the last share leaves to the next call of the thread, so that a call costs no allocation.

use core::cell::RefCell;
use std::sync::Arc;
use std::thread::LocalKey;

/// What a thread keeps of one kind.
pub(super) type Spares<T> = RefCell<Vec<Arc<T>>>;

/// How many a thread keeps.
const MOST: usize = 64;

/// One that nobody else has, if there is one.
#[inline]
pub(super) fn take<T>(spares: &'static LocalKey<Spares<T>>) -> Option<Arc<T>> {
    spares.try_with(|spares| spares.borrow_mut().pop()).ok().flatten()
}

/// Gives a share back. The last one is emptied by `empty`, now and not when the next call comes, and kept.
pub(super) fn give<T>(spares: &'static LocalKey<Spares<T>>, mut share: Arc<T>, empty: impl FnOnce(&mut T)) {
    // Counted first: almost always there are others, and then it is cheap to find out.
    if Arc::strong_count(&share) != 1 {
        return;
    }
    let Some(alone) = Arc::get_mut(&mut share) else { return };
    empty(alone);
    let _ = spares.try_with(|spares| {
        // What was emptied may have given others back, but that has ended by now.
        let mut spares = spares.borrow_mut();
        if spares.len() < MOST {
            spares.push(share);
        }
    });
}
