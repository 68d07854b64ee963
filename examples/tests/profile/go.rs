//! Go's pprof.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Go's own installer puts it, besides `PATH`.
const INSTALLED: &str = "/usr/local/go/bin/go";

/// Returns a Go that has pprof. Prints that the test is skipped if there is none.
pub(crate) fn find() -> Option<PathBuf> {
    let has_pprof = |go: &Path| {
        let output = Command::new(go).args(["tool", "pprof", "-help"]).output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stderr).contains("-top"))
    };
    let candidates = [Path::new("go"), Path::new(INSTALLED)];
    let found = candidates.into_iter().find(|go| has_pprof(go));
    if found.is_none() {
        println!("SKIPPED: `go tool pprof` is missing; install Go to run this test");
    }
    found.map(Path::to_owned)
}

/// Returns what `go tool pprof -top` prints.
pub(crate) fn top(go: &Path, name: &str, profile: &[u8]) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pb.gz"));
    std::fs::write(&file, profile).unwrap();
    let output = Command::new(go)
        .args(["tool", "pprof", "-top"])
        .arg(&file)
        .output();
    let output = output.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}
