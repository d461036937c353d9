//! What routing version 1 is, for ever: if these fail, placement has changed, and nodes of two builds
//! would disagree about every key. They were made by another implementation, from the docs alone.

use super::*;

/// Number of hosts (`node-0` and so on), digest of the table, owners of [`SPOTS`].
#[rustfmt::skip]
const TABLES: [(usize, u64, [usize; 12]); 5] = [
    (1, 1_528_661_886_684_191_792, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    (3, 5_750_142_225_584_916_864, [1, 2, 2, 1, 2, 1, 1, 2, 2, 2, 1, 1]),
    (5, 6_008_826_977_617_505_736, [3, 3, 2, 1, 2, 1, 1, 2, 2, 2, 1, 1]),
    (10, 60_100_460_046_979_419, [3, 8, 9, 9, 5, 1, 1, 2, 2, 9, 1, 5]),
    (50, 4_828_963_760_021_446_804, [3, 23, 28, 9, 31, 18, 26, 0, 12, 23, 1, 27]),
];

/// Number of hosts, limit, digest of the table, who has the first seats.
#[rustfmt::skip]
const SEATS: [(usize, usize, u64, [usize; 3]); 4] = [
    (1, 3, 1_528_661_886_684_191_792, [0, 0, 0]),
    (10, 3, 14_477_778_863_805_575_478, [6, 2, 8]),
    (3, 10, 12_874_543_000_828_199_676, [2, 2, 0]),
    (50, 20, 13_263_591_270_824_262_274, [44, 36, 8]),
];

const SPOTS: [u16; 12] = [0, 1, 2, 3, 5, 100, 1000, 2047, 2048, 3000, 4094, 4095];

/// `SipHash-2-4("shard-tables-001", for each slot the number in the owner's name as u16, little-endian)`.
fn digest(table: &Table<String>) -> u64 {
    let mut hasher = SipHasher24::new_with_key(b"shard-tables-001");
    Slot::all().for_each(|slot| hasher.write(&number(table, slot).to_le_bytes()));
    hasher.finish()
}

fn number(table: &Table<String>, slot: Slot) -> u16 {
    table.owner(slot).unwrap().trim_start_matches("node-").parse().unwrap()
}

fn spots<const N: usize>(table: &Table<String>, slots: [u16; N]) -> [usize; N] {
    slots.map(|slot| number(table, Slot::new(slot).unwrap()).into())
}

#[test]
fn i5_tables_are_frozen() {
    let found = TABLES.map(|(n, ..)| {
        let table = Table::new(names(n));
        (n, digest(&table), spots(&table, SPOTS))
    });
    assert_eq!(found, TABLES);
}

#[test]
fn i5_seats_are_frozen() {
    let found = SEATS.map(|(n, limit, ..)| {
        let table = Table::limited(names(n), limit);
        (n, limit, digest(&table), spots(&table, [0, 1, 2]))
    });
    assert_eq!(found, SEATS);
}
