//! `const _: () = assert!(…)`: a question to the compiler with the answer to give in our own words.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use crate::model::Place;

/// The statement, which the compiler will underline from the first token of the place to its last.
pub(super) fn assertion(place: Place, condition: &TokenStream, text: &str) -> TokenStream {
    // The text is a format string to `assert!`, so its braces are doubled.
    let text = text.replace('{', "{{").replace('}', "}}");
    let mut parentheses = Group::new(Delimiter::Parenthesis, quote!(#condition, #text));
    parentheses.set_span(place.last);
    let parentheses = TokenTree::Group(parentheses);
    quote_spanned!(place.first=> ::core::assert! #parentheses;)
}
