//! The identity of one run of a node.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One run of a node: a random number, drawn at each start.
///
/// A node that comes back under the same name and address is another boot, and refuses calls that were
/// meant for the old one. Shown as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Boot(u64);

impl Boot {
    /// The boot of this number; a new one is to be drawn from the system's random generator.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Boot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Boot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Boot({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_sixteen_digits() {
        assert_eq!(Boot::new(0xbeef).to_string(), "000000000000beef");
        assert_eq!(format!("{:?}", Boot::new(0xbeef)), "Boot(000000000000beef)");
    }
}
