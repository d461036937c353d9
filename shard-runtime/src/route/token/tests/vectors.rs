//! The vectors in `vectors.json`, which were made and are checked elsewhere too, from the guide's page on the wire.

use serde_json::Value;

use crate::route::hash::{module_digest, node_digest};
use crate::route::key::Key;
use crate::route::token::{Claims, ShardToken, TokenError};
use crate::trust::{Secret, Secrets, TokenKeys};

/// What a vector is verified with: its own, or what stands at the top.
struct Circumstances {
    secrets: Vec<Secret>,
    cluster: String,
    module: String,
    subject: Option<String>,
    now: u64,
}

impl Circumstances {
    fn of(all: &Value, vector: &Value) -> Self {
        let field = |name: &str| vector.get(name).unwrap_or(&all["verifier"][name]);
        let text = |name: &str| field(name).as_str().map(str::to_owned);
        let secret = |hex: &Value| Secret::new(super::unhex(hex.as_str().unwrap())).unwrap();
        Self {
            secrets: field("secrets").as_array().unwrap().iter().map(secret).collect(),
            cluster: text("cluster").unwrap(),
            module: text("module").unwrap(),
            subject: text("subject"),
            now: field("now").as_u64().unwrap(),
        }
    }

    fn keys(&self, secrets: &[Secret]) -> TokenKeys {
        let (current, previous) = secrets.split_first().unwrap();
        let add = |all: Secrets, secret: &Secret| all.with_previous(secret.clone()).unwrap();
        TokenKeys::derive(&previous.iter().fold(Secrets::new(current.clone()), add), &self.cluster)
    }

    fn verify(&self, token: &ShardToken) -> Result<Claims<'_>, TokenError> {
        let module = module_digest(&self.module);
        self.keys(&self.secrets).verify(token, module, self.subject.as_deref(), self.now)
    }
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors.json")).unwrap()
}

fn each(all: &Value, kind: &str, check: impl Fn(&str, &ShardToken, &Circumstances, &Value)) -> usize {
    let vectors = all[kind].as_array().unwrap();
    for vector in vectors {
        let token = ShardToken::from(vector["token"].as_str().unwrap());
        check(vector["name"].as_str().unwrap(), &token, &Circumstances::of(all, vector), vector);
    }
    vectors.len()
}

fn key(vector: &Value) -> Key {
    match vector["key"].as_object().unwrap().iter().next().unwrap() {
        (kind, value) if kind == "text" => value.as_str().unwrap().into(),
        (kind, value) if kind == "bytes" => super::unhex(value.as_str().unwrap()).into(),
        (_, value) => value.as_u64().map_or_else(|| value.as_i64().unwrap().into(), Key::from),
    }
}

#[test]
fn good_tokens_say_what_they_said_and_are_made_again_byte_for_byte() {
    let all = vectors();
    let count = each(&all, "good", |name, token, with, vector| {
        let keyed = vector["keyed"].as_bool().unwrap();
        let text = |field: &str| vector[field].as_str().unwrap();
        let expected = Claims {
            module: module_digest(&with.module),
            node: if keyed { 0 } else { node_digest(text("node")) },
            boot: if keyed { 0 } else { u64::from_str_radix(text("boot"), 16).unwrap() },
            expiry: vector["expiry"].as_u64().unwrap(),
            key: key(vector),
            subject: with.subject.as_deref(),
            keyed,
        };
        let claims = with.verify(token).unwrap_or_else(|error| panic!("{name}: {}", error.reason()));
        assert_eq!(claims, expected, "{name}");

        let signer = usize::from(text("signed_by") == "previous");
        let again = with.keys(&with.secrets[signer..]).mint(&expected, expected.expiry).unwrap();
        assert_eq!(&again, token, "{name}");
        assert_eq!(again.to_string(), text("token"), "{name}");
    });
    assert!(count >= 26);
}

#[test]
fn bad_tokens_are_refused_each_for_its_reason() {
    let all = vectors();
    let count = each(&all, "bad", |name, token, with, vector| {
        let error = with.verify(token).map(|claims| format!("{claims:?}")).expect_err(name);
        assert_eq!(format!("{:?}", error.reason()), vector["reason"].as_str().unwrap(), "{name}");
    });
    assert!(count >= 81);
}
