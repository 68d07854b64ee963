//! What is counted of reports.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::{EndReason, Trigger};

/// The counts of one [`Incidents`](crate::Incidents).
#[derive(Debug)]
pub(crate) struct Counts {
    pub(crate) since: SystemTime,
    pub(crate) by_trigger: Mutex<BTreeMap<&'static str, u64>>,
    pub(crate) skipped: AtomicU64,
    pub(crate) failed: AtomicU64,
    is_failure_reported: AtomicBool,
    pub(crate) unclean_ends: Mutex<BTreeMap<&'static str, u64>>,
}

// === impl Counts ===

impl Default for Counts {
    fn default() -> Self {
        Self {
            since: SystemTime::now(),
            by_trigger: Mutex::default(),
            skipped: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            is_failure_reported: AtomicBool::new(false),
            unclean_ends: Mutex::default(),
        }
    }
}

impl Counts {
    pub(crate) fn add_report(&self, trigger: Trigger) {
        add(&self.by_trigger, trigger.as_str());
    }

    pub(crate) fn add_unclean_end(&self, reason: EndReason) {
        add(&self.unclean_ends, reason.as_str());
    }

    pub(crate) fn add_skipped(&self) {
        self.skipped.fetch_add(1, Relaxed);
    }

    /// Counts a delivery that failed. The first one is a line on standard error: the log may be what does not work.
    pub(crate) fn report_failure(&self, id: &str, error: &str) {
        self.failed.fetch_add(1, Relaxed);
        if !self.is_failure_reported.swap(true, Relaxed) {
            eprintln!("gusset: the incident report {id} was not delivered: {error}");
        }
    }
}

fn add(counts: &Mutex<BTreeMap<&'static str, u64>>, key: &'static str) {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    *counts.entry(key).or_default() += 1;
}
