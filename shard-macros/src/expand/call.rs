//! The call of the user's method, in the two places that make it.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{arguments, outcome};
use crate::model::{Kind, Method, names};

/// A future of `Result<Value, Error>`, made of the tuple that the caller packed.
pub(super) fn for_caller(method: &Method, runtime: &TokenStream) -> TokenStream {
    future(method, &arguments::from_caller(method), false, runtime)
}

/// A future of `Result<Value, Error>`, made of the tuple that was decoded.
pub(super) fn for_frame(method: &Method, runtime: &TokenStream) -> TokenStream {
    future(method, &arguments::from_frame(method), method.borrows_what_was_decoded(), runtime)
}

/// A `Result<Value, Error>` at once, made of the tuple that was decoded.
pub(super) fn at_once(method: &Method, runtime: &TokenStream) -> TokenStream {
    settled(method, &arguments::from_frame(method), runtime)
}

fn future(method: &Method, arguments: &TokenStream, owns: bool, runtime: &TokenStream) -> TokenStream {
    let (module, ident) = (names::module(), &method.ident);
    let span = ident.span();
    if method.kind != Kind::Async {
        let result = settled(method, arguments, runtime);
        return quote_spanned!(span=> #runtime::__private::ready(#result));
    }
    let call = quote_spanned!(span=> #module.#ident(#arguments));
    if outcome::is_plain(&method.outcome) {
        quote_spanned!(span=> async move { #runtime::__private::plain(#call.await) })
    } else if owns {
        quote_spanned!(span=> async move { #call.await })
    } else {
        call
    }
}

fn settled(method: &Method, arguments: &TokenStream, runtime: &TokenStream) -> TokenStream {
    let (module, ident) = (names::module(), &method.ident);
    let span = ident.span();
    let call = quote_spanned!(span=> #module.#ident(#arguments));
    if outcome::is_plain(&method.outcome) {
        quote_spanned!(span=> #runtime::__private::plain(#call))
    } else {
        call
    }
}
