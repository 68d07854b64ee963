//! What can be found.

use std::fmt;

/// A kind of finding: its stable id, and what it means.
///
/// [`kinds`](crate::kinds) returns all of them. The id is the value of the label of the metric, the anchor in
/// `docs/system.md`, and does not change.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FindingKind {
    /// The stable id, for example `cpu.saturated`.
    pub id: &'static str,
    /// What it is about.
    pub area: Area,
    /// Where it is in the tree: errors come first.
    pub stage: Stage,
    /// The conclusion, in one or two sentences.
    pub conclusion: &'static str,
    /// What to do.
    pub advice: &'static str,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Area {
    /// The CPUs.
    Cpu,
    /// The asynchronous runtime.
    Runtime,
    /// The memory.
    Memory,
    /// Disks and file systems.
    Disk,
    /// The network of this host.
    Network,
    /// File descriptors and tasks.
    Limits,
    /// Services that this one calls, its pools and its breakers.
    Dependencies,
    /// Sign-ins of the users of the service, if it reports them.
    SignIns,
    /// None of the others: the way to the clients.
    Path,
}

/// The three questions, in this order: does anything fail, does anything wait, is anything full.
///
/// It is the order of Brendan Gregg's USE method turned around, as his checklist for the first 60 seconds has it: errors
/// are quick to see and certain, saturation is what makes a service slow, and utilisation alone does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Something fails.
    Errors,
    /// Something waits.
    Saturation,
    /// Something is nearly full, and nothing waits yet.
    Utilisation,
}

// === impl Area ===

impl Area {
    /// All areas, in the order of a report.
    pub const ALL: [Self; 9] = [
        Self::Cpu,
        Self::Runtime,
        Self::Memory,
        Self::Disk,
        Self::Network,
        Self::Limits,
        Self::Dependencies,
        Self::SignIns,
        Self::Path,
    ];

    /// Returns the area in words: `CPU`, `memory`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::Runtime => "runtime",
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::Network => "network",
            Self::Limits => "descriptors and tasks",
            Self::Dependencies => "dependencies",
            Self::SignIns => "sign-ins",
            Self::Path => "path to the clients",
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Stage ===

impl Stage {
    /// Returns the stage as text: `errors`, `saturation` or `utilisation`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Saturation => "saturation",
            Self::Utilisation => "utilisation",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
