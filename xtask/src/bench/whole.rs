//! The cost of what a service uses, and of other stacks.

use super::clock_readings::{self, ClockReadings};
use super::measure::{self, Cost};
use super::profile::{self, Groups};
use super::programs::{STACKS, WHOLE};
use super::sockets::{self, Sockets};
use super::times::{self, Time};
use crate::steps::Steps;
use crate::workspace::Workspace;

/// The figures of the section. Other stacks are in a program of their own, which has its own bare service.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) ours: Costs,
    pub(super) others: Costs,
    /// Of the bare route and of the five jobs on it.
    pub(super) profiles: [Groups; 2],
}

/// The figures of one program.
#[derive(Debug)]
pub(super) struct Costs {
    pub(super) costs: Vec<Cost>,
    pub(super) clock_readings: Vec<ClockReadings>,
    /// Each after the bare service of the same rounds.
    pub(super) times: Vec<[Time; 2]>,
    pub(super) sockets: Vec<Sockets>,
}

/// The scenarios whose time is measured.
const OURS: [&str; 4] = [
    "axum/metrics",
    "axum/init",
    "axum/five-jobs",
    "axum/five-jobs-unsampled",
];
const OTHERS: [&str; 4] = [
    "axum/floor",
    "axum/usual-otel",
    "axum/usual-tuned",
    "axum/usual-untuned",
];

/// The microseconds that handlers work.
const WORKS: [u32; 2] = [0, 50];

/// Measures both programs.
pub(super) fn measure(workspace: &Workspace, steps: &mut Steps) -> Option<Whole> {
    let mut costs = |programs: &super::Programs, names: &[&str]| {
        let folder = programs.folder(workspace);
        let package = programs.package;
        let costs = steps.step(format!("{package}: costs"), || measure::costs(&folder))?;
        Some(Costs {
            clock_readings: steps.step(format!("{package}: clock readings"), || {
                clock_readings::count(&folder, &costs)
            })?,
            costs,
            times: steps.step(format!("{package}: times"), || {
                times::beside_bare(&folder, names)
            })?,
            sockets: steps.step(format!("{package}: sockets"), || {
                sockets::measure(&folder, &WORKS)
            })?,
        })
    };
    let ours = costs(&WHOLE, &OURS)?;
    let others = costs(&STACKS, &OTHERS)?;
    let folder = WHOLE.folder(workspace);
    let profile = |name| profile::groups(&folder, name);
    let profiles = || Ok([profile("axum/bare")?, profile("axum/five-jobs")?]);
    Some(Whole {
        ours,
        others,
        profiles: steps.step("profile of the five jobs", profiles)?,
    })
}
