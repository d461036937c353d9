//! The `impl` block. Its header is syn's, its methods are ours.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, ImplItem, ItemImpl, Token};

use super::{Method, marks};
use crate::errors::Errors;
use crate::messages;

/// An `impl` block whose method bodies nobody has looked into.
pub(crate) struct Block {
    /// Everything but the members: the `items` of it are empty.
    pub(crate) header: ItemImpl,
    pub(crate) members: Vec<Member>,
    inner: Vec<Attribute>,
    braces: Group,
}

/// One item of the block.
pub(crate) enum Member {
    Method(Box<Method>),
    /// A constant, a type or a macro call, which is none of our business.
    Other(TokenStream),
}

/// Reads the block, or gives the tokens back after reporting why it is none.
pub(crate) fn block(tokens: TokenStream, errors: &Errors) -> Result<Block, TokenStream> {
    match read.parse2(tokens.clone()) {
        Ok(Some(block)) => Ok(block),
        Ok(None) => {
            errors.at(keyword(&tokens), messages::not_an_impl());
            Err(tokens)
        }
        Err(error) => {
            errors.syntax(error);
            Err(marks::strip(tokens))
        }
    }
}

impl ToTokens for Block {
    /// The user's block, token for token, without the attributes that are ours.
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (inner, members) = (&self.inner, &self.members);
        let mut braces = Group::new(Delimiter::Brace, quote!(#(#inner)* #(#members)*));
        braces.set_span(self.braces.span());

        let mut header: Vec<TokenTree> = self.header.to_token_stream().into_iter().collect();
        header.pop();
        tokens.extend(header);
        tokens.extend([TokenTree::Group(braces)]);
    }
}

impl ToTokens for Member {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Method(method) => method.to_tokens(tokens),
            Self::Other(other) => other.to_tokens(tokens),
        }
    }
}

/// `None` when the item is something else than an `impl` block.
fn read(input: ParseStream<'_>) -> syn::Result<Option<Block>> {
    let ahead = input.fork();
    ahead.call(Attribute::parse_outer)?;
    ahead.parse::<Option<Token![unsafe]>>()?;
    let is_impl = ahead.peek(Token![impl]) || (ahead.peek(syn::Ident) && ahead.peek2(Token![impl]));
    if !is_impl {
        input.parse::<TokenStream>()?;
        return Ok(None);
    }

    let mut header: Vec<TokenTree> = input.parse::<TokenStream>()?.into_iter().collect();
    let Some(TokenTree::Group(braces)) = header.pop() else {
        return Err(input.error("expected the braces of the `impl` block"));
    };
    let mut empty = Group::new(Delimiter::Brace, TokenStream::new());
    empty.set_span(braces.span());
    header.push(TokenTree::Group(empty));

    let header: ItemImpl = syn::parse2(header.into_iter().collect())?;
    let (inner, members) = members.parse2(braces.stream())?;
    Ok(Some(Block { header, members, inner, braces }))
}

fn members(input: ParseStream<'_>) -> syn::Result<(Vec<Attribute>, Vec<Member>)> {
    let inner = input.call(Attribute::parse_inner)?;
    let mut members = Vec::new();
    while !input.is_empty() {
        members.push(match Method::read(input)? {
            Some(method) => Member::Method(Box::new(method)),
            None => Member::Other(input.parse::<ImplItem>()?.into_token_stream()),
        });
    }
    Ok((inner, members))
}

/// The first token behind the attributes, which says what the item is.
fn keyword(tokens: &TokenStream) -> TokenStream {
    let skip = |input: ParseStream<'_>| {
        input.call(Attribute::parse_outer)?;
        input.parse::<TokenStream>()
    };
    let item = skip.parse2(tokens.clone()).unwrap_or_else(|_| tokens.clone());
    item.into_iter().take(1).collect()
}
