//! A type that serde must know, which only the compiler can confirm.

use proc_macro2::TokenStream;

/// The claim that a type can travel.
#[derive(Clone)]
pub(crate) struct Claim {
    /// The type, owning its data for as long as the program runs.
    pub(crate) ty: TokenStream,
    /// What a message calls it: `` `Foo` ``.
    pub(crate) subject: String,
    /// Whether it travels back, and so may not borrow.
    pub(crate) as_result: bool,
    /// Types inside of it that have claims of their own: if one of them fails, this one says nothing.
    pub(crate) inside: Vec<TokenStream>,
}
