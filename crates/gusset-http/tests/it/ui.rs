//! Compiler errors name the mistake.

use std::process::Command;

/// The compiler that printed `tests/ui/*.stderr`.
///
/// Its texts change with each version, so they are compared for this version alone. After a change of
/// it, review what `TRYBUILD=overwrite cargo test ui` writes.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn compiler_errors_name_the_mistake() {
    let version = Command::new("rustc").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match version {
        Ok(version) if version.starts_with(COMPILER) => {
            trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
        }
        other => {
            println!("not compared: the expected texts are those of {COMPILER}x, not of {other:?}");
        }
    }
}
