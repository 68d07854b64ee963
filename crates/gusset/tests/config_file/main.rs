//! OpenTelemetry's declarative configuration: the file that `OTEL_CONFIG_FILE` names.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod effects;
mod errors;
#[path = "../support/served.rs"]
mod served;
mod settings;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use gusset::{Error, Gusset};
use gusset_testkit::SharedOutput;

/// A file that is removed at the end of a test.
struct File(PathBuf);

// === impl File ===

impl File {
    fn new(text: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "gusset-{}-{}.yaml",
            std::process::id(),
            COUNT.fetch_add(1, Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> String {
        self.0.to_str().unwrap().to_owned()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Builds a service with a file and other variables.
fn build(text: &str, variables: &[(&str, &str)]) -> Result<Gusset, Error> {
    build_with_log(text, variables, SharedOutput::default())
}

fn build_with_log(
    text: &str,
    variables: &[(&str, &str)],
    log: SharedOutput,
) -> Result<Gusset, Error> {
    let file = File::new(text);
    let builder = gusset::builder()
        .log(|builder| builder.writer(log))
        .without_health();
    builder.build_with(|name| {
        if name == "OTEL_CONFIG_FILE" {
            return Some(file.path());
        }
        let mut variables = variables.iter();
        let found = variables.find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

/// Returns a file with these lines and the version.
fn file(lines: &str) -> String {
    format!("file_format: \"1.0\"\n{lines}")
}
