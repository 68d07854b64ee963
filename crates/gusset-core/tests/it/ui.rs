//! The compiler names the mistake in our words.

use std::process::Command;

/// The compiler whose words are kept beside the cases, in `tests/ui/*.stderr`.
///
/// Its words change from version to version and ours in them do not, so they are compared under
/// this one alone; on a change of it, look at what `TRYBUILD=overwrite cargo test ui` writes.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn compile_errors_explain_the_mistake() {
    let version = Command::new("rustc").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match version {
        Ok(version) if version.starts_with(COMPILER) => {
            trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
        }
        other => println!("not compared: the words kept are those of {COMPILER}x, not {other:?}"),
    }
}
