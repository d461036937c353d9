//! A type that serde must know, which only the compiler can confirm.

use proc_macro2::TokenStream;

use super::Place;

/// The claim that a type can travel.
#[derive(Clone)]
pub(crate) struct Claim {
    pub(crate) target: Target,
    /// What to say if it is not true.
    pub(crate) text: String,
    /// Where to say it.
    pub(crate) place: Place,
    /// Whether it travels back, and so may not borrow.
    pub(crate) as_result: bool,
    /// Types inside of it that have claims of their own: if one of them fails, this one says nothing.
    pub(crate) inside: Vec<Target>,
}

/// What a claim is about.
#[derive(Clone)]
pub(crate) enum Target {
    /// A type, owning its data for as long as the program runs.
    Type(TokenStream),
    /// The `T` of an alias for `Result<T, E>`.
    ValueOf(TokenStream),
    /// The `E` of an alias for `Result<T, E>`.
    ErrorOf(TokenStream),
}
