//! Every mistake that the attribute refuses, and its best-known misuses, with what the compiler says.
//!
//! After a change of wording: `TRYBUILD=overwrite cargo test --test ui`, and read the difference.

use std::error::Error;
use std::{fs, path::Path};

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}

/// A trait bound would report each mention of the type, on some sixty lines each.
#[test]
fn a_type_that_cannot_travel_is_one_short_error() -> Result<(), Box<dyn Error>> {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/serde");
    let mut seen = 0;
    for entry in fs::read_dir(stored)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "stderr") {
            let text = fs::read_to_string(&path)?;
            let errors = text.lines().filter(|line| line.starts_with("error")).count();
            assert_eq!(errors, 1, "{}", path.display());
            assert!(text.lines().count() <= 12, "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 8, "only {seen} outputs found");
    Ok(())
}
