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
pub(super) fn of_shard(outcome: &Outcome, is_stream: bool, runtime: &TokenStream) -> TokenStream {
    let given = given(outcome, is_stream, runtime);
    if is_plain(outcome) {
        return quote!(::core::result::Result<#given, #runtime::CallError>);
    }
    let error = error(outcome, runtime);
    quote!(::core::result::Result<#given, #runtime::CallError<#error>>)
}

/// What the broadcast's method gives back.
pub(super) fn of_broadcast(outcome: &Outcome, is_stream: bool, runtime: &TokenStream) -> TokenStream {
    let given = given(outcome, is_stream, runtime);
    let error = error(outcome, runtime);
    quote!(#runtime::BroadcastCall<#given, #error>)
}

/// A value, or a stream of them.
fn given(outcome: &Outcome, is_stream: bool, runtime: &TokenStream) -> TokenStream {
    let value = value(outcome, runtime);
    if is_stream { quote!(#runtime::Incoming<#value>) } else { value }
}

/// Whether the method's own result is no `Result` yet.
pub(super) fn is_plain(outcome: &Outcome) -> bool {
    matches!(outcome.kind, OutcomeKind::Unit | OutcomeKind::Value { .. })
}
