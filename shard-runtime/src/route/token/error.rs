//! One error for the client, several for the log.

/// A token was refused.
///
/// There is one error for everything that can be wrong with a token, so that whoever tries out tokens
/// learns nothing from the answers: neither its text nor its `Debug` output says why. The reason is in
/// the node's own log. All of them compare equal, too.
#[derive(Clone, thiserror::Error)]
#[error("token refused")]
pub struct TokenError(TokenRefusal);

impl TokenError {
    /// The error of a state that names no actor, where one is demanded.
    pub(crate) fn no_subject() -> Self {
        TokenRefusal::SubjectMissing.into()
    }

    /// Why, for our own log only.
    pub(crate) fn reason(&self) -> TokenRefusal {
        self.0
    }
}

impl From<TokenRefusal> for TokenError {
    fn from(reason: TokenRefusal) -> Self {
        Self(reason)
    }
}

impl PartialEq for TokenError {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for TokenError {}

impl std::fmt::Debug for TokenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenError")
    }
}

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenRefusal {
    #[error("it is not a token: the text, its length or its version")]
    Malformed,
    #[error("it was signed with a secret that this node does not have, or is forged")]
    UnknownKey,
    #[error("its MAC is wrong: it is forged, of another cluster, or bound to another subject")]
    Mac,
    #[error("it says that it is bound to a subject, and none was given")]
    SubjectMissing,
    #[error("it says that it is bound to no subject, and one was demanded")]
    Unbound,
    #[error("it is for another module")]
    Module,
    #[error("it has expired")]
    Expired,
    #[error("it lives longer than any token may")]
    TooLongLived,
    #[error("its MAC is right and its content is not: a node of another version signed it")]
    Content,
}
