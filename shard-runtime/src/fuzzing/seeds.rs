//! Where the fuzzer begins: real encodings, which it would not come upon by chance.
//!
//! Written anew, beside what it has found, by
//! `cargo test --package shard-runtime --lib -- --ignored fuzzing::seeds::write`.

use std::collections::BTreeMap;
use std::fs;

use super::arguments::{Nothing, Tree};
use super::corpus::folder;
use super::handshake::honest;
use crate::State;
use crate::TraceContext;
use crate::route::Key;
use crate::wire::chunk::CHUNK;
use crate::wire::handshake::{Refusal, RefusalCode};
use crate::wire::stream::{StreamEnd, write_credit};
use crate::wire::{
    CallHead, Codec as _, FrameKind, Limits, MethodSignature, ModuleTable, NotStarted, Owner, Reply, Tables,
    Unknown, Wire, write_frame,
};

type Seeds = Vec<Vec<u8>>;

#[test]
#[ignore = "writes into the corpus"]
fn write() {
    let all: [(&str, Seeds); 11] = [
        ("arguments", arguments()),
        ("calls", calls()),
        ("chunks", chunks()),
        ("connection", connection()),
        ("frames", frames()),
        ("gossip", gossip()),
        ("handshake", handshake()),
        ("items", items()),
        ("pair", pair()),
        ("replies", replies()),
        ("token", token()),
    ];
    for (target, seeds) in all {
        fs::create_dir_all(folder(target)).unwrap();
        for (number, seed) in seeds.into_iter().enumerate() {
            fs::write(folder(target).join(format!("seed-{number:02}")), seed).unwrap();
        }
    }
}

fn with(choice: u8, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    [&[choice], bytes.as_ref()].concat()
}

fn encoded<T: serde::Serialize>(choice: u8, value: &T) -> Vec<u8> {
    let mut out = vec![choice];
    Wire::encode(value, &mut out, &Limits::default()).unwrap();
    out
}

fn arguments() -> Seeds {
    let deep = (0..20).fold(Tree::Leaf, |inner, _| Tree::Maybe(Some(Box::new(inner))));
    let by_name =
        BTreeMap::from([("a".to_owned(), Tree::Many(vec![Tree::Leaf, Tree::Text("ä".to_owned())]))]);
    let trees = [
        Tree::Leaf,
        Tree::Maybe(None),
        Tree::Pair(Box::new(Tree::Named { by_name, nothing: Nothing }), Box::new(Tree::Leaf)),
        deep,
    ];
    let mut seeds: Seeds = trees.iter().map(|tree| encoded(0, tree)).collect();
    seeds.push(encoded(1, &(vec![(); 1000], vec![Nothing; 60_000])));
    seeds.push(encoded(2, &(vec![vec![(); 300]; 3], BTreeMap::from([(1_u8, vec![Some(()), None])]))));
    let numbers = (
        (true, 1_u8, -1_i8, 300_u16, -300_i16, 70_000_u32, -70_000_i32, u64::MAX),
        (i64::MIN, u128::MAX, i128::MIN, 1.5_f32, -0.0_f64, '🦀'),
    );
    seeds.push(encoded(3, &numbers));
    seeds.push(encoded(4, &("text", "bytes", "cow")));
    // A count of 2^34, and nesting without an end.
    seeds.push(with(1, [253, 0, 0, 0, 0, 4, 0, 0, 0]));
    seeds.push(with(0, [[2, 1].repeat(200), vec![0]].concat()));
    seeds
}

fn calls() -> Seeds {
    let bare = CallHead {
        row: 1 << 16 | 2,
        boot: 0x0123_4567_89ab_cdef,
        remaining: None,
        depth: 1,
        key: &[],
        actor: None,
        data: None,
        owner: None,
        trace: None,
        patience: None,
    };
    let (key, mut trace) = (Key::from("arena-42"), Vec::new());
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    TraceContext::parse(parent, Some("a=b,c=d")).unwrap().to_wire(&mut trace);
    let state = State::new().with_data("league", &7_u32).unwrap();
    let data = state.raw_data().unwrap();
    let full = CallHead {
        remaining: Some(5_000_000),
        key: key.wire(),
        actor: Some("alice"),
        data: Some(data),
        owner: Some(Owner { slot: 4095, view: 7 }),
        trace: Some(&trace),
        patience: Some(1),
        ..bare
    };
    let mut seeds: Seeds = [bare, full]
        .iter()
        .map(|head| {
            let mut out = vec![0];
            head.write(&mut out).unwrap();
            out.extend_from_slice(b"arguments");
            out
        })
        .collect();
    let method = |name: &str| MethodSignature { name: name.to_owned(), shape: 7 };
    let arena = ModuleTable { name: "Arena".to_owned(), methods: vec![method("score"), method("players")] };
    let lobby = ModuleTable { name: "Lobby".to_owned(), methods: Vec::new() };
    for modules in [Vec::new(), vec![arena, lobby]] {
        let mut out = vec![2];
        Tables { modules }.encode(&mut out).unwrap();
        seeds.push(out);
    }
    for key in [Key::from(7_u64), Key::from(-7_i64), Key::from(vec![1, 2, 3])] {
        seeds.push([&[3], key.wire()].concat());
    }
    seeds.extend([with(3, data), with(3, &trace)]);
    seeds
}

fn chunks() -> Seeds {
    vec![
        // Two messages that take turns, of which one is given up.
        vec![0, 200, 200, 1, 255, 255, 2, 0, 1, 0, 1, 0, 1, 0, 1, 0xff],
        vec![0, 0, 0, 1, 1, 0, 2],
        // Chunks: two messages at once, one without room, one given up, one whole.
        vec![1, 2, 66, 2, 48, 9, 66, 64, 24],
        vec![1, 2, 6, 2, 24, 131, 135, 129],
        vec![1, 2, 66, 130, 194],
        vec![1, 34],
        vec![1, 32],
        vec![1, 2, 2, 2, 2, 2],
        vec![1, 42],
        vec![1, 48, 7, 26],
    ]
}

fn connection() -> Seeds {
    vec![
        // Pieces of this length, and then: calls of each row, a cancel, credit, a ping, a goodbye.
        vec![0, 3, 16, 0, 0, 0, 1, 42, 3, 32, 1, 0, 0, 4, 3, b'a', b'b', b'c'],
        vec![1, 3, 16, 2, 0, 0, 0, 7, 0, 16, 0, 7, 2, 0, 0],
        vec![7, 3, 17, 3, 0, 0, 1, 30, 7, 1, 17, 200, 3, 33, 4, 0, 0, 0, 7, 1, 33, 255, 7, 0, 33, 0],
        vec![0, 3, 16, 5, 0, 0, 3, 2, 1, 2, 7, 3, 0, 3, 7, 3, 0, 2],
        // A call in chunks that is given up, and one that comes to its end.
        vec![16, 5, 16, 5, 0, 0, 6, 0, 1, 16, 1, 1, 0, 16, 0],
        vec![0, 5, 16, 5, 0, 0, 1, 1, 0, 16, 3, 1, 2, 3, 3, 32, 0, 0, 0, 1, 9],
        vec![0, 3, 16, 0, 33, 9, 9, 9, 1, 42],
        vec![0, 3, 16, 0, 255, 9, 9, 9],
        // Frames that have no place here, and bytes that are no frame.
        vec![0, 1, 10, 0, 0, 1, 0],
        vec![0, 1, 12, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        vec![0, 1, 99, 0, 0, 0],
        vec![3, 0, 20, 255, 255, 255, 255, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9],
        vec![0, 1, 2, 0, 16, 2, 0, 0, 1, 4, 0, 16, 2, 7, 7, 1, 5, 0, 16, 1, 0],
        // A reply in chunks that is given up.
        vec![0, 6, 1, 1, 16, 1, 2, 0, 16, 0],
        // The same call twice.
        vec![0, 3, 16, 0, 0, 0, 1, 42, 3, 16, 0, 0, 0, 1, 42],
    ]
}

fn frames() -> Seeds {
    let mut many = Vec::new();
    for (kind, body) in [
        (FrameKind::Call, &b"a call"[..]),
        (FrameKind::Reply, b"a reply"),
        (FrameKind::Cancel, b""),
        (FrameKind::StreamItem, b"items"),
        (FrameKind::StreamEnd, b"\0"),
        (FrameKind::Credit, &[1, 0, 0, 0]),
        (FrameKind::Ping, b""),
        (FrameKind::Pong, b""),
        (FrameKind::Goodbye, &[2]),
    ] {
        write_frame(&mut many, kind, 1 << 32 | 7, body).unwrap();
    }
    let mut rest = Vec::new();
    for kind in [
        FrameKind::Tables,
        FrameKind::OneWay,
        FrameKind::ViewSync,
        FrameKind::Gossip,
        FrameKind::Hello,
        FrameKind::Challenge,
        FrameKind::Proof,
        FrameKind::Accept,
        FrameKind::Refuse,
    ] {
        write_frame(&mut rest, kind, 0, b"x").unwrap();
    }
    let mut chunk = Vec::new();
    write_frame(&mut chunk, FrameKind::Call, 1, &[7; 16]).unwrap();
    chunk[5] = 1;
    let mut large = Vec::new();
    write_frame(&mut large, FrameKind::Call, 1, &[7; 17]).unwrap();
    let mut reserved = chunk.clone();
    reserved[6] = 1;
    let mut flag = chunk.clone();
    flag[5] = 2;
    vec![
        with(1, &many),
        with(1, &rest),
        with(0, &chunk),
        with(0, large),
        with(3, &many[..40]),
        with(2, reserved),
        with(2, flag),
        with(1, [&[0; 4], &[99][..], &[0; 11]].concat()),
    ]
}

fn gossip() -> Seeds {
    let from = crate::swim::fuzzing::seeds();
    // A step of a script that is heard: of which kind, from whom and for whom, and what.
    let step = |how: u8, body: &[u8]| {
        let len = u16::try_from(body.len()).unwrap().to_le_bytes();
        [&[how][..], &len, body].concat()
    };
    // Behind a list of three whom the node knows before, and to one that knows nobody.
    let (known, alone) = (3 + 5 * 3, 3);
    let mut seeds = vec![with(2, &from.record), with(known, step(2, &from.superseded))];
    for packet in &from.packets {
        seeds.extend([with(0, packet), with(1, packet)]);
        seeds.extend([
            with(known, step(0, packet)),
            with(alone, step(0, packet)),
            with(alone, step(4, packet)),
        ]);
    }
    // For another boot, from this node itself, and as something that it is not.
    let ping = &from.packets[0];
    seeds.extend([8, 16, 32, 1, 2].map(|how| with(known, step(how, ping))));
    seeds.extend([1, 1 + 32, 0].map(|how| with(known, step(how, &from.list))));
    // Time goes on between them.
    let both = [step(0, ping), vec![3, 3, 3], step(1, &from.list), vec![3, 3], step(0, ping)].concat();
    seeds.extend([with(known, &both), with(alone, &both), with(known, [3; 15])]);
    seeds
}

fn handshake() -> Seeds {
    let (hello, challenge) = honest();
    let len = u16::try_from(hello.len()).unwrap().to_le_bytes();
    let any = [&[4, 5][..], b"gamma", &[9], b"gamma:740", &[3], b"2.0"].concat();
    let framed = |hello: &[u8]| {
        let len = u16::try_from(hello.len()).unwrap().to_le_bytes();
        [&[0][..], &len, hello, &[7; 32]].concat()
    };
    let mut seeds: Seeds = super::handshake::strangers().iter().map(|hello| framed(hello)).collect();
    // Another protocol, another version, and a hello that breaks off.
    seeds.extend([framed(b"GET / HTTP/1.1"), framed(b"SHRD\x02\x00"), framed(&hello[..20]), framed(b"SHRD")]);
    seeds.extend(vec![
        [&[0][..], &len, &hello, &[7; 32]].concat(),
        with(1, &challenge),
        vec![2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        vec![2, 1, 60, 0, 1, 0, 0, 0, 0],
        vec![2, 0, 0, 0, 0, 1, 90, 0, 1],
        vec![2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 5, 0, 1],
        vec![2, 2, 30, 0, 0],
        vec![2, 0, 0, 0, 0, 3, 9, 0, 0],
        vec![3, 1, 2, 1, 2],
        vec![3, 1, 2, 3, 4],
        any,
        vec![4, 1, 27, 0, 0],
    ]);
    // For liveness, over one channel, and between two.
    for terms in [1, 2, 5, 16, 18, 26] {
        seeds.push([&[2 + 5 * terms][..], &[0; 12]].concat());
        seeds.push(vec![3 + 5 * terms, 1, 2, 1, 2]);
        seeds.push([&[4 + 5 * terms, 5][..], b"gamma"].concat());
    }
    seeds
}

fn items() -> Seeds {
    vec![
        vec![0, 5, 1, 2, 0, 200, 100, 3, 4, 5, 200],
        vec![0, 3, 255, 0, 7, 254, 0, 128, 255, 255, 90, 20, 0],
        vec![0, 1, 0],
        vec![1, 8, 9, 4, 0, 0, 0, 1, 2, 3, 4, 9],
        vec![1, 1, 4, 255, 255, 0, 0],
        vec![1, 9, 12, 3, 0, 0, 0, 1, 2, 3, 1, 0, 0, 0, 5, 6, 2, 0, 0, 0, 1, 1, 0],
    ]
}

fn pair() -> Seeds {
    vec![
        // Calls of each kind, a stream, a broken link, a cut, a delay.
        vec![0, 1, 100, 1, 1, 100, 2, 5, 100, 3, 5, 100, 4, 5, 100, 6, 10, 100, 14, 200],
        vec![2, 100, 250, 14, 10, 11, 0, 4, 100, 250, 14, 200],
        vec![6 + 16, 100, 250, 2, 50, 250, 14, 3, 9, 0, 14, 40, 10, 0, 14, 100],
        vec![12, 200, 2, 10, 100, 130, 10, 100, 14, 5, 8, 1, 8, 2, 14, 50],
        vec![9, 0, 2, 10, 200, 4, 10, 200, 14, 255, 14, 255, 10, 0, 14, 255],
        vec![13, 0, 0, 10, 200, 128, 10, 200, 14, 255, 10, 0, 6 + 48 + 64, 200, 255, 14, 30, 11, 0],
    ]
}

fn replies() -> Seeds {
    let text = || "text".to_owned();
    let not_started = [
        NotStarted::NoHost { module: text() },
        NotStarted::NotConnected { detail: Some(text()) },
        NotStarted::WrongOwner { owner: None, view: 7 },
        NotStarted::BootGone,
        NotStarted::UnknownMethod { module: text(), method: text() },
        NotStarted::Incompatible { module: text(), method: text(), ours: 1, theirs: 2 },
        NotStarted::CannotEncode(text()),
        NotStarted::CannotDecode("x".repeat(4097)),
        NotStarted::TooLarge { size: 2, limit: 1 },
        NotStarted::Overloaded,
        NotStarted::Draining,
        NotStarted::Expired,
        NotStarted::Refused(text()),
        NotStarted::TooDeep,
    ];
    let unknown = [
        Unknown::Deadline,
        Unknown::ConnectionLost,
        Unknown::Undecodable(text()),
        Unknown::ReplyTooLarge { size: 2, limit: 1 },
        Unknown::CannotEncodeReply(text()),
        Unknown::Stopped,
        Unknown::SlowReader,
        Unknown::GivenUp,
    ];
    let mut all: Vec<Reply<'_>> =
        vec![Reply::Value(b"value"), Reply::Module(b"error"), Reply::Panicked("no".into())];
    all.extend(not_started.into_iter().map(Reply::NotStarted));
    all.extend(unknown.into_iter().map(Reply::Unknown));
    let mut seeds: Seeds = Vec::new();
    for reply in all {
        let mut out = vec![0];
        reply.write(&mut out).unwrap();
        seeds.push(out);
    }
    // A panic's text that is not text, and is too long; a reason of a later version.
    seeds.push([&[0, 2][..], &[0xff; 3], "ä".repeat(2100).as_bytes()].concat());
    seeds.push(vec![0, 3, 200, 1, 2]);
    for end in
        [StreamEnd::Complete, StreamEnd::Panicked("no".into()), StreamEnd::Unknown(Unknown::SlowReader)]
    {
        let mut out = vec![1];
        end.write(&mut out).unwrap();
        seeds.push(out);
    }
    let mut credit = vec![2];
    write_credit(&mut credit, u32::try_from(CHUNK).unwrap());
    seeds.push(credit);
    seeds.push(with(3, Refusal::new(RefusalCode::Cluster, "another \u{202e}cluster\n").encode()));
    seeds.push(with(3, Refusal::name_taken("node", "here:1").encode()));
    seeds.push(with(3, Refusal::duplicate("node").encode()));
    seeds.push(with(3, [99, 1, 0, b'x']));
    seeds.push(vec![3]);
    seeds
}

fn token() -> Seeds {
    let good = "AasAxL4b1UZzczzQllp8qIUBeO_Nq4lnRSMBEOBJawDJ-iUH2bz-SnShp2Ge2fGOAGFyZW5hLTQy";
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, good).unwrap();
    let mut keyed = bytes.clone();
    keyed[2] = 2;
    keyed[11..27].fill(0);
    let keyed_bound = [&[2, 1][..], &keyed[..2], &[3], &keyed[3..]].concat();
    vec![
        with(0, good),
        with(0, "{\"id\":\"__proto__\"}"),
        with(1, &bytes),
        [&[2, 0][..], &bytes].concat(),
        [&[2, 0][..], &keyed].concat(),
        keyed_bound,
        [&[3, 0][..], &[7; 8], &[16, 14, 8], b"arena-42", &[0, 40, 0, 1]].concat(),
        [&[3, 5][..], &[0; 2], &[3], b"abc", &[1, 40, 0, 1]].concat(),
        [&[3, 11][..], &[7; 8], &[0, 0, 3], "ä".as_bytes(), &[2, 3, 0, 65]].concat(),
        [&[3, 27][..], &[0xff; 8], &[0, 0, 0, 0, 1, 0, 1]].concat(),
        [&[3, 18][..], &[7; 8], &[0, 0, 0, 0, 9, 0, 1]].concat(),
        [&[3, 3][..], &[7; 8], &[0, 0, 200], &[9; 200], &[0, 1, 0, 1]].concat(),
    ]
}
