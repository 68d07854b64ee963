//! Reads a snapshot of the registry, and renders it.

#[cfg(feature = "protobuf")]
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use gusset_metrics::Registry;
use gusset_metrics::registry::{
    CounterValue, GaugeValue, HistogramValue, MetricFamily, prometheus_names,
};

use crate::format::Format;
use crate::produced::ProducedFamily;
#[cfg(feature = "protobuf")]
use crate::protobuf::ProtobufWriter;
use crate::text::{TextFormat, TextWriter};
use crate::{Resource, TARGET, naming};

/// Renders the metrics of a registry.
#[derive(Debug)]
pub(crate) struct Snapshotter {
    registry: Arc<Registry>,
    /// The labels of `target_info`. Without labels it is omitted.
    target_labels: String,
    /// The same labels, not formatted.
    #[cfg(feature = "protobuf")]
    target_pairs: BTreeMap<String, String>,
    /// Leaves metrics of the service itself without the suffixes of units and counters.
    without_suffixes: bool,
    /// The names of dropped families, so that each is logged once.
    dropped: Mutex<BTreeSet<String>>,
    /// The length of the last text, as the capacity of the next one, which is seldom shorter.
    last_length: AtomicUsize,
}

/// The bytes that the text may grow between two snapshots without reallocation.
const SPARE_CAPACITY: usize = 256;

/// One family, with its name in the rendered format.
struct NamedFamily<'a> {
    name: String,
    kind: FamilyKind<'a>,
}

enum FamilyKind<'a> {
    Target(&'a str),
    Counter(MetricFamily<CounterValue>),
    /// A counter without `_total`, which OpenMetrics does not call a counter.
    Unknown(MetricFamily<CounterValue>),
    Gauge(MetricFamily<GaugeValue>),
    Histogram(MetricFamily<HistogramValue>),
    /// Of a producer that was added to the registry.
    Produced(ProducedFamily),
}

// === impl Snapshotter ===

impl Snapshotter {
    pub(crate) fn new(
        resource: &Resource,
        registry: Arc<Registry>,
        without_suffixes: bool,
    ) -> Self {
        Self {
            registry,
            without_suffixes,
            target_labels: prometheus_names::label_text(resource.attributes(), None),
            #[cfg(feature = "protobuf")]
            target_pairs: prometheus_names::label_pairs(resource.attributes(), None),
            dropped: Mutex::default(),
            last_length: AtomicUsize::new(0),
        }
    }

    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Renders all metrics in a format.
    pub(crate) fn render(&self, format: Format) -> Bytes {
        match format {
            Format::Text(format) => self.render_text(format).into(),
            #[cfg(feature = "protobuf")]
            Format::Protobuf => self.render_protobuf().into(),
        }
    }

    /// Renders all metrics: families in the order of their names, series in the order of their labels.
    ///
    /// Sorted text can be compared, and compresses well.
    pub(crate) fn render_text(&self, format: TextFormat) -> String {
        let mut families = self.families(format);
        self.drop_duplicates(&mut families, format);
        let capacity = self.last_length.load(Relaxed) + SPARE_CAPACITY;
        let mut writer = TextWriter::new(format, capacity);
        for NamedFamily { name, kind } in &families {
            match kind {
                FamilyKind::Target(labels) => writer.target(name, labels),
                FamilyKind::Counter(family) => writer.counter(name, family),
                FamilyKind::Unknown(family) => writer.unknown(name, family),
                FamilyKind::Gauge(family) => writer.gauge(name, family),
                FamilyKind::Histogram(family) => writer.histogram(name, family),
                FamilyKind::Produced(family) => writer.produced(name, family),
            }
        }
        let text = writer.finish();
        self.last_length.store(text.len(), Relaxed);
        text
    }

    /// Renders all metrics in protobuf, in the same order.
    #[cfg(feature = "protobuf")]
    pub(crate) fn render_protobuf(&self) -> Vec<u8> {
        // The names are those of text format 0.0.4.
        let format = TextFormat::Plain;
        let mut families = self.families(format);
        self.drop_duplicates(&mut families, format);
        let mut writer = ProtobufWriter::default();
        for NamedFamily { name, kind } in &families {
            match kind {
                FamilyKind::Target(_) => writer.target(name, &self.target_pairs),
                FamilyKind::Counter(family) | FamilyKind::Unknown(family) => {
                    writer.counter(name, family);
                }
                FamilyKind::Gauge(family) => writer.gauge(name, family),
                FamilyKind::Histogram(family) => writer.histogram(name, family),
                FamilyKind::Produced(family) => writer.produced(name, family),
            }
        }
        writer.finish()
    }

    /// Returns all families. Of two with the same name the first in this order is kept.
    fn families(&self, format: TextFormat) -> Vec<NamedFamily<'_>> {
        let is_open_metrics = format == TextFormat::OpenMetrics;
        let mut families = Vec::new();
        if !self.target_labels.is_empty() {
            families.push(NamedFamily {
                name: if is_open_metrics {
                    "target"
                } else {
                    "target_info"
                }
                .to_owned(),
                kind: FamilyKind::Target(&self.target_labels),
            });
        }
        let counters = self.registry.counters().into_iter();
        families.extend(counters.map(|family| self.counter(family, is_open_metrics)));
        let gauges = self.registry.gauges().into_iter();
        families.extend(gauges.map(|family| NamedFamily {
            name: self.gauge_name(&family),
            kind: FamilyKind::Gauge(family),
        }));
        let histograms = self.registry.histograms().into_iter();
        families.extend(histograms.map(|family| NamedFamily {
            name: self.with_unit(&family),
            kind: FamilyKind::Histogram(family),
        }));
        let produced = self.registry.produced().into_iter();
        let produced = produced.filter_map(ProducedFamily::new);
        families.extend(produced.map(|family| NamedFamily {
            name: family.name(is_open_metrics),
            kind: FamilyKind::Produced(family),
        }));
        families
    }

    fn counter<'a>(
        &self,
        family: MetricFamily<CounterValue>,
        is_open_metrics: bool,
    ) -> NamedFamily<'a> {
        let name = family.prometheus_name();
        if self.keeps_name(&family) {
            let (name, is_counter) = match name.strip_suffix("_total") {
                Some(stem) if is_open_metrics => (stem.to_owned(), true),
                _ => (name.to_owned(), !is_open_metrics),
            };
            return NamedFamily {
                name,
                kind: match is_counter {
                    true => FamilyKind::Counter(family),
                    false => FamilyKind::Unknown(family),
                },
            };
        }
        let name = naming::counter(name, family.unit());
        NamedFamily {
            name: match is_open_metrics {
                true => name,
                false => name + "_total",
            },
            kind: FamilyKind::Counter(family),
        }
    }

    fn gauge_name(&self, family: &MetricFamily<GaugeValue>) -> String {
        match self.keeps_name(family) {
            true => family.prometheus_name().to_owned(),
            false => naming::gauge(family.prometheus_name(), family.unit(), family.ucum()),
        }
    }

    fn with_unit<V>(&self, family: &MetricFamily<V>) -> String {
        match self.keeps_name(family) {
            true => family.prometheus_name().to_owned(),
            false => naming::with_unit(family.prometheus_name(), family.unit()),
        }
    }

    /// Returns whether a family has no suffixes: those that no descriptor describes are of the service.
    fn keeps_name<V>(&self, family: &MetricFamily<V>) -> bool {
        self.without_suffixes && family.ucum().is_none()
    }

    /// Sorts families by name, and drops those with a sample name that an earlier family has.
    ///
    /// A duplicate (such as a gauge `x_count` next to a histogram `x`) makes parsers reject the whole
    /// response.
    fn drop_duplicates(&self, families: &mut Vec<NamedFamily<'_>>, format: TextFormat) {
        // The sort is stable, so the first of two families with the same name stays first. A name with
        // a suffix is sorted after the name without it.
        families.sort_by(|a, b| a.name.cmp(&b.name));
        let mut taken = BTreeSet::new();
        families.retain(|NamedFamily { name, kind }| {
            let is_duplicate = taken.contains(name);
            if is_duplicate {
                self.warn_dropped(name);
            } else {
                let suffixes = kind.sample_suffixes(format).iter();
                taken.extend(suffixes.map(|suffix| name.clone() + suffix));
            }
            !is_duplicate
        });
    }

    fn warn_dropped(&self, name: &str) {
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        if dropped.insert(name.to_owned()) {
            drop(dropped);
            tracing::warn!(
                target: TARGET,
                "the metric `{name}` is not exported to Prometheus: another metric has the same name \
                 there; rename one of them"
            );
        }
    }
}

// === impl FamilyKind ===

impl FamilyKind<'_> {
    /// Returns the suffixes of the names that only this family may use.
    fn sample_suffixes(&self, format: TextFormat) -> &'static [&'static str] {
        match (format, self) {
            (TextFormat::Plain, Self::Produced(family)) if family.is_histogram() => {
                &["", "_bucket", "_count", "_sum"]
            }
            (TextFormat::OpenMetrics, Self::Produced(family)) => match family.is_counter() {
                true => &["", "_total", "_created"],
                false if family.is_histogram() => &["", "_bucket", "_count", "_sum", "_created"],
                false => &[""],
            },
            (TextFormat::Plain, Self::Histogram(_)) => &["", "_bucket", "_count", "_sum"],
            (TextFormat::Plain, _) | (_, Self::Gauge(_) | Self::Unknown(_)) => &[""],
            (TextFormat::OpenMetrics, Self::Target(_)) => &["", "_info"],
            (TextFormat::OpenMetrics, Self::Counter(_)) => &["", "_total", "_created"],
            (TextFormat::OpenMetrics, Self::Histogram(_)) => {
                &["", "_bucket", "_count", "_sum", "_created"]
            }
        }
    }
}
