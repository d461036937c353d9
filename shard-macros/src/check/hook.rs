//! `on_start`, `slots_arriving` and their like: methods that the runtime calls, not other nodes.

use quote::ToTokens as _;
use syn::{FnArg, ReturnType, Type};

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

/// Decides by the name and by the first argument, which is what the hook is about.
pub(super) fn check(method: &Method, marks: &Marks<'_>, errors: &Errors) -> Role {
    let ident = &method.sig.ident;
    let kind = match ident.to_string().as_str() {
        "on_start" => HookKind::Start,
        "on_stop" => HookKind::Stop,
        "slots_arriving" => HookKind::SlotsArriving,
        "slots_leaving" => HookKind::SlotsLeaving,
        _ => return Role::Ordinary,
    };
    if marks.rename.is_some() {
        return Role::Ordinary;
    }
    let arguments: Vec<&FnArg> = method.sig.inputs.iter().skip(1).collect();
    let Some((first, rest)) = arguments.split_first() else {
        errors.at(ident, messages::hook_without_argument(ident, written(kind)));
        return Role::Refused;
    };
    let ordinary = match kind {
        HookKind::Start | HookKind::Stop => !is_reference_to(first, "Node") || !rest.is_empty(),
        HookKind::SlotsArriving | HookKind::SlotsLeaving => !is_reference_to(first, "Slots"),
    };
    if ordinary {
        return Role::Ordinary;
    }
    marks.only_local("a hook is called by its own node only", errors);
    let complete = check_rest(method, kind, rest, errors);
    if check_result(&method.sig.output, errors) && complete {
        Role::Hook(Hook {
            kind,
            ident: ident.clone(),
            cfgs: attributes::cfgs(&method.attrs),
            is_async: method.sig.asyncness.is_some(),
        })
    } else {
        Role::Refused
    }
}

/// The arguments of a hook as a person writes them.
fn written(kind: HookKind) -> &'static str {
    match kind {
        HookKind::Start | HookKind::Stop => "node: &Node",
        HookKind::SlotsArriving => "slots: &Slots, from: Option<&NodeName>",
        HookKind::SlotsLeaving => "slots: &Slots, to: Option<&NodeName>, cause: LeaveCause",
    }
}

/// What stands behind the slots.
fn check_rest(method: &Method, kind: HookKind, rest: &[&FnArg], errors: &Errors) -> bool {
    let expected: &[fn(&Type) -> bool] = match kind {
        HookKind::Start | HookKind::Stop => &[],
        HookKind::SlotsArriving => &[is_optional_name],
        HookKind::SlotsLeaving => &[is_optional_name, |ty| shape::is_called(ty, "LeaveCause")],
    };
    let message = || messages::hook_arguments(&method.sig.ident, written(kind));
    let mut right = true;
    for (at, argument) in rest.iter().enumerate() {
        let FnArg::Typed(typed) = argument else { continue };
        match expected.get(at) {
            Some(fits) if fits(&typed.ty) => continue,
            Some(_) => errors.at(&typed.ty, message()),
            None => errors.at(typed, message()),
        }
        right = false;
    }
    if rest.len() < expected.len() {
        errors.at(&method.sig.ident, message());
        right = false;
    }
    right
}

fn is_reference_to(argument: &FnArg, name: &str) -> bool {
    matches!(argument, FnArg::Typed(typed) if is_shared(&typed.ty, name))
}

fn is_shared(ty: &Type, name: &str) -> bool {
    matches!(shape::peel(ty), Type::Reference(reference)
        if reference.mutability.is_none() && shape::is_called(&reference.elem, name))
}

/// `Option<&NodeName>`.
fn is_optional_name(ty: &Type) -> bool {
    shape::last_segment(ty).is_some_and(|segment| {
        segment.ident == "Option"
            && matches!(shape::type_arguments(segment).as_slice(), [name] if is_shared(name, "NodeName"))
    })
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
