//! The numbers of the methods.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Module, names};

/// An enumeration counts in source order, and skips what a `#[cfg]` takes out, before anybody asks.
pub(super) fn enumeration(module: &Module) -> TokenStream {
    let index = names::index();
    let variants = module.methods.iter().map(|method| {
        let (cfgs, descriptor) = (&method.cfgs, &method.descriptor);
        quote!(#(#cfgs)* #descriptor)
    });
    quote!(enum #index { #(#variants,)* })
}
