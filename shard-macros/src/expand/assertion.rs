//! `const _: () = assert!(…)`: a question to the compiler with the answer to give in our own words.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// The statement. The text is a format string to `assert!`, so its braces are doubled.
pub(super) fn assertion(span: Span, condition: &TokenStream, text: &str) -> TokenStream {
    let text = text.replace('{', "{{").replace('}', "}}");
    quote_spanned!(span=> ::core::assert!(#condition, #text);)
}
