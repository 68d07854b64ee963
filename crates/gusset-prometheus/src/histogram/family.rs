//! The series under one name, and their text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use metrics::Unit;

use super::{Bounds, Buckets};
use crate::translate;

/// The series of one histogram.
#[derive(Debug, Default)]
pub(super) struct Family {
    description: Option<Description>,
    /// Settled by the first series: buckets that differ within one name cannot be added up.
    bounds: Option<Arc<Bounds>>,
    /// By the text of their labels, which is written once and serves every page.
    series: BTreeMap<Arc<str>, Arc<Buckets>>,
}

#[derive(Debug)]
struct Description {
    unit: Option<Unit>,
    /// As it stands in the page.
    help: Arc<str>,
}

/// A family as it is written: its series are shared with those who record, and go on counting.
#[derive(Debug)]
pub(crate) struct Snapshot {
    name: String,
    help: Option<Arc<str>>,
    series: Vec<(Arc<str>, Arc<Buckets>)>,
}

// === impl Family ===

impl Family {
    /// Takes the first description; says whether its unit came too late to choose the boundaries.
    pub(super) fn describe(&mut self, unit: Option<Unit>, help: &str) -> bool {
        if self.description.is_some() {
            return false;
        }
        let help = translate::help_text(help).into();
        self.description = Some(Description { unit, help });
        self.bounds
            .as_ref()
            .is_some_and(|settled| **settled != *Bounds::for_unit(unit))
    }

    pub(super) fn series(&mut self, labels: String, given: Option<&Arc<Bounds>>) -> Arc<Buckets> {
        let Self {
            description,
            bounds,
            series,
        } = self;
        let bounds = bounds.get_or_insert_with(|| {
            let unit = description.as_ref().and_then(|described| described.unit);
            given.map_or_else(|| Bounds::for_unit(unit), Arc::clone)
        });
        let buckets = series
            .entry(labels.into())
            .or_insert_with(|| Arc::new(Buckets::new(Arc::clone(bounds))));
        Arc::clone(buckets)
    }

    pub(super) fn snapshot(&self, name: &str) -> Option<Snapshot> {
        if self.series.is_empty() {
            return None;
        }
        let unit = self.description.as_ref().and_then(|it| it.unit);
        let series = self.series.iter();
        Some(Snapshot {
            name: translate::with_unit(name, unit),
            help: self.description.as_ref().map(|it| Arc::clone(&it.help)),
            series: series
                .map(|(a, b)| (Arc::clone(a), Arc::clone(b)))
                .collect(),
        })
    }
}

// === impl Snapshot ===

impl Snapshot {
    /// The name on the page, with its unit.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Writes the family in text format 0.0.4.
    pub(crate) fn write(&self, page: &mut String) {
        let Self { name, help, series } = self;
        if let Some(help) = help {
            line(page, &["# HELP ", name, " ", help, "\n"]);
        }
        line(page, &["# TYPE ", name, " histogram\n"]);
        // What the lines of one series begin with; the buffers serve all of them.
        let (mut bucket, mut rest) = (String::new(), String::new());
        for (labels, buckets) in series {
            bucket.clear();
            rest.clear();
            line(&mut bucket, &[name, "_bucket{", labels]);
            if labels.is_empty() {
                rest.push(' ');
            } else {
                bucket.push(',');
                line(&mut rest, &["{", labels, "} "]);
            }
            let mut count = 0;
            for (le, in_bucket) in buckets.bounds().le().iter().zip(buckets.counts()) {
                count += in_bucket;
                line(page, &[&bucket, le]);
                number(page, count);
            }
            line(page, &[name, "_sum", &rest]);
            number(page, buckets.sum());
            line(page, &[name, "_count", &rest]);
            number(page, count);
        }
    }
}

fn line(page: &mut String, parts: &[&str]) {
    for part in parts {
        page.push_str(part);
    }
}

fn number(page: &mut String, number: impl std::fmt::Display) {
    writeln!(page, "{number}").expect("a string takes whatever is written to it");
}
