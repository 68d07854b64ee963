//! Runs the program `times`, which measures services in turns.

use std::path::Path;
use std::process::Command;

use super::text::columns;
use crate::steps::print_line;
use crate::{Result, command};

/// The bare services, each with its instrumented counterpart.
const OURS: &[[&str; 2]] = &[["svc/bare", "svc/gusset"], ["axum/bare", "axum/gusset"]];

/// Nanoseconds per call, with one calling thread and with two.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Time {
    pub(super) name: String,
    pub(super) all: [f64; 2],
    /// The difference to the bare service in the same round.
    pub(super) added: [f64; 2],
}

/// The times of a peer and of gusset, measured in the same rounds.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) bare: Time,
    pub(super) ours: Time,
    pub(super) theirs: Time,
}

/// Measures gusset with one thread and with two.
pub(super) fn threads(folder: &Path) -> Result<Vec<Time>> {
    let mut all = Vec::new();
    for names in OURS {
        all.extend(times(folder, names)?);
    }
    Ok(all)
}

/// Measures every peer in a separate process, together with the bare service and gusset.
pub(super) fn pairs(folder: &Path) -> Result<Vec<Pair>> {
    let list = command::output(Command::new(folder.join("instructions")).arg("list"))?;
    let mut pairs = Vec::new();
    for line in list.lines() {
        let [name, _, bare, _] = columns(line)?;
        let ours = ours(name);
        if bare.is_empty() || name == ours {
            continue;
        }
        let times = times(folder, &[bare, &ours, name])?;
        let [bare, ours, theirs] = times
            .try_into()
            .map_err(|_| format!("{name}: expected three times"))?;
        pairs.push(Pair { bare, ours, theirs });
    }
    Ok(pairs)
}

/// Measures these scenarios, each in a process of its own with the bare service.
pub(super) fn beside_bare(folder: &Path, names: &[&str]) -> Result<Vec<[Time; 2]>> {
    let pairs = names.iter().map(|name| {
        let (service, _) = name.split_once('/').unwrap_or((name, ""));
        let times = times(folder, &[&format!("{service}/bare"), name])?;
        let times = times.try_into();
        times.map_err(|_| format!("{name}: expected two times").into())
    });
    pairs.collect()
}

/// Returns the scenario of gusset for a peer: `svc/gusset` for `svc/peer`.
pub(super) fn ours(name: &str) -> String {
    let (service, _) = name.split_once('/').unwrap_or((name, ""));
    format!("{service}/gusset")
}

fn times(folder: &Path, names: &[&str]) -> Result<Vec<Time>> {
    let text = command::output(Command::new(folder.join("times")).args(names))?;
    text.lines().map(time).collect()
}

fn time(line: &str) -> Result<Time> {
    print_line(line);
    let [name, all, added, all_of_two, added_of_two] = columns(line)?;
    Ok(Time {
        name: name.into(),
        all: [all.parse()?, all_of_two.parse()?],
        added: [added.parse()?, added_of_two.parse()?],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_for_both_thread_counts() {
        let time = time("svc/peer\t130.5\t30.5\t190.0\t40.0").unwrap();
        assert_eq!(time.name, "svc/peer");
        assert_eq!(time.all, [130.5, 190.0]);
        assert_eq!(time.added, [30.5, 40.0]);
    }

    #[test]
    fn peer_is_compared_on_the_same_service() {
        assert_eq!(ours("axum/peer"), "axum/gusset");
    }
}
