//! What a method gives back.

use proc_macro2::TokenStream;

/// The result of a method.
pub(crate) struct Outcome {
    /// The result in the method's description.
    pub(crate) written: String,
    pub(crate) kind: OutcomeKind,
}

/// How the result divides into a value and an error.
pub(crate) enum OutcomeKind {
    /// Nothing at all.
    Unit,
    /// A value, and no way to fail. `probe` says whether the type could be a `Result` in disguise.
    Value { ty: TokenStream, probe: bool },
    /// `Result<T, E>` with both types written.
    Result { value: TokenStream, error: TokenStream },
    /// A `Result` whose types only the compiler knows: `io::Result<T>`.
    Alias(TokenStream),
}
