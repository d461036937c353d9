//! Sentence 17: whatever is wrong with a token, whoever sent it is told the same. The reason is in the log.

use std::collections::BTreeSet;

use serde_json::Value;
use shard_runtime::{Error, Node, Secret, Secrets, ShardToken, State, TokenError, sharded_module};

use crate::logs::Logs;

struct Arena(usize);

#[sharded_module]
impl Arena {
    fn players(&self) -> usize {
        self.0
    }
}

struct Lobby(usize);

#[sharded_module]
impl Lobby {
    fn players(&self) -> usize {
        self.0
    }
}

/// What the log says for each reason that the vectors have.
const REASONS: [(&str, &str); 9] = [
    ("Malformed", "it is not a token: the text, its length or its version"),
    ("UnknownKey", "it was signed with a secret that this node does not have, or is forged"),
    ("Mac", "its MAC is wrong: it is forged, of another cluster, or bound to another subject"),
    ("SubjectMissing", "it says that it is bound to a subject, and none was given"),
    ("Unbound", "it says that it is bound to no subject, and one was demanded"),
    ("Module", "it is for another module"),
    ("Expired", "it has expired"),
    ("TooLongLived", "it lives longer than any token may"),
    ("Content", "its MAC is right and its content is not: a node of another version signed it"),
];

fn refusal(node: &Node, vector: &Value) -> TokenError {
    let token = ShardToken::from(vector["token"].as_str().unwrap());
    let state = vector["subject"].as_str().map(|subject| State::new().with_actor(subject));
    let answer = match (vector["module"].as_str(), &state) {
        (Some("Lobby"), None) => node.module::<Lobby>().get_shard(&token).map(drop),
        (None, None) => node.module::<Arena>().get_shard(&token).map(drop),
        (None, Some(state)) => node.module::<Arena>().get_shard_for(state, &token).map(drop),
        other => panic!("{other:?} is not known here"),
    };
    match answer {
        Err(Error::Token(error)) => error,
        other => panic!("{}: {other:?}", vector["name"]),
    }
}

#[tokio::test]
async fn s17_every_refusal_reads_the_same_and_its_reason_is_in_the_log() {
    let (logs, _listens) = Logs::listen();
    let secrets = Secrets::new(Secret::new([1; 32]).unwrap());
    let secrets = secrets.with_previous(Secret::new([2; 32]).unwrap()).unwrap();
    let node = Node::builder("game").secret(secrets).module(Arena(0)).module(Lobby(0)).start().await.unwrap();
    node.ready().await.unwrap();

    let vectors: Value =
        serde_json::from_str(include_str!("../../shard-runtime/src/route/token/vectors.json")).unwrap();
    let mut told = BTreeSet::new();
    let mut first = None;
    for vector in vectors["bad"].as_array().unwrap() {
        let place = logs.len();
        let error = refusal(&node, vector);
        assert_eq!(first.get_or_insert_with(|| error.clone()), &error);
        assert_eq!(
            (error.to_string().as_str(), format!("{error:?}").as_str()),
            ("token refused", "TokenError")
        );
        assert_eq!(format!("{error:#?}"), "TokenError");
        assert!(std::error::Error::source(&error).is_none());
        let whole = Error::from(error);
        assert_eq!(
            (whole.to_string().as_str(), format!("{whole:?}").as_str()),
            ("token refused", "Token(TokenError)")
        );
        assert!(std::error::Error::source(&whole).is_none());

        let lines = logs.lines_from(place, &["a token was refused"]);
        let [line] = lines.as_slice() else { panic!("{}: {lines:?}", vector["name"]) };
        let (reason, text) = REASONS.iter().find(|(_, text)| line.contains(text)).expect(line);
        // A vector that comes at another time than the one it was made for is too early, or too late.
        let timely = vector.get("now").is_none() && vector["reason"] != "Module";
        assert!(!timely || vector["reason"] == *reason, "{}: {text}", vector["name"]);
        assert!(!line.contains(vector["token"].as_str().filter(|token| token.len() > 48).unwrap_or("\0")));
        told.insert(*reason);
    }
    // Of another module are only those that are right in all else, and so not of the year for which vectors are made.
    let ours = node.module::<Arena>().create_shard("arena-42").unwrap();
    let place = logs.len();
    let error = node.module::<Lobby>().get_shard(&ours).map(drop).unwrap_err();
    assert!(matches!(&error, Error::Token(error) if Some(error) == first.as_ref()));
    assert_eq!(logs.lines_from(place, &["a token was refused", REASONS[5].1]).len(), 1);
    told.insert("Module");
    // And of a state without an actor.
    let place = logs.len();
    let error = node.module::<Arena>().get_shard_for(&State::new(), &ours).map(drop).unwrap_err();
    assert!(matches!(&error, Error::Token(error) if Some(error) == first.as_ref()));
    assert_eq!(logs.lines_from(place, &["a token was refused", REASONS[3].1]).len(), 1);

    assert_eq!(told, REASONS.iter().map(|(reason, _)| *reason).collect());
}
