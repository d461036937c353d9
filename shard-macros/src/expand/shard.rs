//! `ArenaShard`: the handle of one shard.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Module, names};

/// The struct. It is always `pub`, for it stands in the interface of a public trait.
pub(super) fn structure(module: &Module) -> TokenStream {
    let Module { runtime, ty, title, shard, cfgs, .. } = module;
    let link = names::link();
    let doc = format!(
        " A shard of [`{title}`]: its methods are those of the module, and each call goes to the node that has the shard."
    );
    quote! {
        #[doc = #doc]
        #(#cfgs)*
        pub struct #shard {
            #link: #runtime::__private::ShardLink<#ty>,
        }
    }
}

/// What every shard can do. The helpers are methods of a trait, so that no user method is in their way.
pub(super) fn traits(module: &Module) -> TokenStream {
    let Module { runtime, shard, .. } = module;
    let (link, after) = (names::link(), names::after());
    quote! {
        #[automatically_derived]
        impl ::core::clone::Clone for #shard {
            fn clone(&self) -> Self {
                Self { #link: ::core::clone::Clone::clone(&self.#link) }
            }
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for #shard {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #runtime::__private::fmt_shard(self, f)
            }
        }
        #[automatically_derived]
        impl #runtime::__private::serde::Serialize for #shard {
            fn serialize<S: #runtime::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                #runtime::__private::serialize_shard(self, serializer)
            }
        }
        #[automatically_derived]
        impl #runtime::Shard for #shard {
            fn __core(&self) -> &#runtime::__private::ShardCore {
                self.#link.core()
            }
            fn __timeout(&self, #after: ::core::time::Duration) -> Self {
                Self { #link: self.#link.timeout(#after) }
            }
        }
    }
}
