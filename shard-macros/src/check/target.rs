//! What the attribute stands on: an inherent `impl` of one concrete type.

use syn::{GenericArgument, Ident, ItemImpl, PathArguments, Type};

use super::shape;
use crate::errors::Errors;
use crate::messages;

/// The name of the block's type.
pub(super) fn check(header: &ItemImpl, errors: &Errors) -> Option<Ident> {
    let concrete = check_generics(header, errors);
    let inherent = check_trait(header, errors);
    let named = check_type(&header.self_ty, errors);
    named.filter(|_| concrete && inherent)
}

fn check_generics(header: &ItemImpl, errors: &Errors) -> bool {
    let generics = &header.generics.params;
    if !generics.is_empty() {
        errors.at(generics, messages::generic_impl());
    }
    generics.is_empty()
}

fn check_trait(header: &ItemImpl, errors: &Errors) -> bool {
    if let Some((path, _)) = &header.trait_ {
        errors.at(path, messages::trait_impl());
    }
    header.trait_.is_none()
}

fn check_type(ty: &Type, errors: &Errors) -> Option<Ident> {
    let segment = match shape::peel(ty) {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    };
    let Some(segment) = segment else {
        errors.at(ty, messages::type_without_name());
        return None;
    };
    if let PathArguments::AngleBracketed(generics) = &segment.arguments {
        for argument in &generics.args {
            if let GenericArgument::Lifetime(lifetime) = argument
                && lifetime.ident != "static"
            {
                errors.at(lifetime, messages::type_borrows());
                return None;
            }
        }
    }
    Some(segment.ident.clone())
}
