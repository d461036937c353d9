//! Every mistake that the attribute refuses, and its best-known misuses, with what the compiler says.
//!
//! After a change of wording: `TRYBUILD=overwrite cargo test --test ui`, and read the difference.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
