//! What stands around the arguments of a call, and the tables that say what may be called.

use super::script::Script;
use crate::route::Key;
use crate::state::{Data, TraceContext};
use crate::wire::{CallHead, Tables};

/// Any bytes are the head of a call, a key, data, a trace, tables, or are refused; what is read is within its bounds and has
/// one written form, and the remaining time stands where it is going to be written.
///
/// # Panics
///
/// When that does not hold.
pub fn calls(input: &[u8]) {
    let mut script = Script::new(input);
    let choice = script.u8();
    let bytes = script.rest();
    match choice % 4 {
        0 | 1 => head(bytes),
        2 => tables(bytes),
        _ => parts(bytes),
    }
}

fn head(body: &[u8]) {
    let Ok((head, start)) = CallHead::read(body) else { return };
    assert!(head.key.len() <= 160 && head.actor.unwrap_or_default().len() <= 1024);
    assert!(head.data.unwrap_or_default().len() <= 16 * 1024 && head.trace.unwrap_or_default().len() <= 537);
    let mut out = Vec::new();
    head.write(&mut out).unwrap();
    assert_eq!(out, body[..start], "a head has one written form");
    if let Some(remaining) = head.remaining {
        let at = head.remaining_at();
        assert_eq!(out[at..at + 8], remaining.to_le_bytes(), "where the remaining time stands");
    }
    let cut = CallHead::read(&body[..start - 1]);
    assert!(cut.is_err(), "a head without its last byte is none: {cut:?}");
    parts(head.key);
    parts(head.data.unwrap_or_default());
    parts(head.trace.unwrap_or_default());
}

fn tables(body: &[u8]) {
    let Ok(tables) = Tables::decode(body) else { return };
    let mut out = Vec::new();
    tables.encode(&mut out).unwrap();
    assert!(out.len() <= body.len(), "the shortest form is written");
    let again = Tables::decode(&out).unwrap();
    assert_eq!(again, tables);
    let mut turned = tables.clone();
    turned.modules.reverse();
    assert_eq!(turned.digest(), tables.digest(), "the order does not count");
}

fn parts(bytes: &[u8]) {
    if let Ok(key) = Key::from_wire(bytes) {
        assert!(key.wire() == bytes && key.check().is_ok(), "a key has one written form");
    }
    if let Ok(data) = Data::decode(bytes) {
        assert_eq!(data.encoded(), bytes);
        assert!(bytes.len() <= Data::LIMIT && data.names().len() <= bytes.len());
    }
    if let Ok(trace) = TraceContext::from_wire(bytes) {
        let mut out = Vec::new();
        trace.to_wire(&mut out);
        assert!(out.len() <= bytes.len());
        let again = TraceContext::from_wire(&out).map(|again| format!("{again}"));
        assert_eq!(again, Ok(trace.to_string()));
    }
}
