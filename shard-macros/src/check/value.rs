//! The value of an attribute: `T` of `&Attribute<T>`.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{ReturnType, Signature, Type};

use super::claims::Claims;
use super::{claims, nested, shape};
use crate::errors::Errors;
use crate::messages;
use crate::model::{Access, Argument, Claim, Form, Outcome, OutcomeKind, Types, names, written};

/// A value that can be read, set and watched.
pub(super) struct Value<'m> {
    behind: Behind<'m>,
    ty: TokenStream,
    written: String,
    is_bytes: bool,
}

/// What stands behind the `&`.
#[derive(Clone, Copy)]
enum Behind<'m> {
    /// The `T` of `Attribute<T>`.
    Value(&'m Type),
    /// An alias for `Attribute<T>`, and only the compiler knows the `T`.
    Alias(&'m Type),
}

impl<'m> Value<'m> {
    /// The value of the attribute with this signature, which is reported if it is none, or cannot travel.
    pub(super) fn check(sig: &'m Signature, types: &Types, errors: &Errors) -> Option<Self> {
        let Some(behind) = behind(&sig.output) else {
            match &sig.output {
                ReturnType::Default => errors.at(&sig.ident, messages::attribute_result()),
                ReturnType::Type(_, ty) => errors.at(ty, messages::attribute_result()),
            }
            return None;
        };
        let (Behind::Value(ty) | Behind::Alias(ty)) = behind;
        nested::check_result(ty, errors).then(|| Self::new(behind, types))
    }

    /// The same for an attribute that was reported already.
    pub(super) fn of(output: &'m ReturnType, types: &Types) -> Option<Self> {
        behind(output).map(|behind| Self::new(behind, types))
    }

    fn new(behind: Behind<'m>, types: &Types) -> Self {
        match behind {
            Behind::Value(ty) => {
                Self { behind, ty: types.elided(ty), written: written(ty), is_bytes: shape::is_byte_vec(ty) }
            }
            Behind::Alias(alias) => Self {
                behind,
                ty: types.value_of_attribute(alias),
                written: format!("<{} as IsAttribute>::Value", written(alias)),
                is_bytes: false,
            },
        }
    }

    /// What only the compiler knows of the type.
    pub(super) fn claims(&self, types: &Types) -> (Vec<Claim>, bool) {
        let mut claims = Claims::new(types);
        match self.behind {
            Behind::Value(ty) => claims.value(ty),
            Behind::Alias(alias) => claims.attribute(alias),
        }
        claims.into_parts()
    }

    /// What the method takes.
    pub(super) fn arguments(&self, access: Access) -> Vec<Argument> {
        if access != Access::Set {
            return Vec::new();
        }
        let name = names::new_value();
        vec![Argument {
            label: name.to_string(),
            name,
            written: self.written.clone(),
            shown: self.ty.clone(),
            sent: self.ty.clone(),
            form: if self.is_bytes { Form::ByteVec } else { Form::Plain },
            span: self.span(),
        }]
    }

    /// What the method gives, which of the watching one is what each item is.
    pub(super) fn outcome(&self, access: Access) -> Outcome {
        if access == Access::Set {
            return Outcome { written: String::from("()"), kind: OutcomeKind::Unit, is_bytes: false };
        }
        Outcome {
            written: self.written.clone(),
            kind: OutcomeKind::Value { ty: self.ty.clone(), disguise: None },
            is_bytes: self.is_bytes,
        }
    }

    fn span(&self) -> Span {
        let (Behind::Value(ty) | Behind::Alias(ty)) = self.behind;
        ty.to_token_stream().span()
    }
}

/// Nothing if it cannot be an attribute under any name.
fn behind(output: &ReturnType) -> Option<Behind<'_>> {
    let ReturnType::Type(_, ty) = output else { return None };
    let Type::Reference(reference) = shape::peel(ty) else { return None };
    let elem = shape::peel(&reference.elem);
    if reference.mutability.is_some() || !matches!(elem, Type::Path(_) | Type::Macro(_)) {
        return None;
    }
    let arguments =
        shape::last_segment(elem).filter(|last| last.ident == "Attribute").map(shape::type_arguments);
    match arguments.as_deref() {
        Some([value]) => Some(Behind::Value(value)),
        _ if claims::is_well_known(elem) => None,
        _ => Some(Behind::Alias(elem)),
    }
}
