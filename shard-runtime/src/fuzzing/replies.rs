//! How a call went, how a stream ended, and why a link was refused.

use super::script::Script;
use crate::wire::handshake::{Refusal, decode_accept};
use crate::wire::outcome::MAX_TEXT;
use crate::wire::stream::{StreamEnd, read_credit, write_credit};
use crate::wire::{Answer, NotStarted, Reply, Unknown};

/// Any bytes are a reply or none; what is read is short enough, is written and read as the same, and never says of a method
/// that ran that it did not start, nor the other way round.
///
/// # Panics
///
/// When that does not hold.
pub fn replies(input: &[u8]) {
    let mut script = Script::new(input);
    let choice = script.u8();
    let body = script.rest();
    match choice % 4 {
        0 => reply(body),
        1 => stream_end(body),
        2 => {
            if let Ok(bytes) = read_credit(body) {
                let mut out = Vec::new();
                write_credit(&mut out, bytes);
                assert!(bytes > 0 && out == body, "credit has one form");
            }
        }
        _ => {
            assert_eq!(decode_accept(body).is_ok(), body.is_empty());
            if let Ok(refusal) = Refusal::decode(body) {
                assert!(refusal.text.len() <= 512 && !refusal.text.contains(char::is_control));
                assert_eq!(Refusal::decode(&refusal.encode()).as_ref(), Ok(&refusal));
                // What it says becomes a part of what is said of others.
                for made in [Refusal::name_taken(&refusal.text, "here:1"), Refusal::duplicate(&refusal.text)]
                {
                    assert!(!made.to_string().contains(char::is_control) && made.text.len() <= 512);
                    assert_eq!(Refusal::decode(&made.encode()), Ok(made));
                }
            }
        }
    }
}

fn reply(body: &[u8]) {
    let Ok(reply) = Reply::read(body) else { return };
    match &reply {
        Reply::Value(bytes) | Reply::Module(bytes) => assert_eq!(bytes.len() + 1, body.len()),
        Reply::Panicked(text) => assert!(text.len() <= MAX_TEXT),
        Reply::NotStarted(reason) => {
            assert_eq!(body[0], 3);
            assert!(texts_of(reason).iter().all(|text| text.len() <= MAX_TEXT), "{reason:?}");
            assert!(!reason.to_string().is_empty());
        }
        Reply::Unknown(reason) => {
            assert_eq!(body[0], 4);
            assert!(unknown_texts(reason).iter().all(|text| text.len() <= MAX_TEXT), "{reason:?}");
        }
    }
    assert_eq!(
        Reply::is_answer(body),
        matches!(reply, Reply::Value(_) | Reply::Module(_) | Reply::Panicked(_)),
        "an answer says that the method ran"
    );
    let mut out = Vec::new();
    reply.write(&mut out).unwrap();
    assert_eq!(Reply::read(&out).as_ref(), Ok(&reply), "it is written and read as the same");
    let answer = Answer::of(7, &reply);
    assert_eq!(*answer.clone().into_body(), *out, "as an answer, too");
    assert_eq!(answer.as_bytes().len(), out.len() + 16);
}

fn stream_end(body: &[u8]) {
    let reply = Reply::read(body);
    let end = StreamEnd::read(body);
    let ends = match reply {
        Ok(Reply::Value(value)) => value.is_empty(),
        Ok(Reply::Panicked(_) | Reply::Unknown(_)) => true,
        _ => false,
    };
    assert_eq!(end.is_ok(), ends, "a stream ends well, in a panic, or unknown");
    if let (Ok(StreamEnd::Unknown(reason)), Ok(Reply::Unknown(same))) = (end, Reply::read(body)) {
        assert_eq!(reason, same);
    }
}

fn texts_of(reason: &NotStarted) -> Vec<&str> {
    match reason {
        NotStarted::NoHost { module } => vec![module],
        NotStarted::NotConnected { detail: text } | NotStarted::WrongOwner { owner: text, .. } => {
            text.as_deref().into_iter().collect()
        }
        NotStarted::UnknownMethod { module, method } | NotStarted::Incompatible { module, method, .. } => {
            vec![module, method]
        }
        NotStarted::CannotEncode(text) | NotStarted::CannotDecode(text) | NotStarted::Refused(text) => {
            vec![text]
        }
        _ => Vec::new(),
    }
}

fn unknown_texts(reason: &Unknown) -> Vec<&str> {
    match reason {
        Unknown::Undecodable(text) | Unknown::CannotEncodeReply(text) => vec![text],
        _ => Vec::new(),
    }
}
