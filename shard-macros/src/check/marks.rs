//! Our attributes on a method: known, well-formed, once each, and not at odds with each other.

use syn::{Attribute, LitStr, Meta};

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
    pub(super) name: Option<LitStr>,
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
        } else if *kind == MarkKind::Rename {
            marks.name = new_name(attr, errors);
        } else if !matches!(attr.meta, Meta::Path(_)) {
            errors.at(attr, messages::mark_takes_nothing(attr.path()));
        }
    }
    marks
}

impl Marks<'_> {
    /// Refuses everything that only a remote method can have.
    pub(super) fn only_local(&self, because: &str, errors: &Errors) {
        for attr in [self.blocking, self.fallible, self.rename].into_iter().flatten() {
            errors.at(attr, messages::mark_on_local(attr.path(), because));
        }
    }
}

fn new_name(attr: &Attribute, errors: &Errors) -> Option<LitStr> {
    let name = match attr.meta {
        Meta::List(_) => attr.parse_args::<LitStr>().ok(),
        _ => None,
    };
    match name {
        None => errors.at(attr, messages::rename_value()),
        Some(name) if name.value().is_empty() => errors.at(name, messages::rename_empty()),
        Some(name) => return Some(name),
    }
    None
}
