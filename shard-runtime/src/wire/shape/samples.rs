//! Values to try on types that do not accept every one.

/// How often a place is tried before its type is called opaque. Beyond the longest table neighbours get
/// different samples, for types that want two of them in some order.
pub(super) const TRIES: usize = 2 * TEXTS.len();

const INTEGERS: &[u8] = &[1, 0, 2, 3, 4, 8, 10, 16, 32, 42, 64, 100, 127];
const FLOATS: &[f32] = &[1.0, 0.0, 0.5, -1.0, 100.0];
const CHARS: &[char] = &['a', '0', 'A', ' ', '-'];
const LENGTHS: &[usize] = &[1, 0, 2, 3, 4, 8, 16, 32];
const TEXTS: &[&str] = &[
    "a",
    "0",
    "1",
    "",
    "A",
    "127.0.0.1",
    "::1",
    "127.0.0.1:80",
    "[::1]:80",
    "00000000-0000-4000-8000-000000000000",
    "2026-01-01T00:00:00Z",
    "2026-01-01",
    "00:00:00",
    "1.0.0",
    "http://localhost/",
    "/",
    "a@b.cc",
    "true",
    "en",
    "UTC",
    "EUR",
    "00000000000000000000000000000000",
];
static BYTES: [u8; 64] = [0; 64];
const BYTE_LENGTHS: &[usize] = &[16, 0, 1, 4, 8, 12, 20, 32, 64];

/// Which of the samples: the try, and the place among its neighbours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pick {
    pub(super) attempt: usize,
    pub(super) place: usize,
}

impl Pick {
    pub(super) fn integer(self) -> u8 {
        self.of(INTEGERS)
    }

    pub(super) fn float(self) -> f32 {
        self.of(FLOATS)
    }

    pub(super) fn boolean(self) -> bool {
        self.of(&[true, false])
    }

    pub(super) fn character(self) -> char {
        self.of(CHARS)
    }

    pub(super) fn text(self) -> &'static str {
        self.of(TEXTS)
    }

    pub(super) fn bytes(self) -> &'static [u8] {
        BYTES.get(..self.of(BYTE_LENGTHS)).unwrap_or_default()
    }

    /// How many elements a sequence has.
    pub(super) fn length(self) -> usize {
        self.of(LENGTHS)
    }

    fn of<T: Copy + Default>(self, samples: &[T]) -> T {
        let shift = if self.attempt < TEXTS.len() { 0 } else { self.place };
        let index = self.attempt.saturating_add(shift).checked_rem(samples.len());
        index.and_then(|index| samples.get(index)).copied().unwrap_or_default()
    }
}
