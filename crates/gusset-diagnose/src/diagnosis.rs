//! The result: findings, what was cleared, and what is not known.

use std::fmt;

use crate::rules::{self, RuleResult};
use crate::{Area, Confidence, Finding, FindingKind, Severity, Stage};

/// At most this number of findings are listed. More than a few at a time are one cause with consequences, or noise.
pub const MAX_FINDINGS: usize = 5;

/// Why a service is slow, and what is not the cause. Returned by [`diagnose`](crate::diagnose).
///
/// Its text is for a person who has just been woken up:
///
/// ```text
/// critical: Blocking code runs on the workers of the asynchronous runtime: they are busy without using a CPU.
///   [runtime.blocked, route /reports, confidence high]
///   time in which the workers were busy: 81 % (threshold 50 %)
///   CPU time of this process, of that: 0.4 % (threshold 50 %)
///   It also causes: runtime.lag.
///   To do: Find the blocking call: …
/// Not the cause: CPU, memory, disk, network, descriptors and tasks.
/// Not known: dependencies.
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The load average, where the search begins. `None` if it is not known.
    pub load: Option<Load>,
    /// The findings: errors before saturation before utilisation, and the worst first. At most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// The number of further findings.
    pub omitted: usize,
    /// What was looked for and is not there.
    pub cleared: Vec<&'static FindingKind>,
    /// What could not be looked for, because its inputs are not known.
    pub unknown: Vec<&'static FindingKind>,
}

/// The load average of the last minute by CPU. It is where the search begins, and not a finding: it counts tasks that wait
/// for a CPU and tasks that wait for a device.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Load {
    /// The tasks by CPU.
    pub per_cpu: f64,
    /// Whether that is high, by [`Thresholds::load_per_cpu`](crate::Thresholds::load_per_cpu).
    pub severity: Option<Severity>,
}

// === impl Diagnosis ===

impl Diagnosis {
    /// Makes a diagnosis of the results of all rules.
    pub(crate) fn new(load: Option<Load>, results: &[(&'static FindingKind, RuleResult)]) -> Self {
        let mut this = Self {
            load,
            ..Self::default()
        };
        let is_found = |kind: &FindingKind| {
            let found = |(it, result): &(&FindingKind, RuleResult)| {
                it.id == kind.id && matches!(result, RuleResult::Found(_))
            };
            results.iter().any(found)
        };
        let follows_from_another = |kind: &'static FindingKind| {
            let mut others = results.iter().map(|(other, _)| *other);
            others.any(|other| is_found(other) && rules::consequences(other).contains(&kind))
        };
        for (kind, result) in results {
            match result {
                RuleResult::Unknown => this.unknown.push(kind),
                RuleResult::Cleared => this.cleared.push(kind),
                RuleResult::Found(_) if follows_from_another(kind) => {}
                RuleResult::Found(signs) => {
                    let consequences = rules::consequences(kind).iter().copied();
                    this.findings.push(Finding {
                        kind,
                        severity: signs.severity,
                        confidence: Confidence::with_unknown(signs.unknown.len()),
                        scope: signs.scope,
                        subject: signs.subject.clone(),
                        evidence: signs.evidence.clone(),
                        unknown: signs.unknown.clone(),
                        consequences: consequences.filter(|it| is_found(it)).collect(),
                    });
                }
            }
        }
        this.drop_path();
        // Stable, so that the order of the rules remains.
        this.findings.sort_by_key(|it| {
            let worst_first = (
                std::cmp::Reverse(it.severity),
                std::cmp::Reverse(it.confidence),
            );
            (it.kind.stage, worst_first)
        });
        this.omitted = this.findings.len().saturating_sub(MAX_FINDINGS);
        this.findings.truncate(MAX_FINDINGS);
        this
    }

    /// Drops the finding that nothing explains the slow calls, if there is another one that does.
    fn drop_path(&mut self) {
        let explains = |it: &Finding| {
            // Failed sign-ins make no call slow.
            let is_cause = !matches!(it.kind.area, Area::Path | Area::SignIns);
            is_cause && it.kind.stage != Stage::Utilisation
        };
        if self.findings.iter().any(explains) {
            self.findings.retain(|it| it.kind.area != Area::Path);
        }
    }

    /// Returns the finding of a kind, given its id.
    ///
    /// ```
    /// let diagnosis = gusset_diagnose::Diagnosis::default();
    /// assert!(diagnosis.finding("runtime.blocked").is_none());
    /// ```
    pub fn finding(&self, id: &str) -> Option<&Finding> {
        self.findings.iter().find(|it| it.kind.id == id)
    }

    /// Returns whether nothing was found.
    pub fn is_clear(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns the areas in which everything that is known was cleared, and something is.
    pub fn cleared_areas(&self) -> Vec<Area> {
        let all = Area::ALL.into_iter();
        all.filter(|area| {
            let is_here = |kind: &&FindingKind| kind.area == *area;
            self.cleared.iter().any(is_here) && !self.has_finding(*area)
        })
        .collect()
    }

    /// Returns the areas of which nothing is known. Sign-ins are not among them: most services report none.
    pub fn unknown_areas(&self) -> Vec<Area> {
        let all = Area::ALL.into_iter();
        let all = all.filter(|area| *area != Area::SignIns);
        all.filter(|area| {
            let is_here = |kind: &&FindingKind| kind.area == *area;
            self.unknown.iter().any(is_here)
                && !self.cleared.iter().any(is_here)
                && !self.has_finding(*area)
        })
        .collect()
    }

    fn has_finding(&self, area: Area) -> bool {
        let consequences = self.findings.iter().flat_map(|it| &it.consequences);
        let kinds = self.findings.iter().map(|it| it.kind);
        kinds
            .chain(consequences.copied())
            .any(|kind| kind.area == area)
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.findings.is_empty() {
            writeln!(f, "Nothing was found.")?;
        }
        if let Some(load) = &self.load {
            writeln!(f, "{load}")?;
        }
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        if self.omitted > 0 {
            writeln!(f, "{} further findings are not listed.", self.omitted)?;
        }
        for (title, areas) in [
            ("Not the cause", self.cleared_areas()),
            ("Not known", self.unknown_areas()),
        ] {
            if !areas.is_empty() {
                let names: Vec<_> = areas.iter().map(|area| area.as_str()).collect();
                writeln!(f, "{title}: {}.", names.join(", "))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let judgement = match self.severity {
            None => "which is not high",
            Some(Severity::Warning) => "which is high: tasks wait for a CPU or for a device",
            Some(Severity::Critical) => "which is very high: tasks wait for a CPU or for a device",
        };
        write!(
            f,
            "The load average is {:.1} by CPU, {judgement}.",
            self.per_cpu
        )
    }
}

// === impl Finding ===

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, .. } = self;
        writeln!(f, "{}: {}", self.severity, kind.conclusion)?;
        write!(f, "  [{}, ", kind.id)?;
        match &self.subject {
            Some(subject) => write!(f, "{subject}")?,
            None => write!(f, "scope {}", self.scope)?,
        }
        write!(f, ", confidence {}]", self.confidence)?;
        for evidence in &self.evidence {
            write!(f, "\n  {evidence}")?;
        }
        if !self.unknown.is_empty() {
            write!(f, "\n  Not known: {}.", self.unknown.join(", "))?;
        }
        if !self.consequences.is_empty() {
            let ids: Vec<_> = self.consequences.iter().map(|kind| kind.id).collect();
            write!(f, "\n  It also causes: {}.", ids.join(", "))?;
        }
        write!(f, "\n  To do: {}", kind.advice)
    }
}
