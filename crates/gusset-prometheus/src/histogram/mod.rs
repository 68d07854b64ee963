//! A recorder of our own for histograms.
//!
//! `metrics-exporter-prometheus` keeps every sample of a histogram, sixteen bytes each, until
//! somebody scrapes or a task of its own comes by: a service nobody scrapes grows without bound, and
//! one that is scraped pays for the whole interval at once. Counters and gauges it keeps well. So
//! only histograms are kept here, added up as they are recorded, in memory that depends on the
//! number of series and on nothing else.
//!
//! This module is the seam: it takes translated names, gives out [`Buckets`], and writes text. Should
//! the exporter learn to add up at once, this is all there is to remove.

mod bounds;
mod buckets;
mod family;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use metrics::Unit;

use crate::translate::{self, Labels};

pub(crate) use bounds::{BadBounds, Bounds};
pub(crate) use buckets::Buckets;
use family::Family;
pub(crate) use family::Snapshot;

/// All histograms of one recorder.
#[derive(Debug)]
pub(crate) struct Histograms {
    /// Boundaries given by the user, by the name of the family.
    given: HashMap<String, Arc<Bounds>>,
    families: RwLock<BTreeMap<String, Family>>,
}

// === impl Histograms ===

impl Histograms {
    pub(crate) fn new(given: HashMap<String, Arc<Bounds>>) -> Self {
        Self {
            given,
            families: RwLock::default(),
        }
    }

    /// Notes unit and help of a family. The first description stands, as it does in the exporter.
    pub(crate) fn describe(&self, name: &str, unit: Option<Unit>, help: &str) {
        let name = translate::metric_name(name);
        let mut families = self
            .families
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let late = families
            .entry(name.to_string())
            .or_default()
            .describe(unit, help);
        drop(families);
        if late && !self.given.contains_key(&*name) {
            tracing::warn!(
                histogram = &*name,
                "described after its first use: it keeps the boundaries of a histogram without a \
                 unit; describe it before, or give it boundaries with `buckets`",
            );
        }
    }

    /// The storage of one series, made when it is asked for the first time.
    pub(crate) fn series(&self, name: &str, labels: &Labels) -> Arc<Buckets> {
        let name = translate::metric_name(name);
        let labels = translate::label_text(labels);
        let mut families = self
            .families
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let given = self.given.get(&*name);
        families
            .entry(name.into_owned())
            .or_default()
            .series(labels, given)
    }

    /// The families that have a series, for a page to be written after the lock is released.
    pub(crate) fn snapshot(&self) -> Vec<Snapshot> {
        let families = self.families.read().unwrap_or_else(PoisonError::into_inner);
        families
            .iter()
            .filter_map(|(name, family)| family.snapshot(name))
            .collect()
    }
}
