//! What the options between the attribute's parentheses may say.

use syn::{LitInt, LitStr};

use crate::errors::Errors;
use crate::messages;

/// There are so many slots, and a seat without one would be of no use.
const MAX_LIMIT: u32 = 4096;

/// As nodes take it.
const MAX_ROLE: usize = 64;

/// The module's name in the cluster.
pub(super) fn name(name: Option<LitStr>, errors: &Errors) -> Option<String> {
    let name = name?;
    if name.value().is_empty() {
        errors.at(name, messages::module_name_empty());
        return None;
    }
    Some(name.value())
}

/// On how many nodes the module runs at most.
pub(super) fn limit(limit: Option<&LitInt>, errors: &Errors) -> Option<u32> {
    let limit = limit?;
    if !limit.suffix().is_empty() {
        errors.at(limit, messages::option_limit_value());
        return None;
    }
    // What does not parse is below zero, or has more digits than any limit.
    match limit.base10_parse() {
        Err(_) if limit.base10_digits().starts_with('-') => errors.at(limit, messages::limit_zero()),
        Ok(0) => errors.at(limit, messages::limit_zero()),
        Ok(number @ 1..=MAX_LIMIT) => return Some(number),
        Ok(_) | Err(_) => errors.at(limit, messages::limit_too_large(MAX_LIMIT)),
    }
    None
}

/// The role that a node must have to host the module.
pub(super) fn role(role: Option<LitStr>, errors: &Errors) -> Option<String> {
    let role = role?;
    let text = role.value();
    if text.is_empty() {
        errors.at(role, messages::role_empty());
    } else if text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        errors.at(role, messages::role_with_spaces());
    } else if text.len() > MAX_ROLE {
        errors.at(role, messages::role_too_long(MAX_ROLE));
    } else {
        return Some(text);
    }
    None
}
