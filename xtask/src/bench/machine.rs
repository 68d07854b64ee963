//! The compiler, the crates and the machine that the figures depend on.

use std::fs;
use std::process::Command;

use super::{OURS, PEERS, Programs};
use crate::workspace::Workspace;
use crate::{Result, command};

/// Returns the rows of the table: a label and its value.
pub(super) fn describe(workspace: &Workspace) -> Result<Vec<(&'static str, String)>> {
    let rustc = command::output(Command::new("rustc").arg("--version"))?;
    let valgrind = command::output(Command::new("valgrind").arg("--version"))?;
    let cores = std::thread::available_parallelism()?;
    let cpu = fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| model(&text).map(str::to_owned))
        .unwrap_or_else(|| "unknown".into());
    Ok(vec![
        ("command", "`cargo xtask bench`".into()),
        ("compiler", rustc.trim().into()),
        ("counted by", valgrind.trim().into()),
        ("machine", format!("{cpu}, {cores} cores")),
        ("crates", crates(workspace, &OURS)?),
        (
            "crates compared with",
            format!(
                "{}; all others as in `benches/peers/Cargo.lock`",
                crates(workspace, &PEERS)?
            ),
        ),
    ])
}

fn crates(workspace: &Workspace, programs: &Programs) -> Result<String> {
    Ok(names(&programs.tree(workspace)?))
}

/// Returns the name and version of each crate, without its path.
fn names(tree: &str) -> String {
    let mut names: Vec<String> = tree
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let (name, version) = (words.next()?, words.next()?);
            Some(format!("{name} {}", version.trim_start_matches('v')))
        })
        .collect();
    names.sort();
    names.dedup();
    names.join(", ")
}

fn model(cpuinfo: &str) -> Option<&str> {
    cpuinfo.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crate_names_have_no_path() {
        let tree = "b v0.1.0 (/somewhere/b)\na v1.2.3\n\na v1.2.3 (*)\n";
        assert_eq!(names(tree), "a 1.2.3, b 0.1.0");
    }

    #[test]
    fn first_processor_names_the_model() {
        let text = "processor : 0\nmodel name : Fast 9000\nmodel name : Slow\n";
        assert_eq!(model(text), Some("Fast 9000"));
        assert_eq!(model("processor : 0"), None);
    }
}
