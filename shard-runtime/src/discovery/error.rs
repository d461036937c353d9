//! What can be wrong with the choice of an engine.

/// Why a [`Discovery`](crate::Discovery) cannot be used. Each text says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// There is no engine of that name.
    #[error("`{found}` is no way to find other nodes; known are {known}")]
    UnknownEngine {
        /// The setting as it was found.
        found: String,
        /// How the known ones are written.
        known: String,
    },

    /// The engine is known, and what it is told cannot be understood.
    #[error("`{found}` does not say where to look, expected {expected}")]
    Malformed {
        /// What was found.
        found: String,
        /// What would have been right, with an example.
        expected: &'static str,
    },

    /// The engine was left out when the program was built.
    #[error(
        "`{engine}` is not part of this program: build it with the feature `{feature}` of shard-runtime \
         (`shard-runtime = {{ version = \"…\", features = [\"{feature}\"] }}`)"
    )]
    FeatureMissing {
        /// The engine that was asked for.
        engine: &'static str,
        /// The feature that it needs.
        feature: &'static str,
    },
}
