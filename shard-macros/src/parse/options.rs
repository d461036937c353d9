//! The options between the parentheses of the attribute.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Ident, LitStr, Path, Token};

use crate::errors::Errors;
use crate::messages;

/// `#[sharded_module(name = "arena", crate = path)]`.
#[derive(Default)]
pub(crate) struct Options {
    /// The module's name in the cluster.
    pub(crate) name: Option<LitStr>,
    /// Where the runtime is found.
    pub(crate) runtime: Option<Path>,
}

/// Reads all options, and reports every one that cannot be read.
pub(crate) fn options(tokens: TokenStream, errors: &Errors) -> Options {
    let mut options = Options::default();
    for option in split_at_commas(tokens) {
        options.read(&option, errors);
    }
    options
}

impl Options {
    fn read(&mut self, option: &TokenStream, errors: &Errors) {
        let Ok((key, value)) =
            (|input: ParseStream<'_>| Ok((input.call(Ident::parse_any)?, input.parse::<TokenStream>()?)))
                .parse2(option.clone())
        else {
            errors.at(option, messages::option_not_a_name());
            return;
        };
        match key.to_string().as_str() {
            "name" if self.name.is_some() => errors.at(option, messages::option_twice(&key)),
            "crate" if self.runtime.is_some() => errors.at(option, messages::option_twice(&key)),
            "name" => match assigned(<LitStr as Parse>::parse).parse2(value) {
                Ok(name) => self.name = Some(name),
                Err(_) => errors.at(option, messages::option_name_value()),
            },
            "crate" => match assigned(Path::parse_mod_style).parse2(value) {
                Ok(path) => self.runtime = Some(path),
                Err(_) => errors.at(option, messages::option_crate_value()),
            },
            _ => errors.at(&key, messages::option_unknown(&key)),
        }
    }
}

/// `= value` and nothing behind it.
fn assigned<T>(
    value: fn(ParseStream<'_>) -> syn::Result<T>,
) -> impl FnOnce(ParseStream<'_>) -> syn::Result<T> {
    move |input| {
        input.parse::<Token![=]>()?;
        value(input)
    }
}

/// One stream for each option, so that a mistake in one does not hide the next.
fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match (&token, parts.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => parts.push(TokenStream::new()),
            (_, Some(part)) => part.extend([token]),
            (_, None) => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}
