#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod diagnose;
mod diagnosis;
mod finding;
mod from_history;
mod kind;
pub mod names;
mod reading;
mod rules;
mod show;
mod thresholds;
mod watcher;

pub use gusset_core::ConfigError;

pub use self::diagnose::{Diagnoser, Hold, diagnose};
pub use self::diagnosis::{Diagnosis, Load, MAX_FINDINGS};
pub use self::finding::{Confidence, Evidence, EvidenceUnit, Finding, Scope, Severity};
pub use self::from_history::HistorySource;
pub use self::kind::{Area, FindingKind, Stage};
pub use self::reading::{GrowingResource, Growth, Reading, SignInCounts, Signals};
pub use self::rules::kinds;
pub use self::thresholds::{Levels, Thresholds};
pub use self::watcher::{LatestDiagnosis, Watcher, WatcherBuilder};

/// The target of log events.
const TARGET: &str = "gusset::diagnosis";
