//! What the callee runs: one trait for each kind of row.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::call;
use crate::model::{Method, Module, Running, names};

/// The implementation beside the descriptor's.
pub(super) fn implementation(module: &Module, method: &Method) -> TokenStream {
    let runtime = &module.runtime;
    let Method { descriptor, cfgs, .. } = method;
    let (name, function) = match method.kind.running() {
        Running::Unary => (quote!(UnaryMethod), unary(module, method)),
        Running::Plain => (quote!(PlainMethod), at_once(module, method)),
        Running::Blocking => (quote!(BlockingMethod), at_once(module, method)),
        Running::Stream => (quote!(StreamMethod), stream(module, method)),
    };
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #runtime::__private::#name for #descriptor {
            #function
        }
    }
}

fn unary(module: &Module, method: &Method) -> TokenStream {
    let parameters = parameters(module);
    let promise = promise(method, &result());
    let future = call::for_frame(method, &module.runtime);
    quote!(fn serve<'a>(#parameters) -> #promise { #future })
}

/// What is run in line, or on a thread of its own.
fn at_once(module: &Module, method: &Method) -> TokenStream {
    let (parameters, result) = (parameters(module), result());
    let body = call::at_once(method, &module.runtime);
    quote!(fn run<'a>(#parameters) -> #result { #body })
}

/// What runs until the stream ends or its reader goes. It owns what was decoded, so that the stream may borrow it.
fn stream(module: &Module, method: &Method) -> TokenStream {
    let runtime = &module.runtime;
    let (parameters, outlet) = (parameters(module), names::outlet(method.called.span()));
    let promise = promise(method, &quote!(#runtime::__private::Finished));
    let body = call::into_outlet(method, runtime);
    quote! {
        fn stream<'a>(#parameters, #outlet: #runtime::__private::Outlet<Self>) -> #promise { #body }
    }
}

fn parameters(module: &Module) -> TokenStream {
    let Module { runtime, ty, .. } = module;
    let (m, s, a) = (names::module(), names::state(Span::call_site()), names::arguments());
    quote!(#m: &'a #ty, #s: &'a #runtime::State, #a: Self::Decoded<'a>)
}

fn result() -> TokenStream {
    quote!(::core::result::Result<Self::Value, Self::Error>)
}

/// A future that is not `Send` is the method's fault, and reported there.
fn promise(method: &Method, output: &TokenStream) -> TokenStream {
    quote_spanned! {method.called.span()=>
        impl ::core::future::Future<Output = #output> + ::core::marker::Send
    }
}
