//! How each argument crosses the wire.

use std::collections::HashSet;

use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Ident, Pat, PatType, Type};

use super::{nested, shape, state};
use crate::errors::Errors;
use crate::messages;
use crate::model::{Argument, Form, Types, names, written};

/// The names that the parameters of a method have themselves.
pub(super) fn names_of<'a>(parameters: impl Iterator<Item = &'a PatType>) -> HashSet<String> {
    parameters.filter_map(|parameter| plain_name(&parameter.pat)).map(Ident::to_string).collect()
}

/// The argument at this position, or nothing if it cannot travel.
pub(super) fn check(
    position: usize,
    parameter: &PatType,
    taken: &HashSet<String>,
    types: &Types,
    errors: &Errors,
) -> Option<Argument> {
    let plain_attributes = check_attributes(parameter, errors);
    let ty = &*parameter.ty;
    let form = state::check_ordinary(ty, errors).then(|| form(ty, types, errors)).flatten()?;

    let name = name(position, &parameter.pat, taken);
    plain_attributes.then(|| Argument {
        label: name.unraw().to_string(),
        name,
        written: written(ty),
        shown: types.elided(ty),
        sent: types.named(ty),
        form,
        span: ty.span(),
    })
}

/// The name that the proxies give to the parameter: its own, or one for a pattern.
pub(super) fn name(position: usize, pattern: &Pat, taken: &HashSet<String>) -> Ident {
    let own = plain_name(pattern).cloned();
    own.unwrap_or_else(|| names::stand_in(&format!("arg{position}"), taken, pattern.span()))
}

/// `x` of `x` and of `mut x`.
pub(super) fn plain_name(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(pattern) if pattern.subpat.is_none() => Some(&pattern.ident),
        _ => None,
    }
}

fn check_attributes(parameter: &PatType, errors: &Errors) -> bool {
    let conditional = parameter.attrs.iter().find(|attr| attr.path().is_ident("cfg"));
    if let Some(attr) = conditional {
        errors.at(attr, messages::conditional_argument());
    }
    conditional.is_none()
}

fn form(ty: &Type, types: &Types, errors: &Errors) -> Option<Form> {
    match shape::peel(ty) {
        Type::Reference(reference) => {
            if reference.mutability.is_some() {
                errors.at(ty, messages::argument_by_mut_reference());
                return None;
            }
            if reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static") {
                errors.at(ty, messages::argument_static());
                return None;
            }
            behind_reference(&reference.elem, types, errors)
        }
        // The compiler says it better: the block itself cannot be compiled.
        Type::Slice(_) => None,
        _ if shape::is_word(ty, "str") => None,
        other => nested::check_argument(other, errors).then(|| by_value(other)),
    }
}

fn behind_reference(elem: &Type, types: &Types, errors: &Errors) -> Option<Form> {
    match shape::peel(elem) {
        _ if shape::is_word(elem, "str") => Some(Form::Plain),
        Type::Slice(slice) if shape::is_word(&slice.elem, "u8") => Some(Form::Bytes),
        Type::Slice(slice) => {
            nested::check_argument(&slice.elem, errors).then(|| Form::Slice(types.named(&slice.elem)))
        }
        Type::Reference(_) => {
            errors.at(elem, messages::argument_double_reference());
            None
        }
        other => nested::check_argument(other, errors).then(|| Form::Reference(types.named(other))),
    }
}

fn by_value(ty: &Type) -> Form {
    if shape::is_byte_vec(ty) {
        Form::ByteVec
    } else if shape::is_text_cow(ty) && !shape::last_segment(ty).is_some_and(shape::lives_forever) {
        Form::CowText
    } else {
        Form::Plain
    }
}
