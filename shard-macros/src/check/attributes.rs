//! Attributes that are not ours: which of them the generated items repeat.

use syn::Attribute;

use crate::errors::Errors;
use crate::messages;
use crate::parse::conditional_names;

/// What a proxy's method says as well.
const FORWARDED: [&str; 3] = ["doc", "deprecated", "must_use"];

/// The conditions of an item.
pub(super) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect()
}

/// Documentation, `#[deprecated]` and `#[must_use]`, also behind a `cfg_attr`.
pub(super) fn forwarded(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| is_forwarded(attr)).cloned().collect()
}

/// Whether it says nothing but that its item is deprecated.
pub(super) fn is_deprecation(attr: &Attribute) -> bool {
    repeats(attr, &["deprecated"])
}

/// Refuses a condition on a condition, which would be lost on the way to the proxies.
pub(super) fn check_conditional(attrs: &[Attribute], errors: &Errors) {
    for name in attrs.iter().flat_map(conditional_names).filter(|name| name == "cfg") {
        errors.at(&name, messages::conditional_mark(&name));
    }
}

fn is_forwarded(attr: &Attribute) -> bool {
    repeats(attr, &FORWARDED)
}

/// Whether it is one of these, or behind its condition has no others.
fn repeats(attr: &Attribute, known: &[&str]) -> bool {
    let by_name = known.iter().any(|name| attr.path().is_ident(name));
    let inside = conditional_names(attr);
    by_name || (!inside.is_empty() && inside.iter().all(|name| known.iter().any(|known| name == known)))
}
