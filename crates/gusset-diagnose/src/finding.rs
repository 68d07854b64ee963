//! What was found, and on what evidence.

use std::fmt;
use std::time::Duration;

use gusset_data::SharedStr;

use crate::FindingKind;

/// One cause of slowness or failure, with its evidence. Part of a [`Diagnosis`](crate::Diagnosis).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// What was found: the stable id, the conclusion and the advice.
    pub kind: &'static FindingKind,
    /// How bad it is.
    pub severity: Severity,
    /// How certain it is.
    pub confidence: Confidence,
    /// What is affected.
    pub scope: Scope,
    /// Which one of several: a route, a dependency, a pool, a mount point. `None` if there is only one.
    pub subject: Option<SharedStr>,
    /// The values that lead to the finding, each with its threshold. The first one is the decisive one.
    pub evidence: Vec<Evidence>,
    /// The inputs that would confirm the finding and are unknown.
    pub unknown: Vec<&'static str>,
    /// Other findings that follow from this one, and are not listed on their own.
    pub consequences: Vec<&'static FindingKind>,
}

/// A value and the threshold that it passed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Evidence {
    /// The metric that the value comes from.
    pub metric: &'static str,
    /// What the value is, in words: "time in which threads waited for a CPU".
    pub about: &'static str,
    /// The value.
    pub value: f64,
    /// The threshold. `None` if the value is only shown.
    pub threshold: Option<f64>,
    /// The unit of both.
    pub unit: EvidenceUnit,
}

/// The unit of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvidenceUnit {
    /// A share, from 0 to 1, which is shown in percent.
    Share,
    /// Seconds.
    Seconds,
    /// A number of things.
    Count,
    /// Things per second.
    PerSecond,
    /// CPUs that are used all the time.
    Cpus,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// It is worth a look.
    Warning,
    /// Calls fail or will fail soon.
    Critical,
}

/// How certain a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Confidence {
    /// Two or more inputs that would confirm it are unknown.
    Low,
    /// One input that would confirm it is unknown.
    Medium,
    /// Every input is known.
    High,
}

/// What a finding affects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// The host, and so all containers and processes on it.
    Host,
    /// The control group: usually the container.
    Cgroup,
    /// The network namespace: in Kubernetes the pod.
    Network,
    /// The process.
    Process,
    /// The asynchronous runtime.
    Runtime,
    /// A service that this one calls.
    Dependency,
}

// === impl Evidence ===

impl Evidence {
    pub(crate) const fn new(
        metric: &'static str,
        about: &'static str,
        value: f64,
        threshold: f64,
        unit: EvidenceUnit,
    ) -> Self {
        Self {
            metric,
            about,
            value,
            threshold: Some(threshold),
            unit,
        }
    }

    /// Creates evidence that is shown without a threshold.
    pub(crate) const fn shown(
        metric: &'static str,
        about: &'static str,
        value: f64,
        unit: EvidenceUnit,
    ) -> Self {
        Self {
            metric,
            about,
            value,
            threshold: None,
            unit,
        }
    }
}

impl fmt::Display for Evidence {
    /// Writes for example "time in which threads waited for a CPU: 62 % (threshold 20 %)".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.about)?;
        self.unit.write(f, self.value)?;
        if let Some(threshold) = self.threshold {
            f.write_str(" (threshold ")?;
            self.unit.write(f, threshold)?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

// === impl EvidenceUnit ===

impl EvidenceUnit {
    fn write(self, f: &mut fmt::Formatter<'_>, value: f64) -> fmt::Result {
        match self {
            Self::Share if value < 0.1 => write!(f, "{:.1} %", 100.0 * value),
            Self::Share => write!(f, "{:.0} %", 100.0 * value),
            Self::Seconds => write_seconds(f, value),
            Self::Count => write!(f, "{value:.0}"),
            Self::PerSecond if value < 10.0 => write!(f, "{value:.1} a second"),
            Self::PerSecond => write!(f, "{value:.0} a second"),
            Self::Cpus => write!(f, "{value:.1}"),
        }
    }
}

/// Writes a time with the unit that a person would choose.
fn write_seconds(f: &mut fmt::Formatter<'_>, seconds: f64) -> fmt::Result {
    let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    match time.as_secs() {
        0 if time.as_micros() < 1000 => write!(f, "{} µs", time.as_micros()),
        0 => write!(f, "{} ms", time.as_millis()),
        1..=119 => write!(f, "{:.1} s", seconds),
        120..=7199 => write!(f, "{} min", time.as_secs() / 60),
        _ => write!(f, "{:.1} h", seconds / 3600.0),
    }
}

// === impl Severity ===

impl Severity {
    /// Returns the severity as text: `warning` or `critical`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Confidence ===

impl Confidence {
    /// Returns the confidence with this number of unknown inputs.
    pub(crate) const fn with_unknown(inputs: usize) -> Self {
        match inputs {
            0 => Self::High,
            1 => Self::Medium,
            _ => Self::Low,
        }
    }

    /// Returns the confidence as text: `low`, `medium` or `high`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Scope ===

impl Scope {
    /// Returns the scope as text: `host`, `cgroup`, `network`, `process`, `runtime` or `dependency`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Cgroup => "cgroup",
            Self::Network => "network",
            Self::Process => "process",
            Self::Runtime => "runtime",
            Self::Dependency => "dependency",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
