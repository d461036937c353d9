//! Call heads and replies.

use std::borrow::Cow;

use proptest::prelude::*;

use crate::wire::call::{CallHead, MAX_ACTOR, MAX_DATA, MAX_KEY, MAX_TRACE, Owner};
use crate::wire::outcome::{MAX_TEXT, NotStarted, Unknown, truncated};
use crate::wire::reply::Reply;

const HEAD: CallHead<'static> = CallHead {
    row: 0,
    boot: 0,
    remaining: None,
    depth: 0,
    key: b"",
    actor: None,
    data: None,
    owner: None,
    trace: None,
    patience: None,
};

fn bytes(max: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..=max)
}

fn not_started() -> impl Strategy<Value = NotStarted> {
    use NotStarted as N;
    let text = || ".{0,20}";
    prop_oneof![
        text().prop_map(|module| N::NoHost { module }),
        proptest::option::of(text()).prop_map(|detail| N::NotConnected { detail }),
        proptest::option::of(text()).prop_map(|owner| N::WrongOwner { owner, view: 7 }),
        (text(), text()).prop_map(|(module, method)| N::UnknownMethod { module, method }),
        (text(), text(), any::<u64>(), any::<u64>())
            .prop_map(|(module, method, ours, theirs)| { N::Incompatible { module, method, ours, theirs } }),
        text().prop_map(N::CannotEncode),
        text().prop_map(N::CannotDecode),
        (any::<u64>(), any::<u64>()).prop_map(|(size, limit)| N::TooLarge { size, limit }),
        text().prop_map(N::Refused),
        proptest::sample::select(vec![N::BootGone, N::Overloaded, N::Draining, N::Expired, N::TooDeep]),
    ]
}

fn unknown() -> impl Strategy<Value = Unknown> {
    use Unknown as U;
    prop_oneof![
        Just(U::Deadline),
        Just(U::ConnectionLost),
        ".{0,20}".prop_map(U::Undecodable),
        (any::<u64>(), any::<u64>()).prop_map(|(size, limit)| U::ReplyTooLarge { size, limit }),
        ".{0,20}".prop_map(U::CannotEncodeReply),
        Just(U::Stopped),
    ]
}

proptest! {
    #[test]
    fn heads_come_back(
        (row, boot, depth) in any::<(u32, u64, u8)>(),
        remaining in any::<Option<u64>>(),
        key in bytes(160),
        actor in proptest::option::of(".{0,50}"),
        data in proptest::option::of(bytes(200)),
        owner in any::<Option<(u16, u64)>>(),
        trace in proptest::option::of(bytes(usize::from(MAX_TRACE))),
        args in bytes(20),
    ) {
        let owner = owner.map(|(slot, view)| Owner { slot, view });
        let head = CallHead {
            row, boot, remaining, depth, key: &key, actor: actor.as_deref(), data: data.as_deref(), owner,
            trace: trace.as_deref(),
            patience: None,
        };
        let mut body = Vec::new();
        head.write(&mut body).unwrap();
        let end = body.len();
        for cut in 0..end {
            prop_assert!(CallHead::read(&body[..cut]).is_err());
        }
        body.extend(&args);
        prop_assert_eq!(CallHead::read(&body).unwrap(), (head, end));
    }

    #[test]
    fn any_bytes_are_heads_or_refused(body in bytes(200)) {
        if let Ok((head, start)) = CallHead::read(&body) {
            let mut again = Vec::new();
            head.write(&mut again).unwrap();
            prop_assert_eq!(&again[..], &body[..start]);
        }
        let _ = Reply::read(&body);
    }

    #[test]
    fn replies_come_back(value in bytes(100), text in ".{0,50}", not_started in not_started(), unknown in unknown()) {
        for reply in [
            Reply::Value(&value),
            Reply::Module(&value),
            Reply::Panicked(Cow::Borrowed(&text)),
            Reply::NotStarted(not_started),
            Reply::Unknown(unknown),
        ] {
            let mut body = Vec::new();
            reply.write(&mut body).unwrap();
            prop_assert_eq!(Reply::read(&body).unwrap(), reply);
        }
    }

    #[test]
    fn texts_are_cut_between_characters(text in ".{0,40}", max in 0usize..60) {
        let cut = truncated(&text, max);
        prop_assert!(cut.len() <= max && text.starts_with(cut));
        prop_assert!(cut.len() == text.len() || cut.len() + 4 > max);
    }
}

#[test]
fn the_bounds_of_a_head_hold_in_both_directions() {
    let long = vec![b'a'; 20_000];
    let text = std::str::from_utf8(&long).unwrap();
    let write = |head: CallHead<'_>| head.write(&mut Vec::new());
    let key = usize::from(MAX_KEY);
    assert!(write(CallHead { key: &long[..key], ..HEAD }).is_ok());
    assert!(write(CallHead { key: &long[..=key], ..HEAD }).is_err());
    let actor = usize::from(MAX_ACTOR);
    assert!(write(CallHead { actor: Some(&text[..actor]), ..HEAD }).is_ok());
    assert!(write(CallHead { actor: Some(&text[..=actor]), ..HEAD }).is_err());
    let data = usize::from(MAX_DATA);
    assert!(write(CallHead { data: Some(&long[..data]), ..HEAD }).is_ok());
    assert!(write(CallHead { data: Some(&long[..=data]), ..HEAD }).is_err());
    let trace = usize::from(MAX_TRACE);
    assert!(write(CallHead { trace: Some(&long[..trace]), ..HEAD }).is_ok());
    assert!(write(CallHead { trace: Some(&long[..=trace]), ..HEAD }).is_err());

    let mut body = Vec::new();
    HEAD.write(&mut body).unwrap();
    body.extend(&long);
    body[14..16].copy_from_slice(&(MAX_KEY + 1).to_le_bytes());
    assert!(CallHead::read(&body).is_err());
    body[14..16].copy_from_slice(&MAX_KEY.to_le_bytes());
    assert!(CallHead::read(&body).is_ok());
}

#[test]
fn unknown_presence_is_refused() {
    let mut body = Vec::new();
    HEAD.write(&mut body).unwrap();
    body[13] = 1 << 6;
    body.extend([0; 64]);
    assert!(CallHead::read(&body).is_err());
}

#[test]
fn long_reasons_are_cut() {
    let long = "ä".repeat(10_000);
    let mut body = Vec::new();
    let both = NotStarted::UnknownMethod { module: long.clone(), method: long.clone() };
    Reply::NotStarted(both).write(&mut body).unwrap();
    let Reply::NotStarted(NotStarted::UnknownMethod { module, method }) = Reply::read(&body).unwrap() else {
        panic!("another reply");
    };
    assert_eq!((module.len(), method.len()), (MAX_TEXT, MAX_TEXT));
    body.clear();
    Reply::Panicked(Cow::Borrowed(&long)).write(&mut body).unwrap();
    assert_eq!(body.len(), 1 + MAX_TEXT);

    body = vec![2];
    body.extend(long.as_bytes());
    assert!(matches!(Reply::read(&body), Ok(Reply::Panicked(text)) if text.len() == MAX_TEXT));
    body = vec![2, 0xff, 0xfe];
    assert!(matches!(Reply::read(&body), Ok(Reply::Panicked(text)) if text == "\u{fffd}\u{fffd}"));
}

#[test]
fn replies_that_are_none_are_refused() {
    assert!(Reply::read(&[]).is_err());
    assert!(Reply::read(&[5]).is_err());
    assert!(Reply::read(&[3]).is_err());
    assert!(Reply::read(&[3, 4, 0]).is_err(), "something follows the reason");
    assert!(Reply::read(&[4, 99]).is_err());
}

#[test]
fn reasons_read_like_sentences() {
    let text = NotStarted::BootGone.to_string();
    assert!(text.contains("remote node is no longer available"), "{text}");
    let text = NotStarted::Incompatible {
        module: "Arena".into(),
        method: "score".into(),
        ours: 0x12,
        theirs: 0xffff_ffff_ffff_ffff,
    };
    assert_eq!(
        text.to_string(),
        "method `Arena::score` has shape 0x0000000000000012 here and 0xffffffffffffffff on that node"
    );
    assert_eq!(NotStarted::NotConnected { detail: None }.to_string(), "not connected");
    assert_eq!(
        NotStarted::WrongOwner { owner: Some("b".into()), view: 7 }.to_string(),
        "the node does not own the key, node `b` does"
    );
}
