//! Everything recorded, and the page it makes.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use gusset_metrics::Registry;
use gusset_metrics::registry::{self, CounterCell, GaugeCell, HistogramCell, spelling};

use crate::{Resource, text, translate};

/// What the page reads from.
#[derive(Debug)]
pub(crate) struct Store {
    registry: Arc<Registry>,
    /// The family `target_info`, or nothing.
    target_info: String,
    /// The names of families that were left out: each is warned of once.
    left_out: Mutex<BTreeSet<String>>,
    /// The length of the last page: the next one will hardly be shorter.
    last_length: AtomicUsize,
}

/// One family of a page, and its name there.
struct Family<'a> {
    name: String,
    of: Of<'a>,
}

enum Of<'a> {
    Target(&'a str),
    Counter(registry::Family<CounterCell>),
    Gauge(registry::Family<GaugeCell>),
    Histogram(registry::Family<HistogramCell>),
}

// === impl Store ===

impl Store {
    pub(crate) fn new(resource: &Resource, registry: Arc<Registry>) -> Self {
        Self {
            registry,
            target_info: target_info(resource),
            left_out: Mutex::default(),
            last_length: AtomicUsize::new(0),
        }
    }

    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Writes the page: families in the order of their names, series in the order of their labels,
    /// so that two pages can be compared and compress well.
    pub(crate) fn render(&self) -> String {
        let mut families = self.families();
        self.leave_out_doubles(&mut families);
        let mut page = String::with_capacity(self.last_length.load(Relaxed) + 256);
        for Family { name, of } in &families {
            match of {
                Of::Target(text) => page.push_str(text),
                Of::Counter(family) => text::counter(&mut page, name, family),
                Of::Gauge(family) => text::gauge(&mut page, name, family),
                Of::Histogram(family) => text::histogram(&mut page, name, family),
            }
        }
        self.last_length.store(page.len(), Relaxed);
        page
    }

    /// All families. Of two with one name the first in this order will stay.
    fn families(&self) -> Vec<Family<'_>> {
        let mut families = Vec::new();
        if !self.target_info.is_empty() {
            families.push(Family {
                name: "target_info".to_owned(),
                of: Of::Target(&self.target_info),
            });
        }
        families.extend(self.registry.counters().into_iter().map(|family| Family {
            name: translate::counter(family.spelling(), family.unit()),
            of: Of::Counter(family),
        }));
        families.extend(self.registry.gauges().into_iter().map(|family| Family {
            name: translate::with_unit(family.spelling(), family.unit()),
            of: Of::Gauge(family),
        }));
        families.extend(self.registry.histograms().into_iter().map(|family| Family {
            name: translate::with_unit(family.spelling(), family.unit()),
            of: Of::Histogram(family),
        }));
        families
    }

    /// Sorts families by name, and leaves out those that would make parsers refuse the whole page:
    /// the second of a name, and any whose name is a line of a histogram (`x_count` beside `x`).
    fn leave_out_doubles(&self, families: &mut Vec<Family<'_>>) {
        // Stable: of two families with one name the first in this order stays first.
        families.sort_by(|a, b| a.name.cmp(&b.name));
        families.dedup_by(|later, first| {
            let double = later.name == first.name;
            if double {
                self.warn_of(&later.name);
            }
            double
        });
        let histograms = families
            .iter()
            .filter(|family| matches!(family.of, Of::Histogram(_)));
        let histograms: BTreeSet<_> = histograms.map(|family| family.name.clone()).collect();
        families.retain(|Family { name, .. }| {
            let mut stems = ["_bucket", "_count", "_sum"].iter();
            let double = stems.any(|end| {
                let stem = name.strip_suffix(end);
                stem.is_some_and(|stem| histograms.contains(stem))
            });
            if double {
                self.warn_of(name);
            }
            !double
        });
    }

    fn warn_of(&self, name: &str) {
        let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        if left_out.insert(name.to_owned()) {
            drop(left_out);
            tracing::warn!(
                name,
                "another metric has this name on the page; this one is left out"
            );
        }
    }
}

/// The attributes of the resource as the gauge the specification names for them.
fn target_info(resource: &Resource) -> String {
    let labels = spelling::label_text(resource.attributes(), None);
    if labels.is_empty() {
        return String::new();
    }
    format!(
        "# HELP target_info Target metadata\n# TYPE target_info gauge\ntarget_info{{{labels}}} 1\n"
    )
}
