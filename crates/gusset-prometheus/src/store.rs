//! Everything recorded, and the page it makes.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use metrics::{Counter, Gauge, Histogram};
use metrics_exporter_prometheus::{PrometheusBuilder as Exporter, PrometheusRecorder};

use crate::Resource;
use crate::handles::Handles;
use crate::histogram::{Histograms, Snapshot};
use crate::translate;

/// What the recorder writes to and the page reads from.
pub(crate) struct Store {
    /// Counters and gauges: their storage, their text. Its histograms stay empty.
    pub(crate) exporter: PrometheusRecorder,
    pub(crate) histograms: Histograms,
    pub(crate) counter_handles: Handles<Counter>,
    pub(crate) gauge_handles: Handles<Gauge>,
    pub(crate) histogram_handles: Handles<Histogram>,
    /// The family `target_info`, or nothing.
    target_info: String,
    /// The names of families that were left out: each is warned of once.
    left_out: Mutex<BTreeSet<String>>,
    /// The length of the last page: the next one will hardly be shorter.
    last_length: AtomicUsize,
}

/// One family of a page.
enum Family<'a> {
    Target(&'a str),
    Exporter { name: &'a str, block: &'a str },
    Histogram(Snapshot),
}

// === impl Store ===

impl Store {
    pub(crate) fn new(resource: &Resource, histograms: Histograms) -> Self {
        Self {
            exporter: Exporter::new()
                .with_recommended_naming(true)
                .build_recorder(),
            histograms,
            counter_handles: Handles::new(),
            gauge_handles: Handles::new(),
            histogram_handles: Handles::new(),
            target_info: target_info(resource),
            left_out: Mutex::default(),
            last_length: AtomicUsize::new(0),
        }
    }

    /// Writes the page: families in the order of their names, series in the order of their labels,
    /// so that two pages can be compared and compress well.
    pub(crate) fn render(&self) -> String {
        let exporter = self.exporter.handle().render();
        let mut families = Vec::new();
        if !self.target_info.is_empty() {
            families.push(Family::Target(&self.target_info));
        }
        families.extend(exporter.split("\n\n").filter_map(Family::of_exporter));
        families.extend(
            self.histograms
                .snapshot()
                .into_iter()
                .map(Family::Histogram),
        );
        self.leave_out_doubles(&mut families);

        let mut page = String::with_capacity(self.last_length.load(Relaxed) + 256);
        for family in &families {
            family.write(&mut page);
        }
        self.last_length.store(page.len(), Relaxed);
        page
    }

    /// Sorts families by name, and leaves out those that would make parsers refuse the whole page:
    /// the second of a name, and any whose name is a line of a histogram (`x_count` beside `x`).
    fn leave_out_doubles(&self, families: &mut Vec<Family<'_>>) {
        // Stable: of two families with one name the first in this order stays first.
        families.sort_by(|a, b| a.name().cmp(b.name()));
        families.dedup_by(|later, first| {
            let double = later.name() == first.name();
            if double {
                self.warn_of(later.name());
            }
            double
        });
        let histograms = families.iter().filter_map(|family| match family {
            Family::Histogram(family) => Some(family.name().to_owned()),
            _ => None,
        });
        let histograms: BTreeSet<_> = histograms.collect();
        families.retain(|family| {
            let name = family.name();
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

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

// === impl Family ===

impl<'a> Family<'a> {
    /// A block of the exporter's text: comments first, then samples.
    fn of_exporter(block: &'a str) -> Option<Self> {
        let comment = block
            .lines()
            .find_map(|line| line.strip_prefix("# TYPE "))?;
        let (name, _) = comment.split_once(' ')?;
        Some(Self::Exporter { name, block })
    }

    fn name(&self) -> &str {
        match self {
            Self::Target(_) => "target_info",
            Self::Exporter { name, .. } => name,
            Self::Histogram(family) => family.name(),
        }
    }

    fn write(&self, page: &mut String) {
        match self {
            Self::Target(text) => page.push_str(text),
            Self::Exporter { block, .. } => {
                // The exporter writes in the order of its hash maps.
                let mut lines: Vec<_> = block.lines().collect();
                let comments = lines
                    .iter()
                    .take_while(|line| line.starts_with('#'))
                    .count();
                lines[comments..].sort_unstable();
                for line in lines {
                    page.push_str(line);
                    page.push('\n');
                }
            }
            Self::Histogram(family) => family.write(page),
        }
    }
}

/// The attributes of the resource as the gauge the specification names for them.
fn target_info(resource: &Resource) -> String {
    let labels = translate::labels(resource.attributes(), None);
    if labels.is_empty() {
        return String::new();
    }
    let labels = translate::label_text(&labels);
    format!(
        "# HELP target_info Target metadata\n# TYPE target_info gauge\ntarget_info{{{labels}}} 1\n"
    )
}
