//! Which kind a method is, and marks that are at odds with each other or with the kind.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Attribute, ReturnType, Signature, Type};

use super::marks::Marks;
use super::shape;
use super::stream::Returned;
use crate::errors::Errors;
use crate::messages;
use crate::model::{Answer, Body, Kind};

/// The kind of the method, or nothing if its marks contradict each other.
pub(super) fn check(
    sig: &Signature,
    marks: &Marks<'_>,
    returned: &Returned,
    errors: &Errors,
) -> Option<Kind> {
    let body = if sig.asyncness.is_some() { Body::Async } else { Body::Plain };
    if returned.is_stream() {
        return check_stream(marks, errors).then_some(Kind::Stream { body });
    }
    let answer = answer(sig, marks, errors);
    match (marks.blocking, marks.detached, body) {
        (Some(blocking), _, Body::Async) => {
            errors.at(blocking, messages::async_and_blocking());
            None
        }
        (Some(_), Some(detached), Body::Plain) => {
            refuse(detached, "what runs on a thread of its own is never cut short", errors);
            None
        }
        (Some(_), None, Body::Plain) => Some(Kind::Blocking { answer: answer? }),
        (None, detached, body) => Some(Kind::Unary { body, answer: answer?, detached: detached.is_some() }),
    }
}

/// Whether a stream has only the marks that a stream can have.
fn check_stream(marks: &Marks<'_>, errors: &Errors) -> bool {
    let refused = [
        (marks.blocking, "the items of a stream come from the runtime's threads"),
        (marks.oneway, "the caller of a stream waits for its items"),
        (marks.idempotent, "a stream that has begun cannot be begun again"),
        (marks.detached, "a stream ends with its reader"),
    ];
    let mut fine = true;
    for (attr, because) in refused {
        if let Some(attr) = attr {
            refuse(attr, because, errors);
            fine = false;
        }
    }
    fine
}

fn answer(sig: &Signature, marks: &Marks<'_>, errors: &Errors) -> Option<Answer> {
    let Some(_) = marks.oneway else {
        return Some(if marks.idempotent.is_some() { Answer::Repeatable } else { Answer::Awaited });
    };
    let result = given(&sig.output);
    if let Some(result) = &result {
        errors.at(result, messages::oneway_result());
    }
    if let Some(idempotent) = marks.idempotent {
        refuse(idempotent, "nobody repeats a call whose answer nobody waits for", errors);
    }
    (result.is_none() && marks.idempotent.is_none()).then_some(Answer::Unheard)
}

/// The result, unless it is nothing.
fn given(output: &ReturnType) -> Option<TokenStream> {
    let ReturnType::Type(_, ty) = output else { return None };
    let is_unit = matches!(shape::peel(ty), Type::Tuple(tuple) if tuple.elems.is_empty());
    (!is_unit).then(|| ty.to_token_stream())
}

fn refuse(attr: &Attribute, because: &str, errors: &Errors) {
    errors.at(attr, messages::mark_without_meaning(attr.path(), because));
}
