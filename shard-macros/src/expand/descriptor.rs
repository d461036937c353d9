//! The types that stand for methods, one each.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{arguments, call, outcome};
use crate::model::{Argument, Kind, Method, Module, names};

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
    let (index, m, s, a) =
        (names::index(), names::module(), names::state(Span::call_site()), names::arguments());
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
    let future = match method.kind {
        Kind::Blocking => quote! {
            #runtime::__private::ready(<Self as #runtime::__private::BlockingMethod>::run(#m, #s, #a))
        },
        Kind::Async | Kind::Plain => call::for_frame(method, runtime),
    };
    let result = quote!(::core::result::Result<Self::Value, Self::Error>);
    // A future that is not `Send` is the method's fault, and reported there.
    let promise = quote_spanned! {ident.span()=>
        impl ::core::future::Future<Output = #result> + ::core::marker::Send
    };
    let blocking = (method.kind == Kind::Blocking).then(|| blocking(module, method));
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
            fn serve<'a>(#m: &'a #ty, #s: &'a #runtime::State, #a: Self::Decoded<'a>) -> #promise {
                #future
            }
        }
        #blocking
    }
}

/// What a thread of its own runs.
fn blocking(module: &Module, method: &Method) -> TokenStream {
    let Module { runtime, ty, .. } = module;
    let Method { descriptor, cfgs, .. } = method;
    let (m, s, a) = (names::module(), names::state(Span::call_site()), names::arguments());
    let body = call::at_once(method, runtime);
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #runtime::__private::BlockingMethod for #descriptor {
            fn run<'a>(
                #m: &'a #ty,
                #s: &'a #runtime::State,
                #a: Self::Decoded<'a>,
            ) -> ::core::result::Result<Self::Value, Self::Error> {
                #body
            }
        }
    }
}
