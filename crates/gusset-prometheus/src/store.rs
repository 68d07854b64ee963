//! Everything recorded, and the page it makes.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use gusset_metrics::Registry;
use gusset_metrics::registry::{self, CounterCell, GaugeCell, HistogramCell, spelling};

use crate::text::{Format, Writer};
use crate::{Resource, translate};

/// What the page reads from.
#[derive(Debug)]
pub(crate) struct Store {
    registry: Arc<Registry>,
    /// The labels of `target_info`, or nothing.
    target: String,
    /// The names of families that were left out: each is warned of once.
    left_out: Mutex<BTreeSet<String>>,
    /// The length of the last page: the next one will hardly be shorter.
    last_length: AtomicUsize,
}

/// One family of a page, and the name it begins with there.
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
            target: spelling::label_text(resource.attributes(), None),
            left_out: Mutex::default(),
            last_length: AtomicUsize::new(0),
        }
    }

    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Writes the page: families in the order of their names, series in the order of their labels,
    /// so that two pages can be compared and compress well.
    pub(crate) fn render(&self, format: Format) -> String {
        let mut families = self.families(format);
        self.leave_out_doubles(&mut families, format);
        let mut page = Writer::new(format, self.last_length.load(Relaxed) + 256);
        for Family { name, of } in &families {
            match of {
                Of::Target(labels) => page.target(name, labels),
                Of::Counter(family) => page.counter(name, family),
                Of::Gauge(family) => page.gauge(name, family),
                Of::Histogram(family) => page.histogram(name, family),
            }
        }
        let page = page.finish();
        self.last_length.store(page.len(), Relaxed);
        page
    }

    /// All families. Of two with one name the first in this order will stay.
    fn families(&self, format: Format) -> Vec<Family<'_>> {
        let open = format == Format::OpenMetrics;
        let mut families = Vec::new();
        if !self.target.is_empty() {
            families.push(Family {
                name: if open { "target" } else { "target_info" }.to_owned(),
                of: Of::Target(&self.target),
            });
        }
        families.extend(self.registry.counters().into_iter().map(|family| Family {
            name: {
                let name = translate::counter(family.spelling(), family.unit());
                if open { name } else { name + "_total" }
            },
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
    /// any of whose names another has that stands before it (`x_count` beside a histogram `x`).
    fn leave_out_doubles(&self, families: &mut Vec<Family<'_>>, format: Format) {
        // Stable: of two families with one name the first in this order stays first. And who has a
        // name with an ending comes after the one whose ending it is.
        families.sort_by(|a, b| a.name.cmp(&b.name));
        let mut taken = BTreeSet::new();
        families.retain(|Family { name, of }| {
            let double = taken.contains(name);
            if double {
                self.warn_of(name);
            } else {
                let endings = of.endings(format).iter();
                taken.extend(endings.map(|ending| name.clone() + ending));
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

// === impl Of ===

impl Of<'_> {
    /// The endings of the names that a family has for itself.
    fn endings(&self, format: Format) -> &'static [&'static str] {
        match (format, self) {
            (Format::SharedStr, Self::Histogram(_)) => &["", "_bucket", "_count", "_sum"],
            (Format::SharedStr, _) | (_, Self::Gauge(_)) => &[""],
            (Format::OpenMetrics, Self::Target(_)) => &["", "_info"],
            (Format::OpenMetrics, Self::Counter(_)) => &["", "_total", "_created"],
            (Format::OpenMetrics, Self::Histogram(_)) => {
                &["", "_bucket", "_count", "_sum", "_created"]
            }
        }
    }
}
