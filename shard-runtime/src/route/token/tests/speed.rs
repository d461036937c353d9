//! What it costs to verify a token, beside the MAC alone: `cargo test --release -p shard-runtime --lib -- --ignored
//! --nocapture what_verifying_costs`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{MODULE, NOW, claims, keys};
use crate::route::hash::module_digest;
use crate::route::token::ShardToken;

const ROUNDS: usize = 7;
const TIMES: u32 = 200_000;

/// The mean of many, in each of some rounds: the least and the median.
fn measured(what: &str, mut run: impl FnMut()) -> Duration {
    let round = |()| {
        let start = Instant::now();
        (0..TIMES).for_each(|_| run());
        start.elapsed() / TIMES
    };
    let mut rounds: Vec<_> = std::iter::repeat_n((), ROUNDS).map(round).collect();
    rounds.sort_unstable();
    let [median, best] = [rounds[ROUNDS / 2], rounds[0]].map(|round| round.as_nanos());
    println!("{what:52} mean {median:>5} ns, of the best round {best:>5} ns");
    rounds[ROUNDS / 2]
}

#[test]
#[ignore = "it measures, and says something only where it was optimised"]
fn what_verifying_costs() {
    let keys = keys(1, "my-game");
    let module = module_digest(MODULE);
    for (kind, key, subject) in [
        ("arena-42", "arena-42".to_owned(), None),
        ("arena-42, bound", "arena-42".to_owned(), Some("alice")),
        ("the longest key, bound", "k".repeat(128), Some("alice")),
    ] {
        let token = keys.mint(&claims(key, subject), NOW).unwrap();
        let text = token.to_string();
        let mut forged = token.as_bytes().to_vec();
        forged[40] ^= 1;
        let forged = ShardToken::from_bytes(&forged);
        // As much as its MAC covers: the label, the header, and what has a length.
        let subject_len = subject.map_or(0, |subject| 8 + subject.len());
        let covered = vec![7; 13 + 32 + 8 + token.as_bytes().len() - 48 + 8 + "my-game".len() + subject_len];
        let set_up = Hmac::<Sha256>::new(&[7; 64].into());

        println!("{kind}: {} bytes, its MAC is over {}", token.as_bytes().len(), covered.len());
        measured("  HMAC-SHA256 of as many bytes, key set up each time", || {
            let mac = Hmac::<Sha256>::new(black_box(&[7; 64].into()));
            black_box(mac.chain_update(black_box(&covered)).finalize());
        });
        measured("  HMAC-SHA256 of as many bytes, key set up once", || {
            black_box(set_up.clone().chain_update(black_box(&covered)).finalize());
        });
        measured("  verify", || {
            assert!(keys.verify(black_box(&token), module, subject, NOW).is_ok());
        });
        measured("  verify a forged one", || {
            assert!(keys.verify(black_box(&forged), module, subject, NOW).is_err());
        });
        measured("  verify, from a client's text", || {
            let token = ShardToken::from(black_box(text.as_str()));
            assert!(keys.verify(&token, module, subject, NOW).is_ok());
        });
    }
}
