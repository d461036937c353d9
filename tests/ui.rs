//! Every mistake that the attribute refuses, and its best-known misuses, with what the compiler says.
//!
//! After a change of wording: `TRYBUILD=overwrite cargo test --test ui`, and read the difference.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The compiler that wrote the stored outputs. Another one words its own part of them differently.
const WRITTEN_BY: &str = "rustc 1.95.";

#[test]
fn mistakes_are_explained() -> Result<(), Box<dyn Error>> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = String::from_utf8(Command::new(rustc).arg("--version").output()?.stdout)?;
    if !version.starts_with(WRITTEN_BY) {
        println!("skipped: the outputs were written by {WRITTEN_BY}x, this is {version}");
        return Ok(());
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
    Ok(())
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
