//! How much is asked of a socket at a time.

/// Of a link on which little comes. Such links may be many, and what is asked for is memory that each of them holds; it is
/// some ten small calls.
const LEAST: usize = 1024;

/// The most. A frame that begins in one buffer and ends in another is copied, and with longer ones there are fewer of
/// these.
const MOST: usize = 128 * 1024;

/// So much as came of late: twice as much after a read that left no room, half as much after one that left most of it.
#[derive(Debug)]
pub(super) struct Appetite(usize);

impl Appetite {
    pub(super) fn new() -> Self {
        Self(LEAST)
    }

    /// Bytes to ask for, where so many are missing of a frame that has begun to come.
    pub(super) fn bytes_for(&self, missing: usize) -> usize {
        self.0.max(missing.min(MOST))
    }

    /// Notes that there was room for so many bytes, and so many came.
    pub(super) fn note(&mut self, room: usize, came: usize) {
        if came == room {
            self.0 = MOST.min(2 * self.0);
        } else if came < room / 4 {
            self.0 = LEAST.max(self.0 / 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_with_what_comes_and_shrinks_without() {
        let mut appetite = Appetite::new();
        let mut seen = vec![];
        for came in [LEAST, 2 * LEAST, 100, MOST, 100] {
            for _ in 0..10 {
                let room = appetite.bytes_for(0);
                appetite.note(room, came.min(room));
            }
            seen.push(appetite.bytes_for(0));
        }
        assert_eq!(seen, [2 * LEAST, 4 * LEAST, LEAST, MOST, LEAST]);
        assert_eq!(
            [1, 2 * LEAST, 2 * MOST].map(|missing| appetite.bytes_for(missing)),
            [LEAST, 2 * LEAST, MOST]
        );
    }
}
