//! Everything that is tried on a hundred tokens, and what was never one.

use super::{HOUR, MODULE, NOW, secret};
use crate::route::hash::{module_digest, node_digest};
use crate::route::key::Key;
use crate::route::token::layout::{MAX_LEN, MIN_LEN};
use crate::route::token::{Claims, ShardToken};
use crate::trust::{Secrets, TokenKeys};

/// How many random strings are tried, if not `TOKEN_RANDOM_STRINGS` says it. `.ci/run --long` tries ten million.
const STRINGS: u64 = 100_000;

/// Numbers that are random enough here, and the same in every run: a linear generator (Knuth's MMIX).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next()).unwrap() % bound
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// One that is good, and for whom.
struct Good {
    token: ShardToken,
    subject: Option<String>,
}

/// A verifier, and how often it was asked and said yes.
struct Verifier {
    keys: TokenKeys,
    asked: u64,
    accepted: u64,
}

impl Verifier {
    fn new() -> Self {
        let secrets = Secrets::new(secret(1)).with_previous(secret(2)).unwrap();
        Self { keys: TokenKeys::derive(&secrets, "game"), asked: 0, accepted: 0 }
    }

    fn accepts(&self, token: &ShardToken, module: &str, subject: Option<&str>, now: u64) -> bool {
        self.keys.verify(token, module_digest(module), subject, now).is_ok()
    }

    /// Counts it; both as a bound token of that subject, if there is one, and as an unbound one.
    fn tries(&mut self, bytes: &[u8], subject: Option<&str>) {
        let token = ShardToken::from_bytes(bytes);
        let subjects = [None].into_iter().chain(subject.map(Some));
        self.asked += 1;
        self.accepted += u64::from(subjects.into_iter().any(|it| self.accepts(&token, MODULE, it, NOW)));
    }
}

/// Of all kinds of keys and all lengths, bound and not, keyed and not, of the current secret and the previous one.
fn hundred(secrets: [u8; 2], cluster: &str) -> Vec<Good> {
    let keys = secrets.map(|byte| TokenKeys::derive(&Secrets::new(secret(byte)), cluster));
    let mint = |n: u8| {
        let number = u64::from(n);
        let key: Key = match n % 4 {
            0 => "k".repeat(usize::from(n) * 128 / 96).into(),
            1 => vec![n; usize::from(n) * 128 / 97].into(),
            2 => (number << (n % 57)).into(),
            _ => (-1 - i64::from(n)).into(),
        };
        let subject = n.is_multiple_of(3).then(|| format!("player-{n}"));
        let keyed = n.is_multiple_of(5);
        let (node, boot) = if keyed { (0, 0) } else { (node_digest("node-a"), number << 32 | 1) };
        let claims = Claims {
            module: module_digest(MODULE),
            node,
            boot,
            expiry: NOW + 1 + number * 36,
            key,
            subject: subject.as_deref(),
            keyed,
        };
        let token = keys[usize::from(n) % 2].mint(&claims, NOW).unwrap();
        Good { token, subject }
    };
    (0..100).map(mint).collect()
}

#[test]
fn of_a_hundred_tokens_nothing_that_was_changed_is_accepted() {
    let mut verifier = Verifier::new();
    let good = hundred([1, 2], "game");
    let lengths: Vec<_> = good.iter().map(|good| good.token.as_bytes().len()).collect();
    assert!(lengths.contains(&MAX_LEN) && lengths.contains(&MIN_LEN));
    for Good { token, subject } in &good {
        let (bytes, subject) = (token.as_bytes(), subject.as_deref());
        assert!(verifier.accepts(token, MODULE, subject, NOW));
        let mut changed = bytes.to_vec();
        for bit in 0..bytes.len() * 8 {
            changed[bit / 8] ^= 1 << (bit % 8);
            verifier.tries(&changed, subject);
            changed[bit / 8] ^= 1 << (bit % 8);
        }
        for len in 0..bytes.len() {
            verifier.tries(&bytes[..len], subject);
            verifier.tries(&bytes[bytes.len() - len..], subject);
        }
        for more in 1..=64 {
            for fill in [0, 0xff, b'A'] {
                verifier.tries(&[bytes, &vec![fill; more]].concat(), subject);
                verifier.tries(&[&vec![fill; more], bytes].concat(), subject);
            }
            verifier.tries(&[bytes, &bytes[..more.min(bytes.len())]].concat(), subject);
        }
    }
    let Verifier { asked, accepted, .. } = verifier;
    println!("{asked} tokens that were changed, {accepted} accepted");
    assert!(asked > 100_000);
    assert_eq!(accepted, 0);
}

#[test]
fn of_a_hundred_tokens_none_is_accepted_in_other_circumstances() {
    let verifier = Verifier::new();
    let good = hundred([1, 2], "game");
    for Good { token, subject } in &good {
        let subject = subject.as_deref();
        assert!(verifier.accepts(token, MODULE, subject, NOW));
        assert!(!verifier.accepts(token, "Lobby", subject, NOW), "another module");
        assert!(!verifier.accepts(token, "arena", subject, NOW), "another module");
        assert!(!verifier.accepts(token, MODULE, subject, NOW + HOUR + 31), "expired");
        for other in [Some("mallory"), Some(""), Some("player-"), None] {
            assert!(other == subject || !verifier.accepts(token, MODULE, other, NOW), "{other:?}");
        }
    }
    for Good { token, subject } in hundred([3, 4], "game").iter().chain(&hundred([1, 2], "other")) {
        let subject = subject.as_deref();
        assert!(!verifier.accepts(token, MODULE, subject, NOW), "another secret, or another cluster");
        for key_id in 0..=255 {
            let mut bytes = token.as_bytes().to_vec();
            bytes[1] = key_id;
            assert!(!verifier.accepts(&ShardToken::from_bytes(&bytes), MODULE, subject, NOW));
        }
    }
}

#[test]
fn no_random_string_is_accepted() {
    let said = std::env::var("TOKEN_RANDOM_STRINGS").ok();
    let strings = said.map_or(STRINGS, |said| said.parse().expect("TOKEN_RANDOM_STRINGS is a number"));
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut verifier = Verifier::new();
    let good = hundred([1, 2], "game");
    let mut random = Random(42);
    let mut of_a_length = 0_u64;
    for n in 0..strings {
        let Good { token, subject } = &good[random.below(good.len())];
        let subject = subject.as_deref();
        if n.is_multiple_of(4) {
            // As a client sends it.
            let text: String =
                (0..random.below(250)).map(|_| char::from(alphabet[random.below(64)])).collect();
            let token = ShardToken::from(text);
            of_a_length += u64::from(!token.as_bytes().is_empty());
            verifier.tries(token.as_bytes(), subject);
            continue;
        }
        let mut bytes = token.as_bytes().to_vec();
        of_a_length += 1;
        match n % 4 {
            // The right beginning and a length that may be, and nothing else.
            1 => bytes[2..].fill_with(|| random.byte()),
            // All of it, and a guess at the MAC.
            2 => bytes[32..48].fill_with(|| random.byte()),
            // All of it, and something else from some place on.
            _ => {
                let from = random.below(bytes.len());
                bytes[from..].fill_with(|| random.byte());
            }
        }
        if bytes != token.as_bytes() {
            verifier.tries(&bytes, subject);
        }
    }
    let Verifier { asked, accepted, .. } = verifier;
    println!("{asked} random strings, {of_a_length} of a token's length, {accepted} accepted");
    assert!(asked > strings * 9 / 10 && of_a_length > strings / 2);
    assert_eq!(accepted, 0);
}
