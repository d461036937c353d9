//! No two methods with one name on the wire.

use std::collections::{HashMap, HashSet};

use syn::LitStr;

use crate::errors::Errors;
use crate::messages;
use crate::model::Method;
use crate::parse::{Block, MarkKind, Member};

/// Reports methods whose wire name an earlier one has. Where conditions are involved the
/// compiler finds out: two methods of one name under opposite `#[cfg]`s are fine.
pub(super) fn check(block: &Block, methods: &mut Vec<Method>, errors: &Errors) {
    let mut first: HashMap<String, String> = HashMap::new();
    let mut reported = HashSet::new();
    methods.retain(|method| {
        if !method.cfgs.is_empty() {
            return true;
        }
        let Some(earlier) = first.get(&method.wire_name) else {
            first.insert(method.wire_name.clone(), method.ident.to_string());
            return true;
        };
        // rustc reports two methods of one Rust name itself, but not twice if only one has a proxy.
        let renamed_twin = method.ident != earlier;
        // The three methods of an attribute have one name to change.
        if renamed_twin && reported.insert(method.called.to_string()) {
            let message = messages::duplicate_name(&method.wire_name, earlier);
            match renamed(block, method) {
                Some(literal) => errors.at(literal, message),
                None => errors.at(&method.called, message),
            }
        }
        renamed_twin
    });
}

/// The literal that gave the method its name.
fn renamed(block: &Block, method: &Method) -> Option<LitStr> {
    let written = block.members.iter().find_map(|member| match member {
        Member::Method(written) if written.sig.ident == method.called => Some(written),
        _ => None,
    })?;
    let rename = written.marks.iter().find(|mark| mark.kind == MarkKind::Rename)?;
    rename.attr.parse_args().ok()
}
