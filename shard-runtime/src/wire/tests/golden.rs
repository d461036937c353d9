//! Frozen bytes. A change here is a new `WIRE_VERSION`.

use std::borrow::Cow;

use crate::wire::Wire;
use crate::wire::call::{CallHead, Owner};
use crate::wire::chunk::Parts;
use crate::wire::codec::Codec as _;
use crate::wire::frame::{FrameKind, MAGIC, WIRE_VERSION, write_frame};
use crate::wire::items::{STREAM_WINDOW, append_item};
use crate::wire::limits::Limits;
use crate::wire::outcome::{NotStarted, Unknown};
use crate::wire::reply::Reply;
use crate::wire::stream::{StreamEnd, write_credit};

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn reply(reply: &Reply<'_>) -> String {
    let mut body = Vec::new();
    reply.write(&mut body).unwrap();
    hex(&body)
}

#[test]
fn frame() {
    let mut out = Vec::new();
    write_frame(&mut out, FrameKind::Call, 0x0102_0304_0506_0708, b"abc").unwrap();
    write_frame(&mut out, FrameKind::Refuse, 0, b"").unwrap();
    assert_eq!(
        hex(&out),
        "03000000010000000807060504030201616263\
                           00000000240000000000000000000000"
    );
    assert_eq!((MAGIC, WIRE_VERSION), (*b"SHRD", 1));
}

#[test]
fn chunks() {
    let mut frame = Vec::new();
    write_frame(&mut frame, FrameKind::Reply, 0x0102, &vec![7; 65 * 1024 + 3]).unwrap();
    let (mut parts, mut first, mut last, mut given_up) =
        (Parts::new(frame).unwrap(), Vec::new(), Vec::new(), Vec::new());
    assert!(parts.append_next(&mut first).more);
    assert_eq!(
        (hex(&first[..18]), first.len()),
        ("000401000201000002010000000000000707".to_owned(), 16 + 66_560)
    );
    assert!(!parts.append_next(&mut last).more);
    assert_eq!(hex(&last), "03000000020000000201000000000000070707");

    let mut frame = Vec::new();
    write_frame(&mut frame, FrameKind::Call, 0x0102, &vec![7; 65 * 1024 + 3]).unwrap();
    let mut parts = Parts::new(frame).unwrap();
    parts.append_next(&mut Vec::new());
    parts.give_up(&mut given_up);
    assert_eq!(hex(&given_up), "00000000010000000201000000000000");
}

#[test]
fn call_head() {
    let mut head = CallHead {
        row: 7,
        boot: 0x1122_3344_5566_7788,
        remaining: None,
        depth: 2,
        key: b"tarena-42",
        actor: None,
        data: None,
        owner: None,
        trace: None,
        patience: None,
    };
    let mut out = Vec::new();
    head.write(&mut out).unwrap();
    assert_eq!(hex(&out), "07000000887766554433221102000900746172656e612d3432");
    head.remaining = Some(5_000_000);
    head.actor = Some("alice");
    head.data = Some(&[1, 2, 3]);
    head.owner = Some(Owner { slot: 0x0203, view: 9 });
    head.trace = Some(b"00");
    head.patience = Some(1_000);
    out.clear();
    head.write(&mut out).unwrap();
    assert_eq!(
        hex(&out),
        "070000008877665544332211023f0900746172656e612d3432\
         404b4c0000000000\
         0500616c696365\
         0300010203\
         03020900000000000000\
         02003030\
         e803000000000000"
    );
}

#[test]
fn replies() {
    assert_eq!(reply(&Reply::Value(&[1, 2])), "000102");
    assert_eq!(reply(&Reply::Module(&[])), "01");
    assert_eq!(reply(&Reply::Panicked(Cow::Borrowed("ouch"))), "026f756368");
    let not_started = |reason| reply(&Reply::NotStarted(reason));
    assert_eq!(not_started(NotStarted::NoHost { module: "a".into() }), "03000161");
    assert_eq!(not_started(NotStarted::NotConnected { detail: None }), "030100");
    assert_eq!(
        not_started(NotStarted::WrongOwner { owner: Some("b".into()), view: 300 }),
        "0302010162fb2c01"
    );
    assert_eq!(not_started(NotStarted::BootGone), "0303");
    let (module, method) = ("a".to_owned(), "b".to_owned());
    assert_eq!(
        not_started(NotStarted::UnknownMethod { module: module.clone(), method: method.clone() }),
        "030401610162"
    );
    assert_eq!(
        not_started(NotStarted::Incompatible { module, method, ours: 1, theirs: u64::MAX }),
        "03050161016201fdffffffffffffffff"
    );
    assert_eq!(not_started(NotStarted::CannotEncode("x".into())), "03060178");
    assert_eq!(not_started(NotStarted::CannotDecode("x".into())), "03070178");
    assert_eq!(not_started(NotStarted::TooLarge { size: 300, limit: 2 }), "0308fb2c0102");
    assert_eq!(not_started(NotStarted::Overloaded), "0309");
    assert_eq!(not_started(NotStarted::Draining), "030a");
    assert_eq!(not_started(NotStarted::Expired), "030b");
    assert_eq!(not_started(NotStarted::Refused("x".into())), "030c0178");
    assert_eq!(not_started(NotStarted::TooDeep), format!("03{:02x}", NotStarted::LAST));
    assert_eq!(NotStarted::LAST, 0x0d, "and no variant is behind it");
    let later = Reply::read(&[3, NotStarted::LAST + 1, 7, 7]).unwrap();
    assert!(matches!(later, Reply::NotStarted(NotStarted::Refused(_))), "the outcome counts: {later:?}");
    assert!(Reply::read(&[3, NotStarted::LAST, 7]).is_err(), "a known reason that is malformed is none");
    let unknown = |reason| reply(&Reply::Unknown(reason));
    assert_eq!(unknown(Unknown::Deadline), "0400");
    assert_eq!(unknown(Unknown::ConnectionLost), "0401");
    assert_eq!(unknown(Unknown::Undecodable("x".into())), "04020178");
    assert_eq!(unknown(Unknown::ReplyTooLarge { size: 1, limit: 2 }), "04030102");
    assert_eq!(unknown(Unknown::CannotEncodeReply("x".into())), "04040178");
    assert_eq!(unknown(Unknown::Stopped), "0405");
}

#[test]
fn streams() {
    let mut items = Vec::new();
    for item in [&b"abc"[..], b"", b"\x07"] {
        append_item(&mut items, |out| {
            out.extend_from_slice(item);
            Ok(())
        })
        .unwrap();
    }
    assert_eq!(hex(&items), "03000000616263000000000100000007");
    let mut credit = Vec::new();
    write_credit(&mut credit, STREAM_WINDOW / 2);
    assert_eq!(hex(&credit), "00000200");
    let end = |end: StreamEnd<'_>| {
        let mut body = Vec::new();
        end.write(&mut body).unwrap();
        hex(&body)
    };
    assert_eq!(end(StreamEnd::Complete), "00");
    assert_eq!(end(StreamEnd::Panicked(Cow::Borrowed("ouch"))), "026f756368");
    assert_eq!(end(StreamEnd::Unknown(Unknown::Stopped)), "0405");
}

#[test]
fn values() {
    let mut out = Vec::new();
    let value = ("alice", 10u32, Some(-3i64), vec![1u16, 300], 'ß', 1.5f32, true);
    Wire::encode(&value, &mut out, &Limits::default()).unwrap();
    assert_eq!(hex(&out), "05616c6963650a01050201fb2c01c39f0000c03f01");
}
