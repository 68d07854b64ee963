//! Runs a test again inside of a namespace or a control group.

use std::ffi::OsStr;
use std::process::Command;

const INSIDE: &str = "GUSSET_DIAGNOSE_INSIDE";

/// Returns whether this process is the one inside.
pub(crate) fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs a test of this program inside: by this program with these arguments, which run the shell script `prepare` first.
///
/// Prints that the test is skipped if it cannot be run there.
pub(crate) fn run(test: &str, program: &str, arguments: &[&OsStr], prepare: &str) {
    let script = format!(r#"{prepare} && exec "$0" --exact "$1" --nocapture"#);
    let output = Command::new(program)
        .args(arguments)
        .args(["sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env(INSIDE, "1")
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => return println!("SKIPPED: `{program}` cannot be run: {error}"),
    };
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !stdout.contains("running 1 test") {
        return println!("SKIPPED: it cannot be prepared here: {stderr}");
    }
    assert!(output.status.success(), "{stdout}{stderr}");
    print!("{stdout}");
}
