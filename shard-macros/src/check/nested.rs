//! Types inside of types: what cannot cross the wire, however deep it sits.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{GenericArgument, PathArguments, Type};

use super::{shape, stream};
use crate::errors::Errors;
use crate::messages;
use crate::model::written;

/// Checks an argument's type: the only borrow inside of another type is `&str`.
pub(super) fn check_argument(whole: &Type, errors: &Errors) -> bool {
    let mut fine = true;
    walk(whole, &mut |part| {
        let message = match part {
            Part::Type(Type::Reference(reference)) => {
                if reference.mutability.is_some() {
                    messages::argument_by_mut_reference()
                } else if reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static") {
                    messages::argument_static()
                } else if shape::is_word(&reference.elem, "str") {
                    return true;
                } else {
                    messages::argument_nested_borrow(&written(owned(whole)))
                }
            }
            Part::Type(Type::ImplTrait(_)) => messages::argument_impl_trait(),
            Part::Type(Type::TraitObject(_)) => messages::trait_object(),
            Part::Type(Type::Ptr(_)) => messages::pointer(),
            Part::Type(Type::FnPtr(_)) => messages::function_pointer(),
            Part::Type(Type::Never(_)) => messages::argument_never(),
            Part::Type(_) | Part::Lifetime(_) => return true,
        };
        errors.at(part.tokens(), message);
        fine = false;
        false
    });
    fine
}

/// Checks a result's type: it belongs to the caller, so nothing in it may borrow from the callee.
pub(super) fn check_result(whole: &Type, errors: &Errors) -> bool {
    let mut fine = true;
    walk(whole, &mut |part| {
        let message = match &part {
            Part::Type(Type::Reference(_)) => messages::result_borrows(&written(owned_text(whole))),
            Part::Lifetime(lifetime) if lifetime.ident != "static" => messages::result_lifetime(),
            Part::Type(ty @ Type::ImplTrait(it)) if stream::is_stream(it) => match stream::item_of(ty) {
                Some(_) => messages::stream_inside(),
                None => messages::stream_without_item(),
            },
            Part::Type(ty) if stream::is_boxed(ty) => messages::stream_boxed(),
            Part::Type(Type::ImplTrait(_)) => messages::result_impl_trait(),
            Part::Type(Type::TraitObject(_)) => messages::trait_object(),
            Part::Type(Type::Ptr(_)) => messages::pointer(),
            Part::Type(Type::FnPtr(_)) => messages::function_pointer(),
            Part::Type(Type::Never(_)) => messages::result_never(),
            Part::Type(_) | Part::Lifetime(_) => return true,
        };
        errors.at(part.tokens(), message);
        fine = false;
        false
    });
    fine
}

/// Whether this is true of the type or of one in it.
pub(super) fn any(whole: &Type, is: impl Fn(&Type) -> bool) -> bool {
    let mut found = false;
    walk(whole, &mut |part| {
        if let Part::Type(ty) = part {
            found |= is(ty);
        }
        true
    });
    found
}

/// What a walk meets.
enum Part<'t> {
    Type(&'t Type),
    Lifetime(&'t syn::Lifetime),
}

impl Part<'_> {
    fn tokens(&self) -> TokenStream {
        match self {
            Self::Type(ty) => ty.to_token_stream(),
            Self::Lifetime(lifetime) => lifetime.to_token_stream(),
        }
    }
}

/// Visits a type and, if the visitor says so, the types in it. A reference hides what is behind it: one mistake, one
/// report.
fn walk<'t>(ty: &'t Type, visit: &mut dyn FnMut(Part<'t>) -> bool) {
    let ty = shape::peel(ty);
    if !visit(Part::Type(ty)) {
        return;
    }
    match ty {
        Type::Path(path) => {
            for segment in &path.path.segments {
                let PathArguments::AngleBracketed(generics) = &segment.arguments else { continue };
                for argument in &generics.args {
                    match argument {
                        GenericArgument::Type(ty) => walk(ty, visit),
                        GenericArgument::Lifetime(lifetime) => drop(visit(Part::Lifetime(lifetime))),
                        _ => {}
                    }
                }
            }
        }
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|elem| walk(elem, visit)),
        Type::Array(array) => walk(&array.elem, visit),
        Type::Slice(slice) => walk(&slice.elem, visit),
        _ => {}
    }
}

/// The type with everything borrowed but texts replaced by what owns it, for a help line.
fn owned(ty: &Type) -> Type {
    replace(ty, &|elem| if shape::is_word(elem, "str") { None } else { Some(owner(elem)) })
}

/// The same with texts owned, too.
fn owned_text(ty: &Type) -> Type {
    replace(ty, &|elem| Some(owner(elem)))
}

fn owner(elem: &Type) -> Type {
    match shape::peel(elem) {
        elem if shape::is_word(elem, "str") => syn::parse_quote!(String),
        Type::Slice(slice) => {
            let elem = &slice.elem;
            syn::parse_quote!(Vec<#elem>)
        }
        other => other.clone(),
    }
}

fn replace(ty: &Type, owner: &dyn Fn(&Type) -> Option<Type>) -> Type {
    let mut ty = shape::peel(ty).clone();
    match &mut ty {
        Type::Reference(reference) => return owner(&reference.elem).unwrap_or(ty),
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                let PathArguments::AngleBracketed(generics) = &mut segment.arguments else { continue };
                for argument in &mut generics.args {
                    if let GenericArgument::Type(ty) = argument {
                        *ty = replace(ty, owner);
                    }
                }
            }
        }
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(|elem| *elem = replace(elem, owner)),
        Type::Array(array) => *array.elem = replace(&array.elem, owner),
        _ => {}
    }
    ty
}
