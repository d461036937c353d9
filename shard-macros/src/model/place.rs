//! Where a type stands, from its first token to its last.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Two spans, because stable Rust cannot join them into one.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) first: Span,
    pub(crate) last: Span,
}

impl Place {
    /// The place of these tokens.
    pub(crate) fn of(tokens: impl ToTokens) -> Self {
        let spans: Vec<Span> =
            TokenStream::into_iter(tokens.into_token_stream()).map(|token| token.span()).collect();
        let first = spans.first().copied().unwrap_or_else(Span::call_site);
        Self { first, last: spans.last().copied().unwrap_or(first) }
    }
}
