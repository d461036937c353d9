//! What a node is told before it starts: by code, by the environment, or by the defaults.
