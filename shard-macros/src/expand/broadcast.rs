//! `ArenaBroadcast`: the handle of all nodes that host the module.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Module, names};

/// The struct. It is always `pub`, for it stands in the interface of a public trait.
pub(super) fn structure(module: &Module) -> TokenStream {
    let Module { runtime, ty, title, broadcast, cfgs, .. } = module;
    let link = names::link();
    let doc = format!(
        " Every node that hosts [`{title}`]: its methods are those of the module, and each call goes to all of them."
    );
    quote! {
        #[doc = #doc]
        #(#cfgs)*
        pub struct #broadcast {
            #link: #runtime::__private::BroadcastLink<#ty>,
        }
    }
}

/// What every broadcast can do.
pub(super) fn traits(module: &Module) -> TokenStream {
    let Module { runtime, broadcast, .. } = module;
    let link = names::link();
    quote! {
        #[automatically_derived]
        impl ::core::clone::Clone for #broadcast {
            fn clone(&self) -> Self {
                Self { #link: ::core::clone::Clone::clone(&self.#link) }
            }
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for #broadcast {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #runtime::__private::fmt_broadcast(&self.#link, f)
            }
        }
    }
}
