//! What may be accepted, and everything that may not.

use proptest::prelude::*;

use super::claims::MAX_LIFETIME;
use super::error::TokenRefusal;
use super::layout::{MAX_EXPIRY, MAX_LEN, MIN_LEN};
use super::*;
use crate::route::hash::{module_digest, node_digest};
use crate::route::key::Key;
use crate::trust::{Secret, Secrets, TokenKeys};

mod forged;
mod speed;
mod vectors;

const NOW: u64 = 1_800_000_000;
const HOUR: u64 = 3600;
const MODULE: &str = "Arena";

fn secret(byte: u8) -> Secret {
    Secret::new([byte; 32]).unwrap()
}

fn keys(byte: u8, cluster: &str) -> TokenKeys {
    TokenKeys::derive(&Secrets::new(secret(byte)), cluster)
}

fn ours() -> TokenKeys {
    keys(1, "game")
}

fn claims(key: impl Into<Key>, subject: Option<&str>) -> Claims<'_> {
    Claims {
        module: module_digest(MODULE),
        node: node_digest("node-a"),
        boot: 0x0123_4567_89ab_cdef,
        expiry: NOW + HOUR,
        key: key.into(),
        subject,
        keyed: false,
    }
}

fn minted(key: impl Into<Key>, subject: Option<&str>) -> ShardToken {
    ours().mint(&claims(key, subject), NOW).unwrap()
}

fn verify<'s>(
    keys: &TokenKeys,
    token: &ShardToken,
    subject: Option<&'s str>,
) -> Result<Claims<'s>, TokenRefusal> {
    keys.verify(token, module_digest(MODULE), subject, NOW).map_err(|error| error.reason())
}

fn accepts(bytes: &[u8]) -> bool {
    let token = ShardToken::from_bytes(bytes);
    verify(&ours(), &token, None).is_ok() || verify(&ours(), &token, Some("alice")).is_ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn all_sorts() -> Vec<ShardToken> {
    vec![
        minted("arena-42", None),
        minted("", Some("alice")),
        minted(-7, None),
        minted(vec![9; 128], Some("alice")),
    ]
}

#[test]
fn m44_what_was_never_a_token_is_refused_with_one_error() {
    let long = "A".repeat(100_000);
    for text in ["", "garbage", "__proto__", "constructor", "null", "🦀", "\0", "====", &long] {
        let json = serde_json::json!({ "id": text }).to_string();
        let token: ShardToken = serde_json::from_str(&json).unwrap();
        assert!(token.as_bytes().is_empty(), "nothing is kept");
        let error = ours().verify(&token, 0, None, NOW).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), format!("{error:?}").as_str()),
            ("token refused", "TokenError")
        );
    }
}

#[test]
fn wrong_circumstances_are_refused() {
    let token = minted("arena-42", None);
    assert_eq!(verify(&keys(1, "other"), &token, None), Err(TokenRefusal::UnknownKey));
    assert_eq!(verify(&keys(2, "game"), &token, None), Err(TokenRefusal::UnknownKey));
    let other_module = ours().verify(&token, module_digest("Lobby"), None, NOW).unwrap_err();
    assert_eq!(other_module.reason(), TokenRefusal::Module);
}

#[test]
fn another_cluster_is_refused_even_under_its_key_id() {
    let token = minted("arena-42", None);
    let other = (0..1000)
        .map(|n| keys(1, &format!("cluster-{n}")))
        .find(|k| k.current().id() == ours().current().id());
    assert_eq!(verify(&other.unwrap(), &token, None), Err(TokenRefusal::Mac));
}

#[test]
fn a_bound_token_is_for_its_subject_alone() {
    let bound = minted("arena-42", Some("alice"));
    assert_eq!(verify(&ours(), &bound, Some("alice")).unwrap().subject, Some("alice"));
    assert_eq!(verify(&ours(), &bound, Some("mallory")), Err(TokenRefusal::Mac));
    assert_eq!(verify(&ours(), &bound, Some("alicf")), Err(TokenRefusal::Mac));
    assert_eq!(verify(&ours(), &bound, Some("")), Err(TokenRefusal::Mac));
    assert_eq!(verify(&ours(), &bound, None), Err(TokenRefusal::SubjectMissing));
    assert_eq!(verify(&ours(), &minted("arena-42", None), Some("alice")), Err(TokenRefusal::Unbound));
    assert_eq!(verify(&ours(), &minted("arena-42", None), Some("")), Err(TokenRefusal::Unbound));
    assert!(verify(&ours(), &minted("arena-42", Some("")), Some("")).is_ok());
}

#[test]
fn a_token_is_accepted_until_thirty_seconds_after_its_expiry() {
    let token = minted("arena-42", None);
    let at = |now| ours().verify(&token, module_digest(MODULE), None, now).map_err(|error| error.reason());
    assert!(at(NOW + HOUR + 30).is_ok());
    assert_eq!(at(NOW + HOUR + 31), Err(TokenRefusal::Expired));
    assert_eq!(at(u64::MAX), Err(TokenRefusal::Expired));
    assert!(at(NOW + HOUR - 24 * HOUR - 30).is_ok(), "made by a clock that is 30 s ahead");
    assert_eq!(at(NOW + HOUR - 24 * HOUR - 31), Err(TokenRefusal::TooLongLived));
    assert_eq!(at(0), Err(TokenRefusal::TooLongLived));
}

#[test]
fn no_token_lives_longer_than_a_day() {
    let forever = Claims { expiry: u64::MAX, ..claims("arena-42", None) };
    let token = ours().mint(&forever, NOW).unwrap();
    assert_eq!(verify(&ours(), &token, None).unwrap().expiry, NOW + 24 * HOUR);
    assert_eq!(expiry_after(NOW, DEFAULT_LIFETIME), NOW + HOUR);
    assert_eq!(expiry_after(NOW, MAX_LIFETIME * 2), NOW + 24 * HOUR);
    let late = ours().mint(&forever, u64::MAX).unwrap();
    let claims = ours().verify(&late, module_digest(MODULE), None, MAX_EXPIRY).unwrap();
    assert_eq!(claims.expiry, MAX_EXPIRY);
}

#[test]
fn rotation_accepts_the_previous_secret_and_not_a_removed_one() {
    let old = keys(1, "game");
    let both = Secrets::new(secret(2)).with_previous(secret(1)).unwrap();
    let both = TokenKeys::derive(&both, "game");
    let new = keys(2, "game");
    let (from_old, from_both) =
        (old.mint(&claims("k", None), NOW).unwrap(), both.mint(&claims("k", None), NOW).unwrap());
    assert!(verify(&both, &from_old, None).is_ok());
    assert!(verify(&new, &from_both, None).is_ok(), "signed with the current one");
    assert_eq!(verify(&new, &from_old, None), Err(TokenRefusal::UnknownKey));
    assert_eq!(verify(&old, &from_both, None), Err(TokenRefusal::UnknownKey));
}

#[test]
fn a_key_that_is_too_long_is_not_signed() {
    assert!(ours().mint(&claims("x".repeat(129), None), NOW).is_err());
}

#[test]
fn m6_a_token_is_an_object_with_exactly_one_field() {
    let token = minted("arena-42", None);
    let json = serde_json::to_value(&token).unwrap();
    assert_eq!(json, serde_json::json!({ "id": token.to_string() }));
    assert_eq!(serde_json::from_value::<ShardToken>(json).unwrap(), token);
    assert_eq!(token.to_string().parse(), Ok(token));
}

#[test]
fn an_object_that_is_no_token_at_all_is_a_type_error() {
    for json in ["{}", "null", "\"text\"", "{\"id\":1}", "{\"id\":null}", "{\"id\":\"\",\"id\":\"\"}", "[]"] {
        assert!(serde_json::from_str::<ShardToken>(json).is_err(), "{json}");
    }
    assert!(serde_json::from_str::<ShardToken>(r#"{"more":[{}],"id":""}"#).is_ok());
}

#[test]
fn no_token_has_two_texts() {
    let token = minted("arena-42", None);
    let text = token.to_string();
    assert_eq!(token.as_bytes().len() % 3, 0, "so that one more byte leaves bits over");
    let longer = ShardToken::from_bytes(&[token.as_bytes(), &[0]].concat()).to_string();
    let loose = longer.strip_suffix('A').unwrap().to_owned() + "B";
    assert!(!longer.is_empty() && ShardToken::from(loose).as_bytes().is_empty());
    for other in
        [text.clone() + "=", text.clone() + "\n", " ".to_owned() + &text, text.replace(['-', '_'], "+")]
    {
        assert!(other == text || ShardToken::from(other).as_bytes().is_empty());
    }
}

#[test]
fn the_longest_token_is_as_long_as_the_docs_say() {
    let token = minted(vec![9; 128], None);
    assert_eq!((token.as_bytes().len(), token.to_string().len()), (MAX_LEN, 236));
    assert_eq!(ShardToken::from(token.to_string()), token);
    assert_eq!(minted("", None).as_bytes().len(), MIN_LEN);
}

#[test]
fn m13_a_token_never_shows_itself() {
    assert_eq!(format!("{:?}", minted("arena-42", None)), "ShardToken(..)");
}

#[test]
fn the_layout_is_frozen() {
    for (token, golden) in all_sorts().iter().zip(GOOD) {
        assert_eq!(hex(token.as_bytes()), golden);
        assert!(accepts(&unhex(golden)));
    }
    assert!(BAD.iter().all(|bad| !accepts(&unhex(bad))));
}

proptest! {
    #[test]
    fn what_was_minted_is_verified(
        module: u64, node: u64, boot: u64,
        life in 0..=24 * HOUR,
        bytes in prop::collection::vec(any::<u8>(), 0..=128),
        subject in prop::option::of(".{0,20}"),
    ) {
        let subject = subject.as_deref();
        let claims = Claims { module, node, boot, expiry: NOW + life, key: bytes.into(), subject, keyed: false };
        let token = ours().mint(&claims, NOW).unwrap();
        prop_assert_eq!(ours().verify(&token, module, subject, NOW).unwrap(), claims);
    }
}

/// The tokens of [`all_sorts`].
const GOOD: [&str; 4] = [
    "01ab00c4be1bd54673733cd0965a7ca8850178efcdab896745230110e0496b00c9fa2507d9bcfe4a74a1a7619ed9f18e006172656e612d3432",
    "01ab01c4be1bd54673733cd0965a7ca8850178efcdab896745230110e0496b00e91e1f0a82450c61abb3e46a259709c600",
    "01ab00c4be1bd54673733cd0965a7ca8850178efcdab896745230110e0496b005e79a1508e4ea42f80095f918f5b969003f9ffffffffffffff",
    "01ab01c4be1bd54673733cd0965a7ca8850178efcdab896745230110e0496b008ea71146b26a7db470066331ca6c48cb010909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909090909",
];

/// A MAC of zeros, and under a MAC that is right: an unknown version, an unknown flag, the bound flag
/// without a subject, a key of bad UTF-8, a key of unknown kind. A header alone, and nothing.
const BAD: [&str; 8] = [
    "01ab00c4be1bd54673733cd0965a7ca8850178efcdab896745230110e0496b0000000000000000000000000000000000006172656e612d3432",
    "02ab00c4be1bd54673733cd0965a7ca8850178efcdab896745230110e0496b00e71de9566ce855a2e6e3da68c63e6786006172656e612d3432",
    "01ab02c4be1bd54673733cd0965a7ca8850178efcdab896745230110e0496b0001f8cc925f332f279d47a99a692d2c9e006172656e612d3432",
    "01ab01c4be1bd54673733cd0965a7ca8850178efcdab896745230110e0496b006bb63e50c4faf5ca27bf296755671aba006172656e612d3432",
    "01ab00c4be1bd54673733cd0965a7ca8850178efcdab896745230110e0496b00263bf165035090d76b822989b2ab14b100ff",
    "01ab00c4be1bd54673733cd0965a7ca8850178efcdab896745230110e0496b00e153b97aa2f3915768950ef4ae1006800461",
    "01ab00c4be1bd54673733cd0965a7ca8850178efcdab896745230110e0496b00c9fa2507d9bcfe4a74a1a7619ed9f18e",
    "",
];
