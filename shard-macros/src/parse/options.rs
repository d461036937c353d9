//! The options between the parentheses of the attribute.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Ident, LitInt, LitStr, Path, Token};

use crate::errors::Errors;
use crate::messages;

/// `#[sharded_module(name = "arena", limit = 3, role = "match", crate = path)]`.
#[derive(Default)]
pub(crate) struct Options {
    /// The module's name in the cluster.
    pub(crate) name: Option<LitStr>,
    /// On how many nodes it runs at most.
    pub(crate) limit: Option<LitInt>,
    /// The role of the nodes that host it.
    pub(crate) role: Option<LitStr>,
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
            "limit" if self.limit.is_some() => errors.at(option, messages::option_twice(&key)),
            "role" if self.role.is_some() => errors.at(option, messages::option_twice(&key)),
            "crate" if self.runtime.is_some() => errors.at(option, messages::option_twice(&key)),
            "name" => match assigned(<LitStr as Parse>::parse).parse2(value) {
                Ok(name) => self.name = Some(name),
                Err(_) => errors.at(option, messages::option_name_value()),
            },
            "limit" => match assigned(<LitInt as Parse>::parse).parse2(value.clone()) {
                Ok(limit) => self.limit = Some(limit),
                Err(_) => errors.at(written(option, &value), messages::option_limit_value()),
            },
            "role" => match assigned(<LitStr as Parse>::parse).parse2(value.clone()) {
                Ok(role) => self.role = Some(role),
                Err(_) => errors.at(written(option, &value), messages::option_role_value()),
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

/// What stands behind the `=`; the whole option if nothing does.
fn written(option: &TokenStream, value: &TokenStream) -> TokenStream {
    let mut tokens = value.clone().into_iter();
    let assigns = matches!(tokens.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == '=');
    let value: TokenStream = tokens.collect();
    if assigns && !value.is_empty() { value } else { option.clone() }
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
