//! The metrics that a service has.

use gusset_data::{InstrumentKind, MetricDescriptor, SpanKind, Unit, default_boundaries};
use gusset_metrics::registry::prometheus_names::metric_name;

/// The metrics that a service has: those of calls, and those that are added.
///
/// Rules, alerts and dashboards are made for the metrics of the catalogue, so a service without circuit
/// breakers has no panel for them. A metric with the same name as an earlier one replaces it.
///
/// ```
/// use gusset_data::{InstrumentKind, MetricDescriptor, Unit};
/// use gusset_slo::Catalogue;
///
/// const ORDERS: MetricDescriptor = MetricDescriptor::new(
///     "shop.orders.placed",
///     InstrumentKind::Counter,
///     Unit::Count("{order}"),
///     "Orders that were placed and paid.",
/// );
/// let catalogue = Catalogue::new().with([ORDERS]);
/// assert!(catalogue.find("shop.orders.placed").is_some());
/// assert!(catalogue.find("http.server.request.duration").is_some());
/// ```
#[derive(Clone, Debug)]
pub struct Catalogue {
    metrics: Vec<MetricDescriptor>,
    signals: Vec<Signal>,
}

/// A span or an event of the service's own, for the documentation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signal {
    pub(crate) name: &'static str,
    /// The kind of a span; an event has none.
    pub(crate) span_kind: Option<SpanKind>,
    pub(crate) help: &'static str,
    pub(crate) attributes: &'static [&'static str],
}

// === impl Catalogue ===

impl Catalogue {
    /// Creates a catalogue of the metrics of calls and of this crate.
    pub fn new() -> Self {
        let empty = Self {
            metrics: Vec::new(),
            signals: Vec::new(),
        };
        empty
            .with(gusset_metrics::names::ALL.iter().copied())
            .with(crate::names::ALL.iter().copied())
    }

    /// Adds metrics, for example the table `names` of another crate, or the service's own.
    #[must_use]
    pub fn with(mut self, metrics: impl IntoIterator<Item = MetricDescriptor>) -> Self {
        for metric in metrics {
            self.metrics.retain(|known| known.name != metric.name);
            self.metrics.push(metric);
        }
        self
    }

    /// Removes metrics that the service does not record, by their names or by a prefix that ends in `.`.
    ///
    /// ```
    /// let catalogue = gusset_slo::Catalogue::new().without(["rpc.", "gusset.rpc."]);
    /// assert!(catalogue.find("rpc.server.call.duration").is_none());
    /// ```
    #[must_use]
    pub fn without<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        for name in names {
            self.metrics.retain(|known| match name.ends_with('.') {
                true => !known.name.starts_with(name),
                false => known.name != name,
            });
        }
        self
    }

    /// Adds an event of the service's own: its name, a sentence and its attributes, for
    /// [`ServiceLevels::weaver_registry`](crate::ServiceLevels::weaver_registry).
    #[must_use]
    pub fn with_event(
        self,
        name: &'static str,
        help: &'static str,
        attributes: &'static [&'static str],
    ) -> Self {
        self.with_signal(Signal {
            name,
            span_kind: None,
            help,
            attributes,
        })
    }

    /// Adds a span of the service's own, as [`with_event`](Self::with_event).
    ///
    /// ```
    /// use gusset_data::SpanKind;
    /// use gusset_slo::{Catalogue, ServiceLevels};
    ///
    /// # fn main() -> Result<(), gusset_slo::ConfigError> {
    /// let catalogue = Catalogue::new()
    ///     .with_span("price", SpanKind::Internal, "Prices a basket.", &["shop.items"])
    ///     .with_event("order.placed", "An order was placed.", &["shop.cents"]);
    /// let levels = ServiceLevels::builder("shop").catalogue(catalogue).build()?;
    /// assert!(levels.weaver_registry().contains("span.price"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_span(
        self,
        name: &'static str,
        kind: SpanKind,
        help: &'static str,
        attributes: &'static [&'static str],
    ) -> Self {
        self.with_signal(Signal {
            name,
            span_kind: Some(kind),
            help,
            attributes,
        })
    }

    fn with_signal(mut self, signal: Signal) -> Self {
        self.signals.push(signal);
        self
    }

    pub(crate) fn signals(&self) -> &[Signal] {
        &self.signals
    }

    /// Returns the metric with this name, in OpenTelemetry's spelling.
    pub fn find(&self, name: &str) -> Option<&MetricDescriptor> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// Iterates over all metrics.
    pub fn iter(&self) -> impl Iterator<Item = &MetricDescriptor> {
        self.metrics.iter()
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the name of a metric at a scrape endpoint, with its unit and `_total`, by OpenTelemetry's rules.
///
/// ```
/// use gusset_metrics::names::HTTP_SERVER_OUTCOMES;
///
/// let name = gusset_slo::prometheus_name(&HTTP_SERVER_OUTCOMES);
/// assert_eq!(name, "gusset_http_server_outcomes_total");
/// ```
pub fn prometheus_name(metric: &MetricDescriptor) -> String {
    let mut name = metric_name(metric.name).into_owned();
    let suffix = match (metric.unit, metric.kind) {
        (Unit::Seconds, _) => "_seconds",
        (Unit::Bytes, _) => "_bytes",
        (Unit::One, InstrumentKind::Gauge) => "_ratio",
        _ => "",
    };
    if metric.kind == InstrumentKind::Counter {
        name.truncate(name.strip_suffix("_total").map_or(name.len(), str::len));
    }
    if !name.ends_with(suffix) {
        name.push_str(suffix);
    }
    if metric.kind == InstrumentKind::Counter {
        name.push_str("_total");
    }
    name
}

/// Returns the bucket boundaries that a histogram has by default.
pub(crate) fn boundaries(metric: &MetricDescriptor) -> &'static [f64] {
    metric
        .boundaries
        .unwrap_or_else(|| default_boundaries(metric.name, Some(metric.unit.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_part_of_the_name() {
        let name = |name, kind, unit| prometheus_name(&MetricDescriptor::new(name, kind, unit, ""));
        use InstrumentKind::{Counter, Gauge, Histogram, UpDownCounter};
        assert_eq!(name("a.b", Histogram, Unit::Seconds), "a_b_seconds");
        assert_eq!(name("a.b", Counter, Unit::Bytes), "a_b_bytes_total");
        assert_eq!(name("a_total", Counter, Unit::One), "a_total");
        assert_eq!(name("a", Gauge, Unit::One), "a_ratio");
        assert_eq!(name("a", UpDownCounter, Unit::One), "a");
        assert_eq!(name("a_seconds", Gauge, Unit::Seconds), "a_seconds");
    }

    #[test]
    fn later_metric_replaces_an_earlier_one() {
        let again = MetricDescriptor::new(
            "http.server.request.duration",
            InstrumentKind::Histogram,
            Unit::Seconds,
            "another",
        );
        let catalogue = Catalogue::new().with([again]);
        assert_eq!(catalogue.find(again.name).unwrap().help, "another");
        assert_eq!(
            catalogue.iter().filter(|it| it.name == again.name).count(),
            1
        );
    }
}
