//! The life cycle of a module.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::model::{Hook, Module, names};

/// The hooks that the block has; the trait does nothing for the others.
pub(super) fn all(module: &Module) -> TokenStream {
    module.hooks.iter().map(|hook| one(hook, &module.runtime)).collect()
}

fn one(hook: &Hook, runtime: &TokenStream) -> TokenStream {
    let Hook { kind, ident, cfgs, is_async } = hook;
    let (hook, node) = (names::hook(*kind), names::node());
    let wait = is_async.then(|| quote!(.await));
    let done = quote_spanned! {ident.span()=>
        #runtime::__private::hook_done(self.#ident(#node)#wait)
    };
    quote! {
        #(#cfgs)*
        fn #hook<'a>(&'a self, #node: &'a #runtime::Node) -> #runtime::__private::Hook<'a> {
            #runtime::__private::hook(async move { #done })
        }
    }
}
