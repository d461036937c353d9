//! Our attributes on a method: known, well-formed, and once each.

use std::time::Duration;

use syn::ext::IdentExt as _;
use syn::{Attribute, Ident, LitStr, Meta};

use super::timeout;
use crate::errors::Errors;
use crate::messages;
use crate::parse::{Mark, MarkKind, Method, conditional_names};

/// What the marks of a method say.
#[derive(Default)]
pub(super) struct Marks<'m> {
    pub(super) local: Option<&'m Attribute>,
    pub(super) blocking: Option<&'m Attribute>,
    pub(super) fallible: Option<&'m Attribute>,
    pub(super) rename: Option<&'m Attribute>,
    /// The new name, if it can be one.
    name: Option<LitStr>,
    pub(super) timeout: Option<&'m Attribute>,
    /// How long a call waits at most, if it could be read.
    pub(super) after: Option<Duration>,
    pub(super) idempotent: Option<&'m Attribute>,
    pub(super) detached: Option<&'m Attribute>,
    pub(super) oneway: Option<&'m Attribute>,
    pub(super) attribute: Option<&'m Attribute>,
}

/// Reads the marks; what is wrong with one does not hide the others.
pub(super) fn check<'m>(method: &'m Method, errors: &Errors) -> Marks<'m> {
    let mut marks = Marks::default();
    for Mark { kind, attr } in &method.marks {
        let slot = match kind {
            MarkKind::Local => &mut marks.local,
            MarkKind::Blocking => &mut marks.blocking,
            MarkKind::Fallible => &mut marks.fallible,
            MarkKind::Rename => &mut marks.rename,
            MarkKind::Timeout => &mut marks.timeout,
            MarkKind::Idempotent => &mut marks.idempotent,
            MarkKind::Detached => &mut marks.detached,
            MarkKind::Oneway => &mut marks.oneway,
            MarkKind::Attribute => &mut marks.attribute,
            MarkKind::Conditional => {
                for name in conditional_names(attr) {
                    errors.at(&name, messages::conditional_mark(&name));
                }
                continue;
            }
            MarkKind::Unknown => {
                errors.at(attr.path(), messages::mark_unknown(attr.path()));
                continue;
            }
        };
        if slot.replace(attr).is_some() {
            errors.at(attr, messages::mark_twice(attr.path()));
            continue;
        }
        match kind {
            MarkKind::Rename => marks.name = new_name(attr, errors),
            MarkKind::Timeout => marks.after = timeout::check(attr, errors),
            _ if matches!(attr.meta, Meta::Path(_)) => {}
            _ => errors.at(attr, messages::mark_takes_nothing(attr.path())),
        }
    }
    marks
}

impl Marks<'_> {
    /// Refuses everything that only a remote method can have.
    pub(super) fn only_local(&self, because: &str, errors: &Errors) {
        let about_calls = [self.blocking, self.fallible, self.timeout, self.idempotent];
        let rest = [self.detached, self.oneway, self.attribute, self.rename];
        for attr in about_calls.into_iter().chain(rest).flatten() {
            errors.at(attr, messages::mark_without_meaning(attr.path(), because));
        }
    }

    /// What the method is called on the wire, unless its new name was refused.
    pub(super) fn wire_name(&self, own: &Ident) -> Option<String> {
        match (&self.name, self.rename) {
            (Some(name), _) => Some(name.value()),
            (None, None) => Some(own.unraw().to_string()),
            (None, Some(_)) => None,
        }
    }
}

/// The text between the parentheses of a mark, if that is what stands there.
pub(super) fn text_of(attr: &Attribute) -> Option<LitStr> {
    match attr.meta {
        Meta::List(_) => attr.parse_args().ok(),
        _ => None,
    }
}

fn new_name(attr: &Attribute, errors: &Errors) -> Option<LitStr> {
    match text_of(attr) {
        None => errors.at(attr, messages::rename_value()),
        Some(name) if name.value().is_empty() => errors.at(name, messages::rename_empty()),
        Some(name) => return Some(name),
    }
    None
}
