//! The types of a method's result.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Outcome, OutcomeKind};

/// What a call gives when all goes well.
pub(super) fn value(outcome: &Outcome, runtime: &TokenStream) -> TokenStream {
    match &outcome.kind {
        OutcomeKind::Unit => quote!(()),
        OutcomeKind::Value { ty, .. } => ty.clone(),
        OutcomeKind::Result { value, .. } => value.clone(),
        OutcomeKind::Alias(alias) => quote!(<#alias as #runtime::__private::Fallible>::Value),
    }
}

/// What the method itself fails with.
pub(super) fn error(outcome: &Outcome, runtime: &TokenStream) -> TokenStream {
    match &outcome.kind {
        OutcomeKind::Unit | OutcomeKind::Value { .. } => quote!(#runtime::Never),
        OutcomeKind::Result { error, .. } => error.clone(),
        OutcomeKind::Alias(alias) => quote!(<#alias as #runtime::__private::Fallible>::Error),
    }
}

/// What the shard's method gives back. One `?` is enough for the call's failures and the method's.
pub(super) fn reply(outcome: &Outcome, runtime: &TokenStream) -> TokenStream {
    let value = value(outcome, runtime);
    match &outcome.kind {
        OutcomeKind::Unit | OutcomeKind::Value { .. } => {
            quote!(::core::result::Result<#value, #runtime::CallError>)
        }
        OutcomeKind::Result { .. } | OutcomeKind::Alias(_) => {
            let error = error(outcome, runtime);
            quote!(::core::result::Result<#value, #runtime::CallError<#error>>)
        }
    }
}

/// Whether the method's own result is no `Result` yet.
pub(super) fn is_plain(outcome: &Outcome) -> bool {
    matches!(outcome.kind, OutcomeKind::Unit | OutcomeKind::Value { .. })
}
