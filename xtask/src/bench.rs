//! `cargo xtask bench`: what a call costs, beside what peers cost, written down in
//! `docs/benchmarks.md`.
//! `cargo xtask count`: what it costs, ours alone, told and not written.
//! `cargo xtask time`: how long it takes, on this machine and at this moment.

mod machine;
mod measure;
mod page;
mod programs;
mod sockets;
mod text;
mod times;

use std::fs;
use std::process::Command;

use self::programs::{BREAKERS, LOGS, OURS, PEERS, Programs, TRACES};
use crate::command;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// All that the page is made of.
struct Figures {
    machine: Vec<(&'static str, String)>,
    ours: Vec<measure::Cost>,
    sizes: Vec<measure::Size>,
    threads: Vec<times::Time>,
    peers: Vec<measure::Cost>,
    pairs: Vec<times::Pair>,
    sockets: Vec<sockets::Sockets>,
    traces: Vec<measure::Cost>,
    logs: Vec<measure::Cost>,
}

/// Measures everything, and writes the page.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    // The peers first: if they cannot be got, nothing was measured in vain.
    if let Some(figures) = ready(workspace, &[&PEERS, &TRACES, &LOGS, &OURS], steps)
        .and_then(|()| figures(workspace, steps))
    {
        steps.step("docs/benchmarks.md", || {
            let text = page::write(&figures)?;
            Ok(fs::write(workspace.root.join("docs/benchmarks.md"), text)?)
        });
    }
}

/// Counts instructions and allocations, ours alone: for whoever is at work on them.
pub(crate) fn count(workspace: &Workspace, steps: &mut Steps) {
    if ready(workspace, &[&OURS], steps).is_some() {
        let folder = OURS.folder(workspace);
        steps.step("costs", || measure::costs(&folder));
    }
}

/// Counts and times the circuit breaker beside its peers: only told, and not written.
pub(crate) fn breakers(workspace: &Workspace, steps: &mut Steps) {
    if ready(workspace, &[&BREAKERS], steps).is_none() {
        return;
    }
    let folder = BREAKERS.folder(workspace);
    steps.step("costs", || measure::costs(&folder));
    steps.step("bytes of a breaker", || {
        command::run(&mut Command::new(folder.join("allocations")))
    });
    steps.step("times", || {
        command::run(&mut Command::new(folder.join("times")))
    });
}

/// Counts traces beside those of their peers: only told, and not written.
pub(crate) fn traces(workspace: &Workspace, steps: &mut Steps) {
    if ready(workspace, &[&TRACES], steps).is_some() {
        let folder = TRACES.folder(workspace);
        steps.step("costs", || measure::costs_of_all_threads(&folder));
    }
}

/// Counts what a line costs beside its peers': only told, and not written.
pub(crate) fn logs(workspace: &Workspace, steps: &mut Steps) {
    if ready(workspace, &[&LOGS], steps).is_some() {
        let folder = LOGS.folder(workspace);
        steps.step("costs", || measure::costs(&folder));
    }
}

/// Takes the time with criterion, which tells it and keeps it under `target/criterion`.
pub(crate) fn time(workspace: &Workspace, steps: &mut Steps) {
    steps.step("time", || {
        command::run(&mut workspace.cargo(&["bench", "--package", OURS.package]))
    });
}

/// Sees that there is all that measures.
fn ready(workspace: &Workspace, all: &[&Programs], steps: &mut Steps) -> Option<()> {
    steps.step("valgrind", || {
        command::succeeds(Command::new("valgrind").arg("--version"))
            .then_some(())
            .ok_or_else(|| "valgrind is missing: it counts the instructions of a call".into())
    })?;
    for programs in all {
        steps.step(format!("build {}", programs.package), || {
            programs.build(workspace)
        })?;
    }
    Some(())
}

fn figures(workspace: &Workspace, steps: &mut Steps) -> Option<Figures> {
    let (ours, peers) = (OURS.folder(workspace), PEERS.folder(workspace));
    let traces = TRACES.folder(workspace);
    Some(Figures {
        machine: steps.step("the machine", || machine::describe(workspace))?,
        ours: steps.step("costs", || measure::costs(&ours))?,
        sizes: steps.step("sizes", || measure::sizes(&ours))?,
        threads: steps.step("times: threads", || times::threads(&peers))?,
        peers: steps.step("costs: peers", || measure::costs(&peers))?,
        pairs: steps.step("times: peers", || times::pairs(&peers))?,
        sockets: steps.step("sockets", || sockets::measure(&peers))?,
        traces: steps.step("costs: traces", || measure::costs_of_all_threads(&traces))?,
        logs: steps.step("costs: logs", || measure::costs(&LOGS.folder(workspace)))?,
    })
}
