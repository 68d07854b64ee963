//! Each rule of the table, at its thresholds.

mod cpu;
mod dependencies;
mod memory;
mod network;
mod runtime;
mod sign_ins;
mod storage;

use gusset_diagnose::{Diagnosis, Severity};
use gusset_system::Snapshot;

use crate::support::Pair;

#[track_caller]
fn severity(diagnosis: &Diagnosis, id: &str) -> Option<Severity> {
    diagnosis.finding(id).map(|it| it.severity)
}

/// Asserts the severity at three values: just below the warning, at it, and at the critical value.
#[track_caller]
fn levels(id: &str, values: [f64; 3], set: fn(&mut Snapshot, f64)) {
    let at = |value: f64| severity(&Pair::with(|it| set(it, value)), id);
    let [below, warning, critical] = values;
    assert_eq!(at(below), None, "{id} {below}");
    assert_eq!(at(warning), Some(Severity::Warning), "{id} {warning}");
    let expected = if critical.is_finite() {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let critical = if critical.is_finite() {
        critical
    } else {
        warning
    };
    assert_eq!(at(critical), Some(expected), "{id} {critical}");
}
