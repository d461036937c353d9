//! `#[attribute]`: a method that stands for three, which read, set and watch a value.

use quote::format_ident;
use syn::ext::IdentExt as _;
use syn::{FnArg, Ident, Signature};

use super::marks::Marks;
use super::value::Value;
use super::{attributes, signature};
use crate::errors::Errors;
use crate::messages;
use crate::model::names::{self, Descriptors};
use crate::model::{Access, Kind, Method, Stub, Types};
use crate::parse;

const ALL: [Access; 3] = [Access::Get, Access::Set, Access::Watch];

/// The three methods, or nothing if anything is wrong with the one.
pub(super) fn check(
    method: &parse::Method,
    marks: &Marks<'_>,
    types: &Types,
    descriptors: &mut Descriptors,
    errors: &Errors,
) -> Option<Vec<Method>> {
    let sig = &method.sig;
    let unmarked = check_marks(marks, errors);
    let callable = signature::check(sig, errors);
    let bare = check_signature(sig, errors);
    let value = Value::check(sig, types, errors);
    let wire_name = marks.wire_name(&sig.ident)?;
    let value = value.filter(|_| unmarked && callable && bare)?;

    let methods = ALL.map(|access| {
        let ident = ident(access, &sig.ident);
        let reads = access == Access::Get;
        // The other two have documentation of their own, and the same types to ask about.
        let forwarded = attributes::forwarded(&method.attrs).into_iter();
        let (claims, uncertain) = if reads { value.claims(types) } else { (Vec::new(), false) };
        Method {
            wire_name: name(access, &wire_name),
            descriptor: descriptors.name(&ident),
            called: sig.ident.clone(),
            vis: method.vis.clone(),
            forwarded: forwarded.filter(|attr| reads || attributes::is_deprecation(attr)).collect(),
            cfgs: attributes::cfgs(&method.attrs),
            kind: Kind::Attribute(access),
            timeout: None,
            state: None,
            arguments: value.arguments(access),
            outcome: value.outcome(access),
            claims,
            doubt: uncertain.then(|| messages::method_cannot_travel(&ident).to_string()),
            ident,
        }
    });
    Some(methods.into())
}

/// What callers see of an attribute that was refused; nothing if the type of its value is not even written.
pub(super) fn stubs(method: &parse::Method, types: &Types) -> Vec<Stub> {
    let Some(value) = Value::of(&method.sig.output, types) else { return Vec::new() };
    let stubs = ALL.map(|access| Stub {
        ident: ident(access, &method.sig.ident),
        vis: method.vis.clone(),
        cfgs: attributes::cfgs(&method.attrs),
        generics: method.sig.generics.clone(),
        parameters: value.arguments(access).into_iter().map(|value| (value.name, value.shown)).collect(),
        outcome: value.outcome(access),
        is_stream: access == Access::Watch,
    });
    stubs.into()
}

fn check_marks(marks: &Marks<'_>, errors: &Errors) -> bool {
    let about_bodies = [marks.blocking, marks.detached, marks.fallible];
    let about_calls = [marks.timeout, marks.idempotent, marks.oneway];
    let mut fine = true;
    for attr in about_bodies.into_iter().chain(about_calls).flatten() {
        let because = "an attribute is a value, and there is nothing to run";
        errors.at(attr, messages::mark_without_meaning(attr.path(), because));
        fine = false;
    }
    fine
}

fn check_signature(sig: &Signature, errors: &Errors) -> bool {
    if let Some(asyncness) = &sig.asyncness {
        errors.at(asyncness, messages::attribute_async());
    }
    let argument = sig.inputs.iter().find(|argument| matches!(argument, FnArg::Typed(_)));
    if let Some(argument) = argument {
        errors.at(argument, messages::attribute_argument());
    }
    sig.asyncness.is_none() && argument.is_none()
}

fn name(access: Access, attribute: &str) -> String {
    match access {
        Access::Get => attribute.to_owned(),
        Access::Set => names::setter(attribute),
        Access::Watch => names::watcher(attribute),
    }
}

fn ident(access: Access, attribute: &Ident) -> Ident {
    match access {
        Access::Get => attribute.clone(),
        Access::Set | Access::Watch => {
            format_ident!("{}", name(access, &attribute.unraw().to_string()), span = attribute.span())
        }
    }
}
