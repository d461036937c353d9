//! The arguments in the places where they appear.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};

use crate::model::{Argument, Form, Method, StateParameter, names};

/// The parameters of a proxy's method: `state: &State, player: &str`.
pub(super) fn parameters(method: &Method, runtime: &TokenStream) -> TokenStream {
    let state = method.state.iter().map(|StateParameter { name, .. }| quote!(#name: &#runtime::State));
    let rest = method.arguments.iter().map(|Argument { name, shown, .. }| quote!(#name: #shown));
    let parameters = state.chain(rest);
    quote!(#(, #parameters)*)
}

/// What the caller encodes, as a tuple type.
pub(super) fn sent(method: &Method, runtime: &TokenStream) -> TokenStream {
    let types = method.arguments.iter().map(|argument| {
        let sent = &argument.sent;
        match argument.form {
            Form::Bytes => quote_spanned!(argument.span=> #runtime::__private::ByteSlice<'a>),
            Form::ByteVec => quote_spanned!(argument.span=> #runtime::__private::ByteVec),
            _ => sent.clone(),
        }
    });
    quote!((#(#types,)*))
}

/// What the callee decodes, as a tuple type.
pub(super) fn received(method: &Method, runtime: &TokenStream) -> TokenStream {
    let types = method.arguments.iter().map(|argument| match &argument.form {
        Form::Plain => argument.sent.clone(),
        Form::Bytes => quote_spanned!(argument.span=> #runtime::__private::ByteSlice<'a>),
        Form::ByteVec => quote_spanned!(argument.span=> #runtime::__private::ByteVec),
        Form::CowText => quote_spanned!(argument.span=> #runtime::__private::CowStr<'a>),
        Form::Slice(elem) => quote_spanned!(argument.span=> ::std::vec::Vec<#elem>),
        Form::Reference(ty) => ty.clone(),
    });
    quote!((#(#types,)*))
}

/// The tuple that a proxy makes of its parameters.
pub(super) fn packed(method: &Method, runtime: &TokenStream) -> TokenStream {
    let values = method.arguments.iter().map(|Argument { name, form, .. }| match form {
        Form::Bytes => quote!(#runtime::__private::ByteSlice(#name)),
        Form::ByteVec => quote!(#runtime::__private::ByteVec(#name)),
        _ => quote!(#name),
    });
    quote!((#(#values,)*))
}

/// The method's arguments out of the tuple that the caller packed.
pub(super) fn from_caller(method: &Method) -> TokenStream {
    unpacked(method, |form, field| match form {
        Form::Bytes | Form::ByteVec => quote!(#field.0),
        _ => field,
    })
}

/// The method's arguments out of the tuple that was decoded.
pub(super) fn from_frame(method: &Method) -> TokenStream {
    unpacked(method, |form, field| match form {
        Form::Plain => field,
        Form::Bytes | Form::ByteVec | Form::CowText => quote!(#field.0),
        Form::Slice(_) | Form::Reference(_) => quote!(&#field),
    })
}

fn unpacked(method: &Method, take: impl Fn(&Form, TokenStream) -> TokenStream) -> TokenStream {
    let tuple = names::arguments();
    let state = method.state.iter().map(|state| names::state(state.span).into_token_stream());
    let values = method.arguments.iter().enumerate().map(|(position, argument)| {
        let position = Literal::usize_unsuffixed(position);
        take(&argument.form, quote!(#tuple.#position))
    });
    let values = state.chain(values);
    quote!(#(#values),*)
}
