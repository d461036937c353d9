//! What stands around the arguments: qualifiers, type parameters, and how many there may be.

use syn::{GenericParam, PatType, Safety, Signature};

use crate::errors::Errors;
use crate::messages;

/// A call's arguments are one tuple for serde, which knows tuples of up to this many.
const MOST_ARGUMENTS: usize = 16;

/// Whether a call from another machine can be made at all.
pub(super) fn check(sig: &Signature, errors: &Errors) -> bool {
    let mut fine = true;
    let mut refuse = |tokens: &dyn quote::ToTokens, message| {
        errors.at(tokens, message);
        fine = false;
    };

    if let Safety::Unsafe(token) = &sig.safety {
        refuse(token, messages::unsafe_method());
    }
    if let Some(abi) = &sig.abi {
        refuse(abi, messages::extern_method());
    }
    for parameter in &sig.generics.params {
        match parameter {
            GenericParam::Lifetime(_) => {}
            GenericParam::Type(parameter) => refuse(&parameter.ident, messages::type_parameter()),
            GenericParam::Const(parameter) => refuse(&parameter.ident, messages::const_parameter()),
        }
    }
    if let Some(variadic) = &sig.variadic {
        refuse(&variadic.dots, messages::variadic_method());
    }
    fine
}

/// Whether the arguments are few enough; the first one too many is the one reported.
pub(super) fn check_count(arguments: &[&PatType], errors: &Errors) -> bool {
    let excess = arguments.get(MOST_ARGUMENTS);
    if let Some(argument) = excess {
        errors.at(argument, messages::too_many_arguments(MOST_ARGUMENTS));
    }
    excess.is_none()
}
