//! The rules: one function for each kind of finding.

mod cpu;
mod dependencies;
mod disk;
mod limits;
mod memory;
mod network;
mod path;
mod runtime;
mod sign_ins;

use std::time::Duration;

use gusset_data::SharedStr;
use gusset_system::{Interval, Snapshot};

use crate::{Evidence, FindingKind, Levels, Reading, Scope, Severity, Signals, Thresholds};

/// A kind of finding, and the function that looks for it.
pub(crate) struct Rule {
    pub(crate) kind: &'static FindingKind,
    pub(crate) check: fn(&Inputs<'_>) -> RuleResult,
    /// What follows from it, if both are found.
    pub(crate) consequences: &'static [&'static FindingKind],
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RuleResult {
    /// An input without which nothing can be concluded is not known.
    Unknown,
    /// It is not the cause.
    Cleared,
    /// It is a cause.
    Found(Signs),
}

/// What a rule found, without what is the same for all findings of the kind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signs {
    pub(crate) severity: Severity,
    pub(crate) scope: Scope,
    pub(crate) subject: Option<SharedStr>,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) unknown: Vec<&'static str>,
}

/// Two readings, and what was added between them.
pub(crate) struct Inputs<'a> {
    pub(crate) previous: &'a Snapshot,
    pub(crate) now: &'a Snapshot,
    pub(crate) signals: &'a Signals,
    pub(crate) thresholds: &'a Thresholds,
    /// `None` if the readings are less than a second apart.
    interval: Option<Interval>,
}

/// All rules, in the order of a report: within a stage, the cause before what follows from it.
pub(crate) static ALL: &[Rule] = &[
    rule(
        &memory::OUT_OF_MEMORY,
        memory::out_of_memory,
        &[&memory::LIMIT, &memory::PRESSURE, &memory::GROWTH],
    ),
    rule(
        &network::NO_PORTS,
        network::no_ports,
        &[&network::TIME_WAIT, &dependencies::FAILING],
    ),
    rule(&network::ACCEPT_QUEUE, network::accept_queue, &[]),
    rule(
        &dependencies::FAILING,
        dependencies::failing,
        &[&dependencies::BREAKER_OPEN, &dependencies::SLOW],
    ),
    rule(&dependencies::BREAKER_OPEN, dependencies::breaker_open, &[]),
    rule(&sign_ins::BRUTE_FORCE, sign_ins::brute_force, &[]),
    rule(&network::ERRORS, network::errors, &[]),
    rule(
        &runtime::BLOCKED,
        runtime::blocked,
        &[&runtime::LONG_POLLS, &runtime::QUEUE, &runtime::LAG],
    ),
    rule(
        &cpu::THROTTLED,
        cpu::throttled,
        &[
            &cpu::SATURATED,
            &runtime::CONTENDED,
            &runtime::LONG_POLLS,
            &runtime::QUEUE,
            &runtime::LAG,
            &cpu::FULL,
        ],
    ),
    rule(
        &cpu::STOLEN,
        cpu::stolen,
        &[
            &cpu::SATURATED,
            &runtime::CONTENDED,
            &runtime::LONG_POLLS,
            &runtime::QUEUE,
            &runtime::LAG,
            &cpu::FULL,
        ],
    ),
    rule(
        &cpu::SATURATED,
        cpu::saturated,
        &[
            &runtime::CONTENDED,
            &runtime::LONG_POLLS,
            &runtime::QUEUE,
            &runtime::LAG,
            &cpu::FULL,
        ],
    ),
    rule(
        &memory::PRESSURE,
        memory::pressure,
        &[&memory::SWAPPING, &memory::PAGE_FAULTS, &disk::SATURATED],
    ),
    rule(&memory::SWAPPING, memory::swapping, &[]),
    rule(&memory::PAGE_FAULTS, memory::page_faults, &[]),
    rule(
        &disk::SATURATED,
        disk::saturated,
        &[&disk::SLOW, &disk::STUCK_TASKS],
    ),
    rule(&disk::STUCK_TASKS, disk::stuck_tasks, &[]),
    rule(&disk::SLOW, disk::slow, &[]),
    rule(&runtime::CONTENDED, runtime::contended, &[&runtime::LAG]),
    rule(
        &runtime::LONG_POLLS,
        runtime::long_polls,
        &[&runtime::QUEUE, &runtime::LAG, &cpu::ONE_WORKER],
    ),
    rule(&runtime::QUEUE, runtime::queue, &[&runtime::LAG]),
    rule(&runtime::LAG, runtime::lag, &[]),
    rule(&network::RETRANSMITS, network::retransmits, &[]),
    rule(
        &dependencies::SLOW,
        dependencies::slow,
        &[&dependencies::POOL_EXHAUSTED],
    ),
    rule(&dependencies::CONNECTING, dependencies::connecting, &[]),
    rule(
        &dependencies::POOL_EXHAUSTED,
        dependencies::pool_exhausted,
        &[],
    ),
    rule(
        &limits::OPEN_FILES,
        limits::open_files,
        &[&limits::OPEN_FILES_GROWTH],
    ),
    rule(&network::TIME_WAIT, network::time_wait, &[]),
    rule(&network::TRACKING, network::tracking, &[]),
    rule(&memory::LIMIT, memory::limit, &[&memory::GROWTH]),
    rule(&disk::FULL, disk::full, &[&disk::GROWTH]),
    rule(&disk::INODES, disk::inodes, &[]),
    rule(&limits::TASKS, limits::tasks, &[]),
    rule(&limits::OPEN_FILES_GROWTH, limits::open_files_growth, &[]),
    rule(&memory::GROWTH, memory::growth, &[]),
    rule(&disk::GROWTH, disk::growth, &[]),
    rule(&runtime::TASK_GROWTH, runtime::task_growth, &[]),
    rule(&cpu::FULL, cpu::full, &[]),
    rule(&cpu::IN_KERNEL, cpu::in_kernel, &[]),
    rule(&cpu::ONE_WORKER, cpu::one_worker, &[]),
    // The last one: nothing else explains it.
    rule(&path::ELSEWHERE, path::elsewhere, &[]),
];

const fn rule(
    kind: &'static FindingKind,
    check: fn(&Inputs<'_>) -> RuleResult,
    consequences: &'static [&'static FindingKind],
) -> Rule {
    Rule {
        kind,
        check,
        consequences,
    }
}

/// Returns the kinds that follow from a kind, if both are found.
pub(crate) fn consequences(kind: &FindingKind) -> &'static [&'static FindingKind] {
    let rule = ALL.iter().find(|rule| rule.kind.id == kind.id);
    rule.map_or(&[], |rule| rule.consequences)
}

/// Returns all kinds of findings, in the order of a report.
///
/// ```
/// assert!(gusset_diagnose::kinds().any(|kind| kind.id == "cpu.saturated"));
/// ```
pub fn kinds() -> impl Iterator<Item = &'static FindingKind> {
    ALL.iter().map(|rule| rule.kind)
}

// === impl Inputs ===

impl<'a> Inputs<'a> {
    pub(crate) fn new(previous: &'a Reading, now: &'a Reading, thresholds: &'a Thresholds) -> Self {
        Self {
            previous: &previous.snapshot,
            now: &now.snapshot,
            signals: &now.signals,
            thresholds,
            interval: Interval::between(&previous.snapshot, &now.snapshot),
        }
    }

    /// Returns what was added to a counter.
    fn increase(&self, read: impl Fn(&Snapshot) -> Option<u64>) -> Option<f64> {
        let increase = self
            .interval?
            .increase(read(self.previous), read(self.now))?;
        Some(number(increase))
    }

    /// Returns what was added to a counter, per second.
    fn rate(&self, read: impl Fn(&Snapshot) -> Option<u64>) -> Option<f64> {
        self.interval?.rate(read(self.previous), read(self.now))
    }

    /// Returns what was added to a sum of time, as a share of the interval.
    fn share(&self, read: impl Fn(&Snapshot) -> Option<Duration>) -> Option<f64> {
        self.interval?.share(read(self.previous), read(self.now))
    }

    /// Returns what was added to a sum of time, in seconds.
    fn seconds(&self, read: impl Fn(&Snapshot) -> Option<Duration>) -> Option<f64> {
        let added = self.interval?.time(read(self.previous), read(self.now))?;
        Some(added.as_secs_f64())
    }

    /// Returns the length of the interval in seconds.
    fn elapsed(&self) -> Option<f64> {
        Some(self.interval?.duration().as_secs_f64())
    }

    /// Returns the CPUs that the process used, of which 1 is one CPU all the time.
    fn process_cpus(&self) -> Option<f64> {
        self.share(|it| it.process.cpu_time())
    }
}

// === impl RuleResult ===

impl RuleResult {
    /// Returns the result about one value: unknown, below the levels, or a finding with this evidence.
    fn at_levels(
        value: Option<f64>,
        levels: Levels,
        scope: Scope,
        evidence: impl FnOnce(f64) -> Evidence,
    ) -> Self {
        let Some(value) = value else {
            return Self::Unknown;
        };
        match levels.severity(value) {
            Some(severity) => Self::Found(Signs::new(severity, scope, evidence(value))),
            None => Self::Cleared,
        }
    }

    /// Returns the worst result of several candidates, each with its value: routes, file systems.
    ///
    /// It is unknown if no candidate has a value.
    fn worst(candidates: impl IntoIterator<Item = Self>) -> Self {
        let mut worst = Self::Unknown;
        for candidate in candidates {
            let is_worse = match (&worst, &candidate) {
                (Self::Unknown, _) => true,
                (Self::Cleared, Self::Found(_)) => true,
                (Self::Found(worst), Self::Found(signs)) => worst.order() < signs.order(),
                _ => false,
            };
            if is_worse {
                worst = candidate;
            }
        }
        worst
    }

    fn map(self, change: impl FnOnce(Signs) -> Signs) -> Self {
        match self {
            Self::Found(signs) => Self::Found(change(signs)),
            other => other,
        }
    }

    /// Adds the name of what the result is about.
    fn about(self, subject: &SharedStr) -> Self {
        self.map(|signs| Signs {
            subject: Some(subject.clone()),
            ..signs
        })
    }

    /// Adds evidence that is shown, or the name of the input that would confirm the finding.
    fn and(self, input: &'static str, evidence: Option<Evidence>) -> Self {
        self.map(|mut signs| {
            match evidence {
                Some(evidence) => signs.evidence.push(evidence),
                None => signs.unknown.push(input),
            }
            signs
        })
    }

    /// Adds evidence that is shown if it is known.
    fn and_if_known(self, evidence: Option<Evidence>) -> Self {
        self.map(|mut signs| {
            signs.evidence.extend(evidence);
            signs
        })
    }
}

// === impl Signs ===

impl Signs {
    fn new(severity: Severity, scope: Scope, evidence: Evidence) -> Self {
        Self {
            severity,
            scope,
            subject: None,
            evidence: vec![evidence],
            unknown: Vec::new(),
        }
    }

    /// Returns how bad the signs are: by severity, and then by how far the first value is over its threshold.
    fn order(&self) -> (Severity, f64) {
        let excess = |evidence: &Evidence| {
            let threshold = evidence.threshold.filter(|threshold| *threshold > 0.0);
            threshold.map_or(evidence.value, |threshold| evidence.value / threshold)
        };
        (self.severity, self.evidence.first().map_or(0.0, excess))
    }
}

/// Returns a ratio, or `None` if its divisor is 0.
fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts are compared with thresholds"
)]
fn number(count: u64) -> f64 {
    count as f64
}
