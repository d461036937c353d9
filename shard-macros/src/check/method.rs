//! One method: which rules apply to it, and what is left when all have been applied.

use syn::spanned::Spanned as _;
use syn::{FnArg, PatType};

use super::claims::Claims;
use super::hook::Role;
use super::made::Made;
use super::marks::Marks;
use super::receiver::SelfParameter;
use super::stream::Returned;
use super::{
    accessors, argument, attributes, hook, kind, marks, receiver, result, signature, state, stream, stub,
};
use crate::errors::Errors;
use crate::messages;
use crate::model::names::{self, Descriptors};
use crate::model::{Argument, Claim, Hook, Method, Outcome, StateParameter, Stub, Types};
use crate::parse;

/// What a method turned out to be.
pub(super) enum Checked {
    /// One method, or those that an attribute stands for.
    Remote(Vec<Method>),
    Hook(Hook),
    /// Wrong and reported; callers may still see something in its place.
    Refused(Vec<Stub>),
    /// Local by nature or by `#[local]`.
    NotRemote,
}

/// Applies every rule, also after one has failed.
pub(super) fn check(
    method: &parse::Method,
    made: &Made,
    types: &Types,
    descriptors: &mut Descriptors,
    errors: &Errors,
) -> Checked {
    let marks = marks::check(method, errors);
    attributes::check_conditional(&method.attrs, errors);
    if marks.local.is_some() {
        marks.only_local("a local method is never called from elsewhere", errors);
        return Checked::NotRemote;
    }
    let shared = match receiver::check(&method.sig, errors) {
        SelfParameter::Shared => true,
        SelfParameter::Refused => false,
        SelfParameter::Absent => {
            marks.only_local("a function without `&self` is never called from elsewhere", errors);
            return Checked::NotRemote;
        }
    };
    match hook::check(method, &marks, errors) {
        Role::Hook(hook) if shared => return Checked::Hook(hook),
        Role::Ordinary => {}
        Role::Hook(_) | Role::Refused => return Checked::Refused(Vec::new()),
    }

    let free = made.check(method, errors);
    let is_attribute = marks.attribute.is_some();
    let remote = if is_attribute {
        accessors::check(method, &marks, types, descriptors, errors)
    } else {
        remote(method, &marks, types, descriptors, errors).map(|method| vec![method])
    };
    match remote {
        // The attribute has a method of this name for the callers.
        _ if !free => Checked::Refused(Vec::new()),
        Some(remote) if shared => Checked::Remote(remote),
        _ if is_attribute => Checked::Refused(accessors::stubs(method, types)),
        _ => Checked::Refused(stub::of(method, &marks, types).into_iter().collect()),
    }
}

fn remote(
    method: &parse::Method,
    marks: &Marks<'_>,
    types: &Types,
    descriptors: &mut Descriptors,
    errors: &Errors,
) -> Option<Method> {
    let sig = &method.sig;
    let returned = stream::returned(&sig.output, marks);
    let callable = signature::check(sig, errors);
    let kind = kind::check(sig, marks, &returned, errors);
    let parameters = parameters(method, types, errors);
    let outcome = result::check(&returned, marks, types, errors);

    let wire_name = marks.wire_name(&sig.ident)?;
    let Parameters { state, arguments } = parameters?;
    let (kind, outcome) = (kind?, outcome?);
    let (claims, uncertain) = claims(method, &returned, &outcome, types);
    callable.then(|| Method {
        wire_name,
        descriptor: descriptors.name(&sig.ident),
        ident: sig.ident.clone(),
        called: sig.ident.clone(),
        vis: method.vis.clone(),
        forwarded: attributes::forwarded(&method.attrs),
        cfgs: attributes::cfgs(&method.attrs),
        kind,
        timeout: marks.after,
        state,
        arguments,
        outcome,
        claims,
        doubt: uncertain.then(|| messages::method_cannot_travel(&sig.ident).to_string()),
    })
}

fn claims(
    method: &parse::Method,
    returned: &Returned,
    outcome: &Outcome,
    types: &Types,
) -> (Vec<Claim>, bool) {
    let mut claims = Claims::new(types);
    let parameters = method.sig.inputs.iter().filter_map(typed).enumerate();
    parameters
        .filter(|(position, parameter)| *position > 0 || !state::is_state(&parameter.ty))
        .for_each(|(_, parameter)| claims.argument(parameter));
    if let Some(ty) = &returned.ty {
        claims.result(ty, &outcome.kind);
    }
    claims.into_parts()
}

/// What stands behind `&self`.
struct Parameters {
    state: Option<StateParameter>,
    arguments: Vec<Argument>,
}

fn parameters(method: &parse::Method, types: &Types, errors: &Errors) -> Option<Parameters> {
    let parameters: Vec<&PatType> = method.sig.inputs.iter().filter_map(typed).collect();
    let taken = argument::names_of(parameters.iter().copied());
    let (state, ordinary) = match parameters.split_first() {
        Some((first, rest)) if state::is_state(&first.ty) => {
            let own = argument::plain_name(&first.pat).cloned();
            let name = own.unwrap_or_else(|| names::stand_in("state", &taken, first.pat.span()));
            (Some(StateParameter { name, span: first.ty.span() }), rest)
        }
        _ => (None, parameters.as_slice()),
    };

    let few_enough = signature::check_count(ordinary, errors);
    let checked: Vec<Option<Argument>> = ordinary
        .iter()
        .enumerate()
        .map(|(position, parameter)| argument::check(position, parameter, &taken, types, errors))
        .collect();
    let arguments = checked.into_iter().collect::<Option<Vec<_>>>();
    arguments.filter(|_| few_enough).map(|arguments| Parameters { state, arguments })
}

fn typed(argument: &FnArg) -> Option<&PatType> {
    match argument {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    }
}
