//! `cargo xtask bench`: compares the cost of a call with peers, and writes `docs/benchmarks.md`.
//! `cargo xtask baseline`: keeps the current counts, to compare the next ones with.
//! `cargo xtask count`: compares the cost of a call with the accepted one. `cargo xtask accept`: accepts it.
//! `cargo xtask time`: measures the time of a call with criterion.

mod baseline;
mod clock_readings;
mod counts;
mod machine;
mod measure;
mod page;
mod profile;
mod programs;
mod sockets;
mod text;
mod times;
mod whole;

use std::fs;
use std::process::Command;

use self::baseline::Baseline;
use self::programs::{
    BREAKERS, LOGS, OURS, PEERS, Programs, SERIES, STACKS, SYSTEM, TRACES, VIEWERS, WHOLE,
};
use crate::steps::{Steps, print_line};
use crate::workspace::Workspace;
use crate::{Result, command};

const PAGE: &str = "docs/benchmarks.md";

const BASELINE: &str = "benches/baseline.txt";

/// The content of `docs/benchmarks.md`.
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
    whole: whole::Whole,
    records: Vec<measure::Cost>,
    memory: Vec<measure::Memory>,
    before: Baseline,
}

/// Measures everything, and writes `docs/benchmarks.md`.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    // Peers are built first: if their crates cannot be downloaded, the chore fails early.
    let all = [&PEERS, &TRACES, &LOGS, &WHOLE, &STACKS, &SERIES, &OURS];
    if let Some(figures) = prepare(workspace, &all, steps).and_then(|()| figures(workspace, steps))
    {
        steps.step(PAGE, || {
            let text = page::write(&figures)?;
            Ok(fs::write(workspace.root.join(PAGE), text)?)
        });
    }
}

/// Measures gusset alone, and writes `benches/baseline.txt`.
pub(crate) fn baseline(workspace: &Workspace, steps: &mut Steps) {
    if prepare(workspace, &[&OURS, &TRACES, &LOGS], steps).is_none() {
        return;
    }
    steps.step("benches/baseline.txt", || {
        let commit = command::output(
            Command::new("git")
                .current_dir(&workspace.root)
                .args(["describe", "--always", "--dirty"]),
        )?;
        let rows = page::rows(
            &measure::costs(&OURS.folder(workspace))?,
            &measure::costs_of_all_threads(&TRACES.folder(workspace))?,
            &measure::costs(&LOGS.folder(workspace))?,
        );
        let state = format!("commit {}", commit.trim());
        Baseline { state, rows }.write(&workspace.root.join(BASELINE))
    });
}

/// Counts the instructions and allocations of gusset alone, and fails if they are higher than accepted.
pub(crate) fn count(workspace: &Workspace, steps: &mut Steps) {
    if prepare(workspace, &[&OURS], steps).is_some() {
        steps.step("counts", || counts::compare(workspace));
    }
}

/// Does the same as [`count`], and is skipped where callgrind is not installed.
pub(crate) fn lint(workspace: &Workspace, steps: &mut Steps) {
    if has_valgrind() {
        count(workspace, steps);
    } else {
        print_line("skipped: counts, because `valgrind` is not installed");
    }
}

/// Counts, and writes `benches/counts.txt`.
pub(crate) fn accept(workspace: &Workspace, steps: &mut Steps) {
    if prepare(workspace, &[&OURS], steps).is_some() {
        steps.step("benches/counts.txt", || counts::accept(workspace));
    }
}

/// Prints the counts and times of the circuit breaker and its peers.
pub(crate) fn breakers(workspace: &Workspace, steps: &mut Steps) {
    if prepare(workspace, &[&BREAKERS], steps).is_none() {
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

/// Prints the time and the allocations of a reading of the system, and those of its peers. Fails if a peer is cheaper.
pub(crate) fn readings(workspace: &Workspace, steps: &mut Steps) {
    let built = steps.step(format!("build {}", SYSTEM.package), || {
        SYSTEM.build(workspace)
    });
    if built.is_some() {
        let folder = SYSTEM.folder(workspace);
        steps.step("readings", || {
            command::run(&mut Command::new(folder.join("readings")))
        });
    }
}

/// Prints what viewers of the operations page cost the service. Fails if 100 of them cost more than 1 % of a processor.
pub(crate) fn viewers(workspace: &Workspace, steps: &mut Steps) {
    let built = steps.step(format!("build {}", VIEWERS.package), || {
        VIEWERS.build(workspace)
    });
    if built.is_some() {
        let folder = VIEWERS.folder(workspace);
        steps.step("viewers", || {
            command::run(&mut Command::new(folder.join("viewers")))
        });
    }
}

/// Prints the cost of traces and of their peers, and writes that section of `docs/benchmarks.md`.
pub(crate) fn traces(workspace: &Workspace, steps: &mut Steps) {
    if prepare(workspace, &[&TRACES], steps).is_none() {
        return;
    }
    let folder = TRACES.folder(workspace);
    let costs = steps.step("costs", || measure::costs_of_all_threads(&folder));
    if let Some(costs) = costs {
        steps.step(PAGE, || write_section(workspace, &page::traces(&costs)?));
    }
}

/// Prints the cost of a log entry and of its peers.
pub(crate) fn logs(workspace: &Workspace, steps: &mut Steps) {
    if prepare(workspace, &[&LOGS], steps).is_some() {
        let folder = LOGS.folder(workspace);
        steps.step("costs", || measure::costs(&folder));
    }
}

/// Prints the cost of what a service uses and of other stacks, and writes that section of `docs/benchmarks.md`.
pub(crate) fn whole(workspace: &Workspace, steps: &mut Steps) {
    if prepare(workspace, &[&WHOLE, &STACKS], steps).is_none() {
        return;
    }
    if let Some(whole) = whole::measure(workspace, steps) {
        steps.step(PAGE, || write_section(workspace, &page::whole(&whole)?));
    }
}

/// Prints the memory of a series and the cost of a record, also of peers, and writes that section of
/// `docs/benchmarks.md`.
pub(crate) fn series(workspace: &Workspace, steps: &mut Steps) {
    if prepare(workspace, &[&SERIES], steps).is_none() {
        return;
    }
    let folder = SERIES.folder(workspace);
    let records = steps.step("costs", || measure::costs(&folder));
    let memory = steps.step("memory", || measure::memory(&folder));
    if let (Some(records), Some(memory)) = (records, memory) {
        steps.step(PAGE, || {
            write_section(workspace, &page::series(&records, &memory)?)
        });
    }
}

/// Replaces a section of the page.
fn write_section(workspace: &Workspace, section: &str) -> Result<()> {
    let path = workspace.root.join(PAGE);
    let page = page::with_section(&fs::read_to_string(&path)?, section);
    Ok(fs::write(path, page)?)
}

/// Measures times with criterion, which keeps its reports in `target/criterion`.
pub(crate) fn time(workspace: &Workspace, steps: &mut Steps) {
    steps.step("time", || {
        command::run(&mut workspace.cargo(&["bench", "--package", OURS.package]))
    });
}

/// Checks that valgrind is installed, and builds the programs.
fn prepare(workspace: &Workspace, all: &[&Programs], steps: &mut Steps) -> Option<()> {
    steps.step("valgrind", || {
        has_valgrind()
            .then_some(())
            .ok_or_else(|| "`valgrind`: not installed, it is needed to count instructions".into())
    })?;
    for programs in all {
        steps.step(format!("build {}", programs.package), || {
            programs.build(workspace)
        })?;
    }
    Some(())
}

fn has_valgrind() -> bool {
    command::succeeds(Command::new("valgrind").arg("--version"))
}

fn figures(workspace: &Workspace, steps: &mut Steps) -> Option<Figures> {
    let (ours, peers) = (OURS.folder(workspace), PEERS.folder(workspace));
    let (traces, series) = (TRACES.folder(workspace), SERIES.folder(workspace));
    Some(Figures {
        machine: steps.step("the machine", || machine::describe(workspace))?,
        ours: steps.step("costs", || measure::costs(&ours))?,
        sizes: steps.step("sizes", || measure::sizes(&ours))?,
        threads: steps.step("times: threads", || times::threads(&peers))?,
        peers: steps.step("costs: peers", || measure::costs(&peers))?,
        pairs: steps.step("times: peers", || times::pairs(&peers))?,
        sockets: steps.step("sockets", || sockets::measure(&peers, &[0]))?,
        traces: steps.step("costs: traces", || measure::costs_of_all_threads(&traces))?,
        logs: steps.step("costs: logs", || measure::costs(&LOGS.folder(workspace)))?,
        whole: whole::measure(workspace, steps)?,
        records: steps.step("costs: records", || measure::costs(&series))?,
        memory: steps.step("memory", || measure::memory(&series))?,
        before: steps.step("benches/baseline.txt", || {
            Baseline::read(&workspace.root.join(BASELINE))
        })?,
    })
}
