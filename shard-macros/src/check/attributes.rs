//! Attributes that are not ours: which of them the generated items repeat.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Meta};

use crate::errors::Errors;
use crate::messages;

/// What a proxy's method says as well.
const FORWARDED: [&str; 3] = ["doc", "deprecated", "must_use"];
/// What a `cfg_attr` cannot switch, because the macro has to know before the compiler does.
const OURS: [&str; 5] = ["local", "blocking", "rename", "fallible", "cfg"];

/// The conditions of an item.
pub(super) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect()
}

/// Documentation, `#[deprecated]` and `#[must_use]`, also behind a `cfg_attr`.
pub(super) fn forwarded(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| is_forwarded(attr)).cloned().collect()
}

/// Refuses a `cfg_attr` around an attribute that the macro itself reads.
pub(super) fn check_conditional(attrs: &[Attribute], errors: &Errors) {
    for attr in attrs {
        for name in conditional_names(attr) {
            if OURS.iter().any(|ours| name == ours) {
                errors.at(&name, messages::conditional_mark(&name));
            }
        }
    }
}

fn is_forwarded(attr: &Attribute) -> bool {
    let by_name = FORWARDED.iter().any(|name| attr.path().is_ident(name));
    let inside = conditional_names(attr);
    by_name || (!inside.is_empty() && inside.iter().all(|name| FORWARDED.iter().any(|known| name == known)))
}

/// The names of the attributes behind the condition of a `cfg_attr`.
fn conditional_names(attr: &Attribute) -> Vec<syn::Ident> {
    let Meta::List(list) = &attr.meta else { return Vec::new() };
    if !attr.path().is_ident("cfg_attr") {
        return Vec::new();
    }
    let mut names = Vec::new();
    let mut at_start = false;
    for token in TokenStream::clone(&list.tokens) {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => at_start = true,
            TokenTree::Ident(name) if at_start => {
                names.push(name);
                at_start = false;
            }
            _ => at_start = false,
        }
    }
    names
}
