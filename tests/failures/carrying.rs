//! Types that the encoding cannot carry.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shard_runtime::{Error, sharded_module};

use crate::fixture::{patient, tcp_builder};

/// Untagged: which variant it is can be told only by a format that describes itself.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u32),
    Text(String),
}

#[derive(Serialize, Deserialize)]
struct Inner {
    choice: Untagged,
}

#[derive(Serialize, Deserialize)]
struct Skipping {
    #[serde(flatten)]
    rest: std::collections::BTreeMap<String, u32>,
}

struct TakesJson;

#[sharded_module]
impl TakesJson {
    fn fine(&self) {}
    fn store(&self, _name: &str, _document: Value) {}
}

struct TakesUntagged;

#[sharded_module]
impl TakesUntagged {
    fn choose(&self, _inner: Inner) {}
}

struct GivesFlattened;

#[sharded_module]
impl GivesFlattened {
    fn rest(&self) -> Skipping {
        Skipping { rest: std::collections::BTreeMap::new() }
    }
}

#[tokio::test]
async fn a_node_whose_module_has_a_type_that_cannot_travel_does_not_start_and_says_which() {
    patient(async {
        let new = || tcp_builder("node", [""; 0]);
        for (builder, module, method, parts) in [
            (new().module(TakesJson), "TakesJson", "store", ["_document: Value", "`Value`"]),
            (new().module(TakesUntagged), "TakesUntagged", "choose", ["_inner: Inner", "Untagged"]),
            (new().module(GivesFlattened), "GivesFlattened", "rest", ["result `Skipping`", "Skipping"]),
            (new().client_of::<TakesJson>(), "TakesJson", "store", ["_document: Value", "`Value`"]),
        ] {
            let error = builder.start().await.unwrap_err();
            let text = error.to_string();
            let Error::CannotTravel { module: its_module, method: its_method, .. } = error else {
                panic!("{error:?}");
            };
            assert_eq!((its_module.as_str(), its_method.as_str()), (module, method));
            assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        }
    })
    .await;
}
