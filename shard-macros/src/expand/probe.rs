//! The question whether a plain result is a `Result` under another name.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::model::{Module, OutcomeKind};

/// One assertion for each type whose name does not settle it.
pub(super) fn all(module: &Module) -> TokenStream {
    let runtime = &module.runtime;
    let probes: TokenStream = module
        .methods
        .iter()
        .filter_map(|method| match &method.outcome.kind {
            OutcomeKind::Value { ty, probe: true } => Some((method, ty)),
            _ => None,
        })
        .map(|(method, ty)| {
            let cfgs = &method.cfgs;
            let text = format!(
                "`{}` is a `Result` under another name, and its error would be sent as a value\n\
                 help: mark the method `#[fallible]`",
                method.outcome.written
            );
            quote_spanned! {ty.span()=>
                #(#cfgs)*
                const _: () = ::core::assert!(!#runtime::__private::Probe::<#ty>::IS_RESULT, #text);
            }
        })
        .collect();
    if probes.is_empty() {
        return probes;
    }
    quote! {
        use #runtime::__private::IsNotResult as _;
        #probes
    }
}
