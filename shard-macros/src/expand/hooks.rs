//! The life cycle of a module, and the coming and going of its slots.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::model::{Hook, HookKind, Module, names};

/// The hooks that the block has; the trait does nothing for the others.
pub(super) fn all(module: &Module) -> TokenStream {
    module.hooks.iter().map(|hook| one(hook, &module.runtime)).collect()
}

fn one(hook: &Hook, runtime: &TokenStream) -> TokenStream {
    let Hook { kind, ident, cfgs, is_async } = hook;
    let name = names::hook(*kind);
    let (node, slots, other, cause) = (names::node(), names::slots(), names::other(), names::cause());
    let by_name = quote!(::core::option::Option<&'a #runtime::NodeName>);
    let (parameters, arguments) = match kind {
        HookKind::Start | HookKind::Stop => (quote!(#node: &'a #runtime::Node), quote!(#node)),
        HookKind::SlotsArriving => {
            (quote!(#slots: &'a #runtime::Slots, #other: #by_name), quote!(#slots, #other))
        }
        HookKind::SlotsLeaving => (
            quote!(#slots: &'a #runtime::Slots, #other: #by_name, #cause: #runtime::LeaveCause),
            quote!(#slots, #other, #cause),
        ),
    };
    // Nothing waits for a hook that is not there.
    let exists = names::hook_exists(*kind).map(|exists| {
        quote! {
            #(#cfgs)*
            const #exists: ::core::primitive::bool = true;
        }
    });
    let wait = is_async.then(|| quote!(.await));
    let done = quote_spanned! {ident.span()=>
        #runtime::__private::hook_done(self.#ident(#arguments)#wait)
    };
    quote! {
        #exists
        #(#cfgs)*
        fn #name<'a>(&'a self, #parameters) -> #runtime::__private::Hook<'a> {
            #runtime::__private::hook(async move { #done })
        }
    }
}
