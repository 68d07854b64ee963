//! Panels, before they have a place.

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

use crate::promql::Selector;

/// A row of panels with a heading.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) panels: Vec<Panel>,
}

/// A panel with time series.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(super) title: String,
    pub(super) description: String,
    /// In Grafana's spelling.
    pub(super) unit: &'static str,
    /// Queries, each with the legend of its series.
    pub(super) queries: Vec<(String, String)>,
}

// === impl Panel ===

impl Panel {
    pub(super) fn new(title: impl Into<String>, unit: &'static str, description: &str) -> Self {
        Self {
            title: title.into(),
            description: description.to_owned(),
            unit,
            queries: Vec::new(),
        }
    }

    pub(super) fn query(mut self, query: String, legend: &str) -> Self {
        self.queries.push((query, legend.to_owned()));
        self
    }

    /// Adds queries for three quantiles of a histogram, by labels.
    pub(super) fn quantiles(mut self, histogram: &Selector, by: &str, legend: &str) -> Self {
        let buckets = histogram.renamed("_bucket");
        let by = if by.is_empty() {
            "le".to_owned()
        } else {
            format!("le, {by}")
        };
        for (quantile, name) in [("0.5", "p50"), ("0.95", "p95"), ("0.99", "p99")] {
            let rates = rate(&buckets);
            let query = format!("histogram_quantile({quantile}, sum by ({by}) ({rates}))");
            self = self.query(query, &format!("{legend} {name}"));
        }
        self
    }

    /// Creates a panel for any metric, by its kind.
    pub(super) fn of_metric(metric: &MetricDescriptor, series: &Selector) -> Self {
        let unit = match (metric.unit, metric.kind) {
            // The rate of seconds is a share.
            (Unit::Seconds, InstrumentKind::Counter) => "short",
            (Unit::Bytes, InstrumentKind::Counter) => "Bps",
            (Unit::Seconds, _) => "s",
            (Unit::Bytes, _) => "bytes",
            (Unit::One, InstrumentKind::Gauge) => "percentunit",
            _ => "short",
        };
        let panel = Self::new(metric.name, unit, metric.help);
        let own: Vec<_> = metric
            .labels
            .iter()
            .map(|label| label.replace('.', "_"))
            .collect();
        let by = ["instance".to_owned()].into_iter().chain(own.clone());
        let by = by.collect::<Vec<_>>().join(", ");
        let legend: Vec<_> = own.iter().map(|label| format!("{{{{{label}}}}}")).collect();
        let legend = format!("{{{{instance}}}} {}", legend.join(" "));
        let legend = legend.trim_end();
        match metric.kind {
            InstrumentKind::Counter => {
                let query = format!("sum by ({by}) ({})", rate(series));
                panel.query(query, legend)
            }
            InstrumentKind::Histogram => panel.quantiles(series, "", ""),
            _ => panel.query(format!("sum by ({by}) ({series})"), legend),
        }
    }
}

/// Returns the increase of a counter a second.
pub(super) fn rate(counter: &Selector) -> String {
    format!("rate({counter}[$__rate_interval])")
}
