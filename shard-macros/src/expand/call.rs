//! The call of the user's method, in the two places that make it.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{arguments, outcome};
use crate::model::{Access, Kind, Method, names};

/// A future of `Result<Value, Error>`, made of the tuple that the caller packed.
pub(super) fn for_caller(method: &Method, runtime: &TokenStream) -> TokenStream {
    future(method, &arguments::from_caller(method), false, runtime)
}

/// A future of `Result<Value, Error>`, made of the tuple that was decoded.
pub(super) fn for_frame(method: &Method, runtime: &TokenStream) -> TokenStream {
    future(method, &arguments::from_frame(method), method.borrows_what_was_decoded(), runtime)
}

/// A `Result<Value, Error>` at once, made of the tuple that the caller packed.
pub(super) fn at_once_for_caller(method: &Method, runtime: &TokenStream) -> TokenStream {
    settled(method, &called(method, &arguments::from_caller(method)), runtime)
}

/// A `Result<Value, Error>` at once, made of the tuple that was decoded.
pub(super) fn at_once(method: &Method, runtime: &TokenStream) -> TokenStream {
    settled(method, &called(method, &arguments::from_frame(method)), runtime)
}

/// A future that opens the stream and gives its items to the outlet, made of the tuple that was decoded.
pub(super) fn into_outlet(method: &Method, runtime: &TokenStream) -> TokenStream {
    let span = method.called.span();
    let outlet = names::outlet(span);
    let call = called(method, &arguments::from_frame(method));
    let wait = method.kind.is_async().then(|| quote_spanned!(span=> .await));
    let call = quote_spanned!(span=> #call #wait);
    let opened = settled(method, &call, runtime);
    quote_spanned!(span=> async move { #outlet.run(#opened).await })
}

fn future(method: &Method, arguments: &TokenStream, owns: bool, runtime: &TokenStream) -> TokenStream {
    let span = method.called.span();
    let call = called(method, arguments);
    if outcome::is_plain(&method.outcome) {
        quote_spanned!(span=> async move { #runtime::__private::plain(#call.await) })
    } else if owns {
        quote_spanned!(span=> async move { #call.await })
    } else {
        call
    }
}

/// The user's method, or what is done with the attribute that it lends.
fn called(method: &Method, arguments: &TokenStream) -> TokenStream {
    let (module, ident) = (names::module(), &method.called);
    let span = ident.span();
    match method.kind {
        Kind::Attribute(Access::Get) => quote_spanned!(span=> #module.#ident().get()),
        Kind::Attribute(Access::Set) => quote_spanned!(span=> #module.#ident().set(#arguments)),
        Kind::Attribute(Access::Watch) => quote_spanned!(span=> #module.#ident().watch()),
        Kind::Unary { .. } | Kind::Blocking { .. } | Kind::Stream { .. } => {
            quote_spanned!(span=> #module.#ident(#arguments))
        }
    }
}

/// A `Result` of what was called.
fn settled(method: &Method, call: &TokenStream, runtime: &TokenStream) -> TokenStream {
    if outcome::is_plain(&method.outcome) {
        quote_spanned!(method.called.span()=> #runtime::__private::plain(#call))
    } else {
        call.clone()
    }
}
