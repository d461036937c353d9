//! The question whether a plain result is a `Result` under another name.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::assertion::assertion;
use crate::model::{Module, OutcomeKind, Place};

/// One assertion for each type whose name does not settle it.
pub(super) fn all(module: &Module) -> TokenStream {
    let runtime = &module.runtime;
    let probes = module.methods.iter().filter_map(|method| {
        let OutcomeKind::Value { ty, disguise: Some(text) } = &method.outcome.kind else { return None };
        let cfgs = &method.cfgs;
        let condition = quote_spanned!(ty.span()=> !#runtime::__private::Probe::<#ty>::IS_RESULT);
        let assertion = assertion(Place::of(ty), &condition, text);
        Some(quote_spanned!(ty.span()=> #(#cfgs)* const _: () = #assertion))
    });
    let probes: TokenStream = probes.collect();
    let uses = (!probes.is_empty()).then(|| quote!(use #runtime::__private::IsNotResult as _;));
    quote!(#uses #probes)
}
