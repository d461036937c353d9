//! The names that attributes make: `set_motd` and `watch_motd`, which no other method can have then.

use std::collections::HashMap;

use syn::ext::IdentExt as _;

use super::attributes;
use crate::errors::Errors;
use crate::messages;
use crate::model::names;
use crate::parse::{Block, MarkKind, Member, Method};

/// Each name with that of its attribute.
pub(super) struct Made(HashMap<String, String>);

/// Looks for attributes. Where conditions are involved the compiler finds out.
pub(super) fn by_attributes(block: &Block) -> Made {
    let attributes = block.members.iter().filter_map(|member| match member {
        Member::Method(method) if is_attribute(method) => Some(method.sig.ident.unraw().to_string()),
        _ => None,
    });
    let made =
        attributes.flat_map(|name| [(names::setter(&name), name.clone()), (names::watcher(&name), name)]);
    Made(made.collect())
}

impl Made {
    /// Refuses a method that has such a name.
    pub(super) fn check(&self, method: &Method, errors: &Errors) -> bool {
        let ident = &method.sig.ident;
        let attribute = self.0.get(&ident.unraw().to_string()).filter(|_| is_unconditional(method));
        if let Some(attribute) = attribute {
            errors.at(ident, messages::name_of_attribute(ident, attribute));
        }
        attribute.is_none()
    }
}

fn is_attribute(method: &Method) -> bool {
    let has = |kind| method.marks.iter().any(|mark| mark.kind == kind);
    has(MarkKind::Attribute) && !has(MarkKind::Local) && is_unconditional(method)
}

fn is_unconditional(method: &Method) -> bool {
    attributes::cfgs(&method.attrs).is_empty()
}
