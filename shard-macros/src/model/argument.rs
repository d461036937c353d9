//! An argument: what the proxy takes, what travels, what the method gets.

use proc_macro2::{Ident, Span, TokenStream};

/// One argument of a remote method.
pub(crate) struct Argument {
    /// The parameter of the proxies.
    pub(crate) name: Ident,
    /// The name in the method's description, without `r#`.
    pub(crate) label: String,
    /// The type in the method's description.
    pub(crate) written: String,
    /// The type in the proxies' signatures: lifetimes elided.
    pub(crate) shown: TokenStream,
    /// The type on the way: lifetimes called `'a`.
    pub(crate) sent: TokenStream,
    pub(crate) form: Form,
    /// Where the type stands.
    pub(crate) span: Span,
}

/// How an argument crosses the wire.
pub(crate) enum Form {
    /// By value, or borrowed straight out of the frame as `&str` is.
    Plain,
    /// `&[u8]`: one block of bytes, borrowed out of the frame.
    Bytes,
    /// `Vec<u8>`: one block of bytes.
    ByteVec,
    /// `Cow<'_, str>`: borrowed out of the frame.
    CowText,
    /// `&[T]`: arrives as `Vec<T>`. The type is the element's.
    Slice(TokenStream),
    /// `&T`: arrives as `T`. The type is `T`.
    Reference(TokenStream),
}
