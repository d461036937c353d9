//! `&State`: the call's context when it comes first, a mistake anywhere else.

use syn::Type;

use super::shape;
use crate::errors::Errors;
use crate::messages;

/// Whether the type is a shared reference to a type called `State`.
pub(super) fn is_state(ty: &Type) -> bool {
    matches!(shape::peel(ty), Type::Reference(reference)
        if reference.mutability.is_none() && shape::is_called(&reference.elem, "State"))
}

/// Refuses the forms of `State` that are almost right. An ordinary argument is fine.
pub(super) fn check_ordinary(ty: &Type, errors: &Errors) -> bool {
    let message = match shape::peel(ty) {
        Type::Reference(reference) if is_ours(&reference.elem) => {
            if reference.mutability.is_some() {
                messages::state_by_mut_reference()
            } else {
                messages::state_not_first()
            }
        }
        ty if is_ours(ty) => messages::state_by_value(),
        _ => return true,
    };
    errors.at(ty, message);
    false
}

/// Anywhere but in the first place only the bare word is taken for ours: `chess::State` is somebody's data.
fn is_ours(ty: &Type) -> bool {
    let Type::Path(path) = shape::peel(ty) else { return false };
    let segments = &path.path.segments;
    let from_runtime = segments.len() == 2 && segments[0].ident == "shard_runtime";
    path.qself.is_none()
        && (segments.len() == 1 || from_runtime)
        && segments.last().is_some_and(|last| last.ident == "State" && last.arguments.is_empty())
}
