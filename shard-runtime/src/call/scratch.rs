//! A buffer for the one frame that a thread is writing.

use core::cell::Cell;
use core::ops::{Deref, DerefMut};

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What a thread keeps of it.
const KEPT: usize = 128 * 1024;

/// An empty buffer that is the thread's own, so that a small call costs no allocation. It goes back on drop. Whoever
/// makes a call while another one is being encoded has a new one.
#[derive(Debug, Default)]
pub(super) struct Scratch(Vec<u8>);

impl Scratch {
    pub(super) fn take() -> Self {
        Self(SPARE.try_with(Cell::take).unwrap_or_default())
    }
}

impl Deref for Scratch {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let mut bytes = core::mem::take(&mut self.0);
        if bytes.capacity() <= KEPT {
            bytes.clear();
            let _ = SPARE.try_with(|spare| spare.set(bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_and_one_that_is_used_is_not_given_twice() {
        let mut first = Scratch::take();
        first.extend([7; 100]);
        let at = first.as_ptr();
        let second = Scratch::take();
        assert!(second.is_empty() && second.as_ptr() != at);
        drop(second);
        drop(first);
        let third = Scratch::take();
        assert!(third.is_empty() && third.as_ptr() == at);
        let mut large = Scratch::take();
        large.resize(KEPT + 1, 0);
        drop(large);
        assert_eq!(Scratch::take().capacity(), 0);
    }
}
