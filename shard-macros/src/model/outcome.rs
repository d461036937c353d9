//! What a method gives back.

use proc_macro2::TokenStream;

/// The result of a method. Of a stream it is that of its items: the value is one item, and the error what keeps the
/// stream from being opened.
pub(crate) struct Outcome {
    /// The result in the method's description.
    pub(crate) written: String,
    pub(crate) kind: OutcomeKind,
    /// Whether the value is a `Vec<u8>`, which travels as one block of bytes.
    pub(crate) is_bytes: bool,
}

/// How the result divides into a value and an error.
pub(crate) enum OutcomeKind {
    /// Nothing at all.
    Unit,
    /// A value, and no way to fail. `disguise` is what to say if the type is a `Result` under another
    /// name; a name that settles the question has nothing to say.
    Value { ty: TokenStream, disguise: Option<String> },
    /// `Result<T, E>` with both types written.
    Result { value: TokenStream, error: TokenStream },
    /// A `Result` whose types only the compiler knows: `io::Result<T>`.
    Alias(TokenStream),
}
