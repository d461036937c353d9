//! One method: which rules apply to it, and what is left when all have been applied.

use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{FnArg, PatType};

use super::claims::Claims;
use super::hook::Role;
use super::marks::Marks;
use super::receiver::SelfParameter;
use super::{argument, attributes, hook, marks, receiver, result, signature, state, stub};
use crate::errors::Errors;
use crate::messages;
use crate::model::names::{self, Descriptors};
use crate::model::{Argument, Claim, Hook, Kind, Method, Outcome, StateParameter, Stub, Types};
use crate::parse;

/// What a method turned out to be.
pub(super) enum Checked {
    Remote(Box<Method>),
    Hook(Hook),
    /// Wrong and reported; callers may still see something in its place.
    Refused(Option<Box<Stub>>),
    /// Local by nature or by `#[local]`.
    NotRemote,
}

/// Applies every rule, also after one has failed.
pub(super) fn check(
    method: &parse::Method,
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
        Role::Hook(_) | Role::Refused => return Checked::Refused(None),
    }

    match remote(method, &marks, types, descriptors, errors) {
        Some(remote) if shared => Checked::Remote(Box::new(remote)),
        _ => Checked::Refused(stub::of(method, &marks, types).map(Box::new)),
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
    let callable = signature::check(sig, marks, errors);
    let parameters = parameters(method, types, errors);
    let outcome = result::check(&sig.output, marks, types, errors);

    let wire_name = match (&marks.name, marks.rename) {
        (Some(name), _) => name.value(),
        (None, None) => sig.ident.unraw().to_string(),
        (None, Some(_)) => return None,
    };
    let Parameters { state, arguments } = parameters?;
    let outcome = outcome?;
    let (claims, uncertain) = claims(method, &outcome, types);
    callable.then(|| Method {
        wire_name,
        descriptor: descriptors.name(&sig.ident),
        ident: sig.ident.clone(),
        vis: method.vis.clone(),
        forwarded: attributes::forwarded(&method.attrs),
        cfgs: attributes::cfgs(&method.attrs),
        kind: match (&sig.asyncness, marks.blocking) {
            (Some(_), _) => Kind::Async,
            (None, Some(_)) => Kind::Blocking,
            (None, None) => Kind::Plain,
        },
        state,
        arguments,
        outcome,
        claims,
        doubt: uncertain.then(|| messages::method_cannot_travel(&sig.ident).to_string()),
    })
}

fn claims(method: &parse::Method, outcome: &Outcome, types: &Types) -> (Vec<Claim>, bool) {
    let mut claims = Claims::new(types);
    let parameters = method.sig.inputs.iter().filter_map(typed).enumerate();
    parameters
        .filter(|(position, parameter)| *position > 0 || !state::is_state(&parameter.ty))
        .for_each(|(_, parameter)| claims.argument(parameter));
    claims.result(&method.sig.output, &outcome.kind);
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
