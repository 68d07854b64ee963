//! Compile errors of wrong uses.

use std::process::Command;

/// The compiler that wrote `tests/ui/*.stderr`.
///
/// Messages differ between compiler versions, so they are compared only with this one. To update
/// them, run `TRYBUILD=overwrite cargo test compile_fail` and review the changes.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn compile_errors_explain_the_mistake() {
    let version = Command::new("rustc").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match version {
        Ok(version) if version.starts_with(COMPILER) => {
            trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
        }
        other => println!("SKIPPED: the messages were written by {COMPILER}x, not {other:?}"),
    }
}
