//! How much a node wants something: rendezvous hashing (Thaler and Ravishankar, 1996).
//!
//! Each node scores each slot (or seat), by its name alone: so whoever knows the names knows the scores,
//! and a node that comes or goes changes nobody else's.

/// How much the node whose name has this digest wants the `number`th slot or seat.
///
/// The digest is the seed of a `SplitMix64` generator (Steele, Lea and Flood, 2014), and the score for
/// number 0 the first that comes out of it, for number 1 the second, and so on. In 64-bit arithmetic
/// that wraps around:
///
/// ```text
/// z     = digest + (number + 1) × 0x9e3779b97f4a7c15
/// z     = (z ^ (z >> 30)) × 0xbf58476d1ce4e5b9
/// z     = (z ^ (z >> 27)) × 0x94d049bb133111eb
/// score = z ^ (z >> 31)
/// ```
///
/// Names are hashed once, since a table of 200 nodes needs two million scores.
pub(super) fn score(digest: u64, number: u16) -> u64 {
    let z = digest.wrapping_add((u64::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_of_splitmix64() {
        // The first five numbers of the reference implementation for the seed 1234567.
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!([0, 1, 2, 3, 4].map(|number| score(1_234_567, number)), expected);
    }
}
