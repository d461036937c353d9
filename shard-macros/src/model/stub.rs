//! A method with mistakes, as far as callers are concerned.

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Generics, Visibility};

use super::Outcome;

/// What stands in for a method that was refused, so that calls of it are no mistakes as well.
pub(crate) struct Stub {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) generics: Generics,
    /// Names and types.
    pub(crate) parameters: Vec<(Ident, TokenStream)>,
    pub(crate) outcome: Outcome,
    /// Whether the outcome is that of each item.
    pub(crate) is_stream: bool,
}
