//! `on_start` and `on_stop`: methods that the runtime calls, not other nodes.

use quote::ToTokens as _;
use syn::{FnArg, PatType, ReturnType, Type};

use super::marks::Marks;
use super::{attributes, shape};
use crate::errors::Errors;
use crate::messages;
use crate::model::{Hook, HookKind};
use crate::parse::Method;

/// What a method with a hook's name is.
pub(super) enum Role {
    Hook(Hook),
    /// It only shares the name, or has no such name.
    Ordinary,
    /// Neither; reported.
    Refused,
}

/// Decides by the name and by `&Node` as the only argument.
pub(super) fn check(method: &Method, marks: &Marks<'_>, errors: &Errors) -> Role {
    let kind = match method.sig.ident.to_string().as_str() {
        "on_start" => HookKind::Start,
        "on_stop" => HookKind::Stop,
        _ => return Role::Ordinary,
    };
    if marks.rename.is_some() {
        return Role::Ordinary;
    }
    let arguments: Vec<&FnArg> = method.sig.inputs.iter().skip(1).collect();
    match arguments.as_slice() {
        [] => {
            errors.at(&method.sig.ident, messages::hook_without_node(&method.sig.ident));
            Role::Refused
        }
        [FnArg::Typed(node)] if is_node(node) => {
            marks.only_local("a hook is called by its own node only", errors);
            if check_result(&method.sig.output, errors) {
                Role::Hook(Hook {
                    kind,
                    ident: method.sig.ident.clone(),
                    cfgs: attributes::cfgs(&method.attrs),
                    is_async: method.sig.asyncness.is_some(),
                })
            } else {
                Role::Refused
            }
        }
        _ => Role::Ordinary,
    }
}

fn is_node(parameter: &PatType) -> bool {
    matches!(shape::peel(&parameter.ty), Type::Reference(reference)
        if reference.mutability.is_none() && shape::is_called(&reference.elem, "Node"))
}

fn check_result(output: &ReturnType, errors: &Errors) -> bool {
    let ReturnType::Type(_, ty) = output else { return true };
    let unit = matches!(shape::peel(ty), Type::Tuple(tuple) if tuple.elems.is_empty());
    let fallible = shape::last_segment(ty).is_some_and(|segment| segment.ident == "Result");
    if !unit && !fallible {
        errors.at(ty.to_token_stream(), messages::hook_result());
    }
    unit || fallible
}
