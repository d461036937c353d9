//! Tokens, as clients send them.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use serde::Deserialize as _;
use serde::de::value::{Error as ValueError, MapDeserializer};

use super::script::Script;
use crate::route::hash::{module_digest, node_digest};
use crate::route::token::{Claims, TokenError};
use crate::route::{Key, ShardToken};
use crate::trust::{Secret, Secrets, TokenKeys, length};
use crate::wire::{Codec as _, Limits, Wire};

const NOW: u64 = 1_800_000_000;
const HOUR: u64 = 3600;

static MODULE: LazyLock<u64> = LazyLock::new(|| module_digest("Arena"));
static NODE: LazyLock<u64> = LazyLock::new(|| node_digest("node-a"));
static KEYS: LazyLock<TokenKeys> = LazyLock::new(|| {
    let secret = |byte| Secret::new([byte; 32]).unwrap();
    TokenKeys::derive(&Secrets::new(secret(3)).with_previous(secret(4)).unwrap(), "game")
});

/// Any text is a token or none, a token has one text, and none is accepted that was not minted: with any bytes changed, for
/// another module, for another subject, or after its time.
///
/// # Panics
///
/// When that does not hold.
pub fn token(input: &[u8]) {
    let mut script = Script::new(input);
    match script.u8() % 4 {
        0 => any_text(&String::from_utf8_lossy(script.rest())),
        1 => any_text(&URL_SAFE_NO_PAD.encode(script.rest())),
        2 => claims_that_are_signed(&mut script),
        _ => minted(&mut script),
    }
}

fn any_text(text: &str) {
    let token = ShardToken::from(text);
    let shown = token.to_string();
    assert!(shown.is_empty() || shown == text, "a token has one text");
    assert!(shown.len() <= 236);
    assert_eq!(ShardToken::from(shown.as_str()), token);
    assert_eq!((ShardToken::from(&text.to_owned()), text.parse()), (token.clone(), Ok(token.clone())));
    assert_eq!(format!("{token:?}"), "ShardToken(..)", "nothing of it is in a log");
    as_serde_has_it(text, &token);
    for subject in [None, Some(""), Some("alice")] {
        let accepted = KEYS.verify(&token, *MODULE, subject, NOW);
        assert!(accepted.is_err(), "nobody minted this: {accepted:?}");
        let (refused, other) = (accepted.unwrap_err(), TokenError::no_subject());
        let texts = (refused.to_string(), format!("{refused:?}"));
        assert_eq!(texts, (other.to_string(), format!("{other:?}")), "one refusal reads like the next");
        assert_eq!(refused, other);
    }
}

/// The same in an object with one field, and as bytes.
fn as_serde_has_it(text: &str, token: &ShardToken) {
    let object = |fields: &[(&'static str, &str)]| {
        let fields = MapDeserializer::<_, ValueError>::new(fields.iter().copied());
        ShardToken::deserialize(fields)
    };
    assert_eq!(object(&[("id", text)]).as_ref(), Ok(token));
    assert_eq!(object(&[("more", text), ("id", text)]).as_ref(), Ok(token), "more fields do no harm");
    assert!(object(&[("id", text), ("id", text)]).is_err(), "two ids");
    assert!(object(&[("more", text)]).is_err(), "no id");
    let mut bytes = Vec::new();
    Wire::encode(token, &mut bytes, &Limits::default()).unwrap();
    assert_eq!(Wire::decode(&bytes, &Limits::default()).as_ref(), Ok(token));
    // Any bytes as they may come between nodes.
    if let Ok(other) = Wire::decode::<ShardToken>(text.as_bytes(), &Limits::default()) {
        assert!(other.to_string().len() <= 236);
    }
}

/// What a node of another version may have signed: any header under a MAC that is right.
fn claims_that_are_signed(script: &mut Script<'_>) {
    let subject = ((script.u8() & 1) == 1).then_some("alice");
    let mut bytes = script.rest().to_vec();
    if bytes.len() < 48 {
        return;
    }
    bytes[1] = KEYS.current().id();
    let (signed, key) = (&bytes[..32], &bytes[48..]);
    let (key_len, cluster_len) = (length(key), length(b"game"));
    let mut covered = vec![b"shard 1 token", signed, &key_len, key, &cluster_len, b"game"];
    let subject_len = length(subject.unwrap_or_default().as_bytes());
    if let Some(subject) = subject {
        covered.extend([&subject_len[..], subject.as_bytes()]);
    }
    let mac = KEYS.current().sign(&covered);
    bytes[32..48].copy_from_slice(&mac);
    let token = ShardToken::from(URL_SAFE_NO_PAD.encode(&bytes));
    if let Ok(claims) = KEYS.verify(&token, *MODULE, subject, NOW) {
        assert!(claims.module == *MODULE && claims.subject == subject && bytes[0] == 1);
        assert!(claims.expiry + 30 >= NOW && claims.expiry <= NOW + 24 * HOUR + 30, "its time");
        assert_eq!(bytes[2] & !3, 0, "an unknown flag");
        assert!(!claims.keyed || (claims.node, claims.boot) == (0, 0));
        let again = KEYS.mint(&claims, NOW).unwrap();
        assert!(again == token || claims.expiry > NOW + 24 * HOUR, "claims have one written form");
    }
}

fn minted(script: &mut Script<'_>) {
    let choice = script.u8();
    let subject = ["alice", "bob", ""].get(usize::from(choice & 3)).copied();
    let keyed = choice & 4 != 0;
    let boot = if keyed { 0 } else { script.u64() };
    let lifetime = u64::from(script.u16());
    let len = usize::from(script.u8());
    let key = script.take(len);
    let key = match choice >> 3 & 3 {
        0 => Key::from(key),
        1 => Key::from(String::from_utf8_lossy(key).into_owned()),
        2 => Key::from(boot),
        _ => Key::from(boot.cast_signed()),
    };
    let claims = Claims {
        module: *MODULE,
        node: if keyed { 0 } else { *NODE },
        boot,
        expiry: NOW + lifetime,
        key,
        subject,
        keyed,
    };
    let Ok(token) = KEYS.mint(&claims, NOW) else {
        assert!(claims.key.check().is_err(), "only a key that is too long is not signed");
        return;
    };
    let verify = |token: &ShardToken, module, subject, now| KEYS.verify(token, module, subject, now);
    assert_eq!(verify(&token, *MODULE, subject, NOW).unwrap(), claims);
    for other in [None, Some("alice"), Some("bob"), Some("")] {
        let accepted = verify(&token, *MODULE, other, NOW).is_ok();
        assert_eq!(accepted, other == subject, "for {other:?}, and is bound to {subject:?}");
    }
    assert!(verify(&token, *MODULE ^ 1, subject, NOW).is_err(), "another module");
    assert!(verify(&token, *MODULE, subject, NOW + lifetime + 31).is_err(), "it has expired");

    let mut bytes = URL_SAFE_NO_PAD.decode(token.to_string()).unwrap();
    let (how, at, value) = (script.u8(), usize::from(script.u16()), script.u8());
    match how % 3 {
        0 => {
            let at = at % bytes.len();
            bytes[at] ^= value.max(1);
        }
        1 => bytes.truncate(at % bytes.len()),
        _ => bytes.extend(std::iter::repeat_n(value, 1 + at % 64)),
    }
    let forged = ShardToken::from(URL_SAFE_NO_PAD.encode(&bytes));
    for subject in [None, Some("alice"), Some("bob"), Some("")] {
        assert!(verify(&forged, *MODULE, subject, NOW).is_err(), "it was changed, and is accepted");
    }
}
