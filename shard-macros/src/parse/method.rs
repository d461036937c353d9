//! One method: attributes, signature, and a body that stays raw tokens.

use proc_macro2::{Group, TokenStream};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Attribute, Signature, Token, Visibility};

use super::Mark;
use super::marks;

/// A method as written.
pub(crate) struct Method {
    /// All attributes but ours.
    pub(crate) attrs: Vec<Attribute>,
    /// The attributes that are ours.
    pub(crate) marks: Vec<Mark>,
    pub(crate) vis: Visibility,
    defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    /// Never looked into, so that half-typed code keeps its completion.
    body: Group,
}

impl Method {
    /// `None` if what comes next is not a function with a body; nothing is consumed then.
    pub(crate) fn read(input: ParseStream<'_>) -> syn::Result<Option<Self>> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        if !starts_a_function(&ahead)? {
            return Ok(None);
        }

        let (marks, attrs) = marks::split(input.call(Attribute::parse_outer)?);
        Ok(Some(Self {
            attrs,
            marks,
            vis: input.parse()?,
            defaultness: input.parse()?,
            sig: input.parse()?,
            body: input.parse()?,
        }))
    }
}

impl ToTokens for Method {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.attrs.iter().map(ToTokens::to_token_stream));
        self.vis.to_tokens(tokens);
        self.defaultness.to_tokens(tokens);
        self.sig.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}

/// Looks past the visibility and the qualifiers for `fn`.
fn starts_a_function(ahead: ParseStream<'_>) -> syn::Result<bool> {
    ahead.parse::<Visibility>()?;
    ahead.parse::<Option<Token![default]>>()?;
    ahead.parse::<Option<Token![const]>>()?;
    ahead.parse::<Option<Token![async]>>()?;
    ahead.parse::<Option<Token![unsafe]>>()?;
    ahead.parse::<Option<syn::Abi>>()?;
    Ok(ahead.peek(Token![fn]))
}
