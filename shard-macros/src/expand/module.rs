//! The dispatch table, and what else the runtime asks a module.

use proc_macro2::TokenStream;
use quote::quote;

use super::hooks;
use crate::model::{Module, Running, names};

/// `impl ShardedModule for Arena`.
pub(super) fn implementation(module: &Module) -> TokenStream {
    let Module { runtime, ty, name, shard, broadcast, .. } = module;
    let link = names::link();
    let rows = module.methods.iter().map(|method| {
        let (cfgs, descriptor) = (&method.cfgs, &method.descriptor);
        let row = match method.kind.running() {
            Running::Unary => quote!(row),
            Running::Plain => quote!(row_plain),
            Running::Blocking => quote!(row_blocking),
            Running::Stream => quote!(row_stream),
        };
        quote!(#(#cfgs)* #runtime::__private::#row::<#descriptor>())
    });
    let limit = module.limit.map(|limit| {
        quote! {
            const LIMIT: ::core::option::Option<::core::primitive::u32> =
                ::core::option::Option::Some(#limit);
        }
    });
    let role = module.role.as_ref().map(|role| {
        quote! {
            const ROLE: ::core::option::Option<&'static ::core::primitive::str> =
                ::core::option::Option::Some(#role);
        }
    });
    let hooks = hooks::all(module);
    quote! {
        #[automatically_derived]
        impl #runtime::ShardedModule for #ty {
            type Shard = #shard;
            type Broadcast = #broadcast;
            const NAME: &'static ::core::primitive::str = #name;
            #limit
            #role
            const ROWS: &'static [#runtime::__private::Row<Self>] = &[#(#rows),*];
            fn __shard(#link: #runtime::__private::ShardLink<Self>) -> #shard {
                #shard { #link }
            }
            fn __broadcast(#link: #runtime::__private::BroadcastLink<Self>) -> #broadcast {
                #broadcast { #link }
            }
            #hooks
        }
    }
}
