//! The routing hash, and the digests of names.
//!
//! All of it is SipHash-2-4 (Aumasson and Bernstein, 2012) over bytes in the order written here. The
//! keys stand in the source and never rotate, since every node must route alike for ever; they spread
//! the key names that users of a game choose, and are no protection against someone who has read this
//! file and picks names that fall into one slot.
//!
//! The routing hash, byte by byte, for [`ROUTING_VERSION`] 1:
//!
//! ```text
//! hash = SipHash-2-4("shard-routing-01", kind (u8) ‖ length (u32, little-endian) ‖ bytes)
//! slot = hash >> 52                                        one of 4,096
//! ```
//!
//! Which node owns a slot is written down at [`table`](super::table), and at [`seats`](super::seats) for
//! modules with a limit.
//!
//! Kind and bytes are those of a key's written form (0 text, 1 bytes, 2 and 3 integers of eight bytes).
//! The module is not hashed: one key of two modules falls into one slot, so that where the same nodes
//! host both, `arena-42` and the chat of `arena-42` live on one node.

use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use super::key::Key;

/// The version of hash, slot count and placement rule. Nodes of different versions refuse each other.
pub(crate) const ROUTING_VERSION: u16 = 1;

/// How many slots there are.
pub(super) const SLOTS: u16 = 4096;

const ROUTING_KEY: &[u8; 16] = b"shard-routing-01";
const OWNER_KEY: &[u8; 16] = b"shard-owners-001";
const SEAT_KEY: &[u8; 16] = b"shard-seats-0001";
const MODULE_KEY: &[u8; 16] = b"shard-module-001";
const NODE_KEY: &[u8; 16] = b"shard-node-00001";

/// One of the 4,096 parts into which keys fall; a node owns slots, never single keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot(u16);

impl Slot {
    pub(crate) fn of(key: &Key) -> Self {
        // Twelve bits are left, which always fit.
        Self(u16::try_from(key_hash(key) >> 52).unwrap_or_default())
    }

    /// `None` from 4,096 on.
    pub(crate) fn new(number: u16) -> Option<Self> {
        (number < SLOTS).then_some(Self(number))
    }

    pub(crate) fn number(self) -> u16 {
        self.0
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..SLOTS).map(Self)
    }
}

/// The routing hash of a key.
pub(crate) fn key_hash(key: &Key) -> u64 {
    let bytes = key.as_bytes();
    // A key has at most 128 bytes when it is placed; the bound only keeps this total.
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut hasher = SipHasher24::new_with_key(ROUTING_KEY);
    hasher.write(&[key.kind_byte()]);
    hasher.write(&len.to_le_bytes());
    hasher.write(bytes);
    hasher.finish()
}

/// The digest of a node's name from which its [scores](super::rendezvous::score) for slots are drawn:
/// `SipHash-2-4("shard-owners-001", name)`.
pub(super) fn owner_digest(name: &str) -> u64 {
    SipHasher24::new_with_key(OWNER_KEY).hash(name.as_bytes())
}

/// The same for seats: `SipHash-2-4("shard-seats-0001", name)`.
pub(super) fn seat_digest(name: &str) -> u64 {
    SipHasher24::new_with_key(SEAT_KEY).hash(name.as_bytes())
}

/// The digest that stands for a module's name where the name would be too long.
pub(crate) fn module_digest(name: &str) -> u64 {
    SipHasher24::new_with_key(MODULE_KEY).hash(name.as_bytes())
}

/// The digest that stands for a node's name where the name would be too long.
pub(crate) fn node_digest(name: &str) -> u64 {
    SipHasher24::new_with_key(NODE_KEY).hash(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_frozen() {
        for (key, hash, slot) in [
            (Key::from(""), 6_478_906_646_719_199_356, 1438),
            (Key::from("arena-42"), 3_667_833_504_790_042_375, 814),
            (Key::from("x".repeat(128)), 10_671_786_978_350_052_182, 2369),
            (Key::from(b"\xff\x00"), 7_351_818_440_215_921_234, 1632),
            (Key::from(42), 850_970_103_060_319_220, 188),
            (Key::from(-42), 7_480_254_960_857_288_091, 1660),
        ] {
            assert_eq!((key_hash(&key), Slot::of(&key).number()), (hash, slot), "{key:?}");
        }
    }

    #[test]
    fn the_digests_are_frozen() {
        assert_eq!(module_digest("Arena"), 4_355_952_012_657_671_876);
        assert_eq!(node_digest("Arena"), 4_593_305_822_236_591_521);
        assert_eq!(owner_digest("Arena"), 7_564_696_851_401_342_562);
        assert_eq!(seat_digest("Arena"), 13_166_529_103_357_673_787);
    }

    #[test]
    fn the_written_order_is_what_the_docs_say() {
        let input = b"\x00\x08\x00\x00\x00arena-42";
        let hash = SipHasher24::new_with_key(b"shard-routing-01").hash(input);
        assert_eq!(key_hash(&"arena-42".into()), hash);
        assert_eq!(u64::from(Slot::of(&"arena-42".into()).number()), hash >> 52);
    }

    #[test]
    fn keys_spread_over_all_slots() {
        let mut counts = [0_u32; SLOTS as usize];
        for n in 0..409_600 {
            counts[usize::from(Slot::of(&n.into()).number())] += 1;
        }
        assert!(counts.iter().all(|count| (40..180).contains(count)));
    }
}
