//! Methods in the place of those that were refused. The build fails, so nobody ever calls them.

use proc_macro2::TokenStream;
use quote::quote;

use super::outcome;
use crate::model::{Module, Stub};

/// On both proxies; nothing in a block without mistakes.
pub(super) fn all(module: &Module) -> TokenStream {
    if module.stubs.is_empty() {
        return TokenStream::new();
    }
    let Module { runtime, shard, broadcast, .. } = module;
    let shard_methods = module.stubs.iter().map(|stub| {
        let reply = outcome::of_shard(&stub.outcome, stub.is_stream, runtime);
        method(stub, &quote!(async), &reply)
    });
    let broadcast_methods = module.stubs.iter().map(|stub| {
        let reply = outcome::of_broadcast(&stub.outcome, stub.is_stream, runtime);
        method(stub, &TokenStream::new(), &reply)
    });
    quote! {
        #[allow(unused_variables)]
        impl #shard { #(#shard_methods)* }
        #[allow(unused_variables)]
        impl #broadcast { #(#broadcast_methods)* }
    }
}

fn method(stub: &Stub, asyncness: &TokenStream, output: &TokenStream) -> TokenStream {
    let Stub { ident, vis, cfgs, generics, parameters, .. } = stub;
    let (generics, _, clause) = generics.split_for_impl();
    let parameters = parameters.iter().map(|(name, ty)| quote!(#name: #ty));
    quote! {
        #(#cfgs)*
        #vis #asyncness fn #ident #generics(&self #(, #parameters)*) -> #output #clause {
            ::core::unimplemented!()
        }
    }
}
