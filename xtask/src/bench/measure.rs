//! Runs the benchmark programs and callgrind, and reads the figures that they print.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::text::columns;
use crate::steps::print_line;
use crate::{Result, command};

/// Limits callgrind to the calls, without the setup before them.
pub(super) const COUNTED: &str = "--toggle-collect=gusset_benches::program::counted*";

/// The cost of one call of a scenario.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) name: String,
    pub(super) about: String,
    /// The scenario that it is compared with; empty for none.
    pub(super) baseline: String,
    pub(super) instructions: u64,
    pub(super) allocations: u64,
    pub(super) bytes: u64,
}

/// The bytes that a layer adds to a call in progress.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) about: String,
    pub(super) call: u64,
    pub(super) track: u64,
    pub(super) future: u64,
    pub(super) body: u64,
}

/// The resident memory of a series, in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) name: String,
    pub(super) about: String,
    /// After one record of each series.
    pub(super) first: u64,
    /// After a hundred more.
    pub(super) later: u64,
}

/// Measures every scenario of the programs in a folder.
pub(super) fn costs(folder: &Path) -> Result<Vec<Cost>> {
    costs_by(
        folder,
        |_| true,
        |program, name, times| instructions(program, name, times, &[COUNTED]),
    )
}

/// Measures these scenarios of the programs in a folder.
pub(super) fn costs_of(folder: &Path, names: &[&str]) -> Result<Vec<Cost>> {
    costs_by(
        folder,
        |name| names.contains(&name),
        |program, name, times| instructions(program, name, times, &[COUNTED]),
    )
}

/// Measures like [`costs`], and includes the work of other threads.
///
/// Runs the whole program for all calls and for a third of them, and scales the difference.
pub(super) fn costs_of_all_threads(folder: &Path) -> Result<Vec<Cost>> {
    costs_by(
        folder,
        |_| true,
        |program, name, times| {
            let few = instructions(program, name, times / 3, &[])?;
            let all = instructions(program, name, times, &[])?;
            Ok(all.saturating_sub(few) * times / (times - times / 3))
        },
    )
}

fn costs_by(
    folder: &Path,
    is_wanted: impl Fn(&str) -> bool,
    instructions: impl Fn(&Path, &str, u64) -> Result<u64>,
) -> Result<Vec<Cost>> {
    let program = folder.join("instructions");
    let list = command::output(Command::new(&program).arg("list"))?;
    let mut costs = Vec::new();
    for line in list.lines() {
        let [name, about, baseline, times] = columns(line)?;
        if !is_wanted(name) {
            continue;
        }
        let times: u64 = times.parse()?;
        let (count, bytes) = allocations(&folder.join("allocations"), name)?;
        let cost = Cost {
            name: name.into(),
            about: about.into(),
            baseline: baseline.into(),
            instructions: per_call(instructions(&program, name, times)?, times),
            allocations: per_call(count, times),
            bytes: per_call(bytes, times),
        };
        print_line(format_args!(
            "{name:<26} {:>12} instructions {:>8} allocations",
            cost.instructions, cost.allocations
        ));
        costs.push(cost);
    }
    Ok(costs)
}

/// Reads the sizes of a call in progress.
pub(super) fn sizes(folder: &Path) -> Result<Vec<Size>> {
    let text = command::output(&mut Command::new(folder.join("sizes")))?;
    text.lines().map(size).collect()
}

/// Measures the memory of the series of each library.
pub(super) fn memory(folder: &Path) -> Result<Vec<Memory>> {
    let program = folder.join("memory");
    let list = command::output(Command::new(&program).arg("list"))?;
    let memory = list.lines().map(|line| {
        let [name, about] = columns(line)?;
        let text = command::output(Command::new(&program).arg(name))?;
        let [first, later] = columns(text.trim_end())?;
        print_line(format_args!("{name:<26} {first:>8} bytes {later:>8} later"));
        Ok(Memory {
            name: name.into(),
            about: about.into(),
            first: first.parse()?,
            later: later.parse()?,
        })
    });
    memory.collect()
}

fn size(line: &str) -> Result<Size> {
    let [about, call, track, future, body] = columns(line)?;
    Ok(Size {
        about: about.into(),
        call: call.parse()?,
        track: track.parse()?,
        future: future.parse()?,
        body: body.parse()?,
    })
}

fn instructions(program: &Path, name: &str, times: u64, options: &[&str]) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(options)
        .arg(program)
        .args(["run", name, &times.to_string()])
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    match collected(&text) {
        Some(count) if output.status.success() && count > 0 => Ok(count),
        _ => Err(format!("callgrind counted nothing for {name}:\n{text}").into()),
    }
}

/// Returns the profile of a scenario in the text format of callgrind.
pub(super) fn profiled(folder: &Path, name: &str, times: u64, options: &[&str]) -> Result<String> {
    let profile = folder.join("scenario.callgrind");
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .args(options)
        .arg(folder.join("instructions"))
        .args(["run", name, &times.to_string()])
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(format!("callgrind failed for {name}:\n{text}").into());
    }
    Ok(fs::read_to_string(&profile)?)
}

/// Returns the count from the last line of callgrind: `==1== Collected : 1062014`.
fn collected(text: &str) -> Option<u64> {
    let (_, count) = text
        .lines()
        .find_map(|line| line.split_once("Collected : "))?;
    count.trim().parse().ok()
}

fn allocations(program: &Path, name: &str) -> Result<(u64, u64)> {
    let text = command::output(Command::new(program).arg(name))?;
    let [count, bytes] = columns(text.trim_end())?;
    Ok((count.parse()?, bytes.parse()?))
}

/// Divides a sum by the number of calls, and rounds to the nearest integer.
fn per_call(all: u64, times: u64) -> u64 {
    (all + times / 2) / times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callgrind_count_is_found_in_output() {
        let text = "==7== Events    : Ir\n==7== Collected : 2032014\n==7== \n";
        assert_eq!(collected(text), Some(2_032_014));
        assert_eq!(collected("==7== Command: no-such-program"), None);
    }

    #[test]
    fn cost_per_call_is_rounded() {
        assert_eq!(per_call(2_032_014, 1000), 2032);
        assert_eq!(per_call(5, 2), 3);
    }
}
