//! `cargo xtask fuzz [TARGET…]`: runs each fuzz target for a minute.
//!
//! Needs a nightly toolchain and `cargo-fuzz`, and is skipped without them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::steps::{Steps, print_line};
use crate::workspace::Workspace;
use crate::{Result, command};

/// The time for each target, in seconds.
const SECONDS: u32 = 60;

/// The longest input, in bytes. The default of libFuzzer has the same size.
const MAX_INPUT_BYTES: u32 = 4096;

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, names: &[String]) {
    let folder = workspace.root.join("fuzz");
    let Some(targets) = steps.step("targets", || chosen(targets(&folder)?, names)) else {
        return;
    };
    if let Some(missing) = missing(has_nightly(), has_cargo_fuzz()) {
        print_line(format_args!("skipped: {missing}"));
        return;
    }
    for target in targets {
        steps.step(format!("fuzz {target}"), || {
            command::run(&mut fuzz(&folder, &target))
        });
    }
}

/// Returns the names of all targets, sorted.
fn targets(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.join("fuzz_targets"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into()));
        }
    }
    names.sort();
    Ok(names)
}

/// Returns the named targets, or all of them if none is named.
fn chosen(all: Vec<String>, names: &[String]) -> Result<Vec<String>> {
    if names.is_empty() {
        return Ok(all);
    }
    for name in names {
        if !all.contains(name) {
            return Err(format!("`{name}`: not one of {}", all.join(", ")).into());
        }
    }
    Ok(names.to_vec())
}

/// Returns what is not installed, and how to install it.
fn missing(nightly: bool, cargo_fuzz: bool) -> Option<&'static str> {
    if !nightly {
        Some("no nightly toolchain, use `rustup toolchain install nightly`")
    } else if !cargo_fuzz {
        Some("`cargo-fuzz` is not installed, use `cargo install cargo-fuzz`")
    } else {
        None
    }
}

fn has_nightly() -> bool {
    command::succeeds(&mut nightly_cargo(&["--version"]))
}

fn has_cargo_fuzz() -> bool {
    command::succeeds(&mut nightly_cargo(&["fuzz", "--version"]))
}

fn fuzz(folder: &Path, target: &str) -> Command {
    let mut cargo = nightly_cargo(&["fuzz", "run", target, "--"]);
    cargo
        .current_dir(folder)
        .arg(format!("-max_total_time={SECONDS}"))
        .arg(format!("-max_len={MAX_INPUT_BYTES}"));
    let dictionary = folder.join("dictionaries").join(format!("{target}.dict"));
    if dictionary.is_file() {
        cargo.arg(format!("-dict={}", dictionary.display()));
    }
    cargo
}

/// Returns a command for the nightly cargo. `cargo run` has fixed the toolchain of this process, so
/// `cargo +nightly` does not work.
fn nightly_cargo(arguments: &[&str]) -> Command {
    let mut rustup = Command::new("rustup");
    rustup.args(["run", "nightly", "cargo"]).args(arguments);
    rustup
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
    }

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().copied().map(String::from).collect()
    }

    #[test]
    fn every_target_is_in_the_manifest() {
        let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
        let listed: Vec<&str> = manifest
            .lines()
            .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/"))
            .filter_map(|line| line.strip_suffix(".rs\""))
            .collect();
        assert!(!listed.is_empty());
        assert_eq!(targets(&folder()).unwrap(), listed);
    }

    #[test]
    fn every_dictionary_has_a_target() {
        let targets = targets(&folder()).unwrap();
        for entry in fs::read_dir(folder().join("dictionaries")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let target = name.strip_suffix(".dict").unwrap();
            assert!(targets.contains(&target.to_owned()), "{name}");
        }
    }

    #[test]
    fn all_targets_run_by_default() {
        let all = strings(&["a", "b"]);
        assert_eq!(chosen(all.clone(), &[]).unwrap(), all);
        assert_eq!(chosen(all, &strings(&["b"])).unwrap(), ["b"]);
    }

    #[test]
    fn unknown_target_is_an_error() {
        let error = chosen(strings(&["a", "b"]), &strings(&["c"])).unwrap_err();
        assert_eq!(error.to_string(), "`c`: not one of a, b");
    }

    #[test]
    fn missing_tool_is_named() {
        assert!(missing(false, true).unwrap().contains("toolchain"));
        assert!(missing(true, false).unwrap().contains("cargo-fuzz"));
        assert_eq!(missing(true, true), None);
    }
}
