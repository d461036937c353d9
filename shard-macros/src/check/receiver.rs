//! `&self`, and nothing else.

use syn::{Receiver, ReceiverKind, Signature, Type};

use super::shape;
use crate::errors::Errors;
use crate::messages;
use crate::model::written;

/// How a function takes its module.
pub(super) enum SelfParameter {
    /// By shared reference: the method is remote.
    Shared,
    /// Not at all: an associated function, which stays at home.
    Absent,
    /// In a way that a shared module cannot be taken; reported.
    Refused,
}

/// Looks at the receiver.
pub(super) fn check(sig: &Signature, errors: &Errors) -> SelfParameter {
    let Some(receiver) = sig.receiver() else { return SelfParameter::Absent };
    // In syn 3 the `mut` of `&mut self` is part of the kind; `receiver.mutability` is that of `mut self`.
    let message = match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => return SelfParameter::Shared,
        ReceiverKind::Reference(_, _, Some(_)) => messages::self_by_mut_reference(),
        ReceiverKind::Typed(_, ty) if is_shared(ty) => return SelfParameter::Shared,
        ReceiverKind::Typed(_, ty) => messages::self_by_pointer(&written(ty)),
        _ => messages::self_by_value(),
    };
    errors.at(whole(receiver), message);
    SelfParameter::Refused
}

/// `self: &Self` is another way to write `&self`.
fn is_shared(ty: &Type) -> bool {
    matches!(shape::peel(ty), Type::Reference(reference)
        if reference.mutability.is_none() && matches!(shape::peel(&reference.elem), Type::Path(_)))
}

/// The receiver without attributes of its own.
fn whole(receiver: &Receiver) -> Receiver {
    Receiver { attrs: Vec::new(), ..receiver.clone() }
}
