//! The types that stand for methods, one each.

use proc_macro2::TokenStream;
use quote::quote;

use super::{arguments, outcome, running, timeout};
use crate::model::{Argument, Method, Module, names};

/// All descriptors in source order.
pub(super) fn all(module: &Module) -> TokenStream {
    if module.methods.is_empty() {
        return TokenStream::new();
    }
    let runtime = &module.runtime;
    let descriptors = module.methods.iter().map(|method| one(module, method));
    quote! {
        use #runtime::__private::NoPassage as _;
        #(#descriptors)*
    }
}

fn one(module: &Module, method: &Method) -> TokenStream {
    let Module { runtime, ty, title, .. } = module;
    let Method { ident, descriptor, cfgs, wire_name, .. } = method;
    let index = names::index();
    let doc = format!(" `{title}::{ident}` on the wire.");
    let sent = arguments::sent(method, runtime);
    let received = arguments::received(method, runtime);
    let value = outcome::value(&method.outcome, runtime);
    let error = outcome::error(&method.outcome, runtime);
    let described = method.arguments.iter().map(|Argument { label, written, .. }| {
        quote!(#runtime::__private::Argument { name: #label, written: #written })
    });
    let written = &method.outcome.written;
    let passage = if method.outcome.is_bytes { quote!(BYTES) } else { quote!(FOUND) };
    let promises = promises(method);
    let running = running::implementation(module, method);
    quote! {
        #[doc = #doc]
        #(#cfgs)*
        struct #descriptor;
        #(#cfgs)*
        #[automatically_derived]
        impl #runtime::__private::RemoteMethod for #descriptor {
            type Module = #ty;
            type Args<'a> = #sent;
            type Decoded<'a> = #received;
            type Value = #value;
            type Error = #error;
            const NAME: &'static ::core::primitive::str = #wire_name;
            const INDEX: ::core::primitive::usize = #index::#descriptor as ::core::primitive::usize;
            const ARGUMENTS: &'static [#runtime::__private::Argument] = &[#(#described),*];
            const WRITTEN: &'static ::core::primitive::str = #written;
            const PASSAGE: #runtime::__private::Passage<Self> = #runtime::__private::PassageOf::<Self>::#passage;
            #promises
        }
        #running
    }
}

/// What the method's marks say of its calls; the trait says the ordinary.
fn promises(method: &Method) -> TokenStream {
    let timeout = method.timeout.map(|after| {
        let after = timeout::written(after);
        quote! {
            const TIMEOUT: ::core::option::Option<::core::time::Duration> =
                ::core::option::Option::Some(#after);
        }
    });
    let idempotent = method.kind.is_idempotent().then(|| {
        quote!(
            const IDEMPOTENT: ::core::primitive::bool = true;
        )
    });
    let detached = method.kind.is_detached().then(|| {
        quote!(
            const DETACHED: ::core::primitive::bool = true;
        )
    });
    quote!(#timeout #idempotent #detached)
}
