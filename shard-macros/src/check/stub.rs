//! What callers see of a method that was refused: its signature, as far as a proxy can have it.

use syn::{FnArg, PatType, Type};

use super::marks::Marks;
use super::{argument, attributes, nested, result, shape, stream};
use crate::model::{Stub, Types};
use crate::parse::Method;

/// Nothing if the signature itself would be a second mistake.
pub(super) fn of(method: &Method, marks: &Marks<'_>, types: &Types) -> Option<Stub> {
    let sig = &method.sig;
    let arguments: Option<Vec<&PatType>> = sig.inputs.iter().skip(1).map(ordinary).collect();
    let arguments = arguments?;
    let returned = stream::returned(&sig.output, marks);
    if sig.variadic.is_some() || !returned.ty.as_ref().is_none_or(can_be_wrapped) {
        return None;
    }
    let taken = argument::names_of(arguments.iter().copied());
    let parameters = arguments.iter().enumerate().map(|(position, parameter)| {
        (argument::name(position, &parameter.pat, &taken), types.spelled(&parameter.ty))
    });
    Some(Stub {
        ident: sig.ident.clone(),
        vis: method.vis.clone(),
        cfgs: attributes::cfgs(&method.attrs),
        generics: sig.generics.clone(),
        parameters: parameters.collect(),
        outcome: result::outcome(&returned, marks, types),
        is_stream: returned.is_stream(),
    })
}

/// An argument that a function can have at all.
fn ordinary(argument: &FnArg) -> Option<&PatType> {
    let FnArg::Typed(parameter) = argument else { return None };
    let ty = shape::peel(&parameter.ty);
    let has_size = !matches!(ty, Type::Slice(_) | Type::TraitObject(_)) && !shape::is_word(ty, "str");
    let unconditional = !parameter.attrs.iter().any(|attr| attr.path().is_ident("cfg"));
    (has_size && unconditional).then_some(parameter)
}

/// `impl Trait` needs a body that says which type it is, and `!` stands nowhere but alone.
fn can_be_wrapped(ty: &Type) -> bool {
    !nested::any(ty, |part| matches!(part, Type::ImplTrait(_) | Type::Never(_) | Type::TraitObject(_)))
}
