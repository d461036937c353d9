//! Written by the program beside it.
include!("generated.rs");
