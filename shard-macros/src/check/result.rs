//! What a method gives back, and whether it can fail.

use syn::Type;

use super::marks::Marks;
use super::stream::{Returned, Stream};
use super::{nested, shape};
use crate::errors::Errors;
use crate::messages;
use crate::model::{Outcome, OutcomeKind, Types, written};

/// Types that are certainly no `Result` under another name, so that nobody has to ask the compiler.
const NO_RESULT: [&str; 36] = [
    "bool",
    "char",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
    "String",
    "Vec",
    "VecDeque",
    "Option",
    "Box",
    "Arc",
    "Rc",
    "Cow",
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
    "Duration",
    "SystemTime",
    "PathBuf",
    "IpAddr",
    "SocketAddr",
    "Uuid",
    "Bytes",
    "ShardToken",
];

/// The outcome, or nothing if the result cannot travel.
pub(super) fn check(
    returned: &Returned,
    marks: &Marks<'_>,
    types: &Types,
    errors: &Errors,
) -> Option<Outcome> {
    if let Some(ty) = &returned.ty
        && !nested::check_result(ty, errors)
    {
        return None;
    }
    let outcome = outcome(returned, marks, types);
    if let (OutcomeKind::Unit | OutcomeKind::Value { .. }, Some(fallible)) = (&outcome.kind, marks.fallible) {
        errors.at(fallible, messages::fallible_without_result());
        return None;
    }
    Some(outcome)
}

/// The outcome, whether or not it can travel.
pub(super) fn outcome(returned: &Returned, marks: &Marks<'_>, types: &Types) -> Outcome {
    let written = returned.written.clone();
    let Some(ty) = &returned.ty else {
        return Outcome { written, kind: OutcomeKind::Unit, is_bytes: false };
    };
    let kind = match returned.stream {
        // An item is what it is: there may be a `Result` among them, which says nothing of the stream.
        Stream::Alone => OutcomeKind::Value { ty: types.elided(ty), disguise: None },
        Stream::Absent | Stream::InResult => kind(ty, marks, types),
    };
    Outcome { written, is_bytes: is_bytes(ty, &kind), kind }
}

fn kind(ty: &Type, marks: &Marks<'_>, types: &Types) -> OutcomeKind {
    let moved = types.elided(ty);
    let disguise = || messages::result_in_disguise(&written(ty)).to_string();
    if matches!(shape::peel(ty), Type::Tuple(tuple) if tuple.elems.is_empty()) {
        return OutcomeKind::Unit;
    }
    let Some(segment) = shape::last_segment(ty) else {
        // A qualified path or a macro may be anything.
        let unclear = matches!(shape::peel(ty), Type::Path(_) | Type::Macro(_));
        return match marks.fallible {
            Some(_) if unclear => OutcomeKind::Alias(moved),
            _ => OutcomeKind::Value { ty: moved, disguise: unclear.then(disguise) },
        };
    };
    let known = NO_RESULT.iter().any(|name| segment.ident == name);
    match shape::type_arguments(segment).as_slice() {
        [value, error] if segment.ident == "Result" => {
            OutcomeKind::Result { value: types.elided(value), error: types.elided(error) }
        }
        _ if segment.ident == "Result" => OutcomeKind::Alias(moved),
        _ if marks.fallible.is_some() && !known => OutcomeKind::Alias(moved),
        _ => OutcomeKind::Value { ty: moved, disguise: (!known).then(disguise) },
    }
}

fn is_bytes(ty: &Type, kind: &OutcomeKind) -> bool {
    let Some(segment) = shape::last_segment(ty) else { return false };
    match (kind, shape::type_arguments(segment).as_slice()) {
        (OutcomeKind::Result { .. }, [value, _]) => shape::is_byte_vec(value),
        (OutcomeKind::Value { .. }, _) => shape::is_byte_vec(ty),
        _ => false,
    }
}
