//! Descriptions of metrics, as constants.

/// The description of one metric: a row of a crate's table of names.
///
/// Names are API: renaming a metric is a breaking change.
///
/// ```
/// use gusset_data::{InstrumentKind, MetricDescriptor, Unit};
///
/// const JOBS: MetricDescriptor = MetricDescriptor::new(
///     "shop.jobs",
///     InstrumentKind::Counter,
///     Unit::Count("{job}"),
///     "Jobs that were processed.",
/// )
/// .with_labels(&["shop.queue"]);
///
/// assert_eq!(JOBS.unit.as_ucum(), "{job}");
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct MetricDescriptor {
    /// The name, in OpenTelemetry's spelling.
    pub name: &'static str,
    /// The kind of instrument.
    pub kind: InstrumentKind,
    /// The unit.
    pub unit: Unit,
    /// The labels that a series may have, besides those that the user adds.
    pub labels: &'static [&'static str],
    /// One sentence for the reader of a metrics endpoint.
    pub help: &'static str,
    /// The bucket boundaries of a histogram for which the unit's usual ones do not fit.
    pub boundaries: Option<&'static [f64]>,
    /// Where the name comes from.
    pub origin: Origin,
}

/// The kind of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstrumentKind {
    /// A sum that only grows.
    Counter,
    /// A sum that goes up and down, for example the calls in flight. Prometheus calls it a gauge.
    UpDownCounter,
    /// The last value of something that cannot be added, for example a temperature.
    Gauge,
    /// A distribution of values.
    Histogram,
}

/// The unit of a metric (UCUM).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Seconds: `s`.
    Seconds,
    /// Bytes: `By`.
    Bytes,
    /// No dimension: `1`.
    One,
    /// A count of things, annotated: `{call}`, `{request}`.
    Count(&'static str),
}

/// Where the name of a metric comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// OpenTelemetry's semantic conventions.
    SemConv,
    /// Gusset; the name begins with `gusset.`.
    Gusset,
}

// === impl MetricDescriptor ===

impl MetricDescriptor {
    /// Creates a descriptor without labels and with the unit's usual boundaries.
    ///
    /// The origin follows from the name: gusset's own metrics begin with `gusset.`.
    pub const fn new(
        name: &'static str,
        kind: InstrumentKind,
        unit: Unit,
        help: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            unit,
            labels: &[],
            help,
            boundaries: None,
            origin: if starts_with(name.as_bytes(), b"gusset.") {
                Origin::Gusset
            } else {
                Origin::SemConv
            },
        }
    }

    /// Sets the labels that a series may have.
    #[must_use]
    pub const fn with_labels(mut self, labels: &'static [&'static str]) -> Self {
        self.labels = labels;
        self
    }

    /// Sets the bucket boundaries.
    #[must_use]
    pub const fn with_boundaries(mut self, boundaries: &'static [f64]) -> Self {
        self.boundaries = Some(boundaries);
        self
    }
}

const fn starts_with(text: &[u8], prefix: &[u8]) -> bool {
    let mut at = 0;
    while at < prefix.len() {
        if at >= text.len() || text[at] != prefix[at] {
            return false;
        }
        at += 1;
    }
    true
}

// === impl InstrumentKind ===

impl InstrumentKind {
    /// Returns the name of the kind: `counter`, `up-down counter`, `gauge` or `histogram`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::UpDownCounter => "up-down counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

// === impl Unit ===

impl Unit {
    /// Returns the unit in UCUM's spelling.
    pub const fn as_ucum(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Bytes => "By",
            Self::One => "1",
            Self::Count(annotation) => annotation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_follows_from_the_name() {
        let origin =
            |name| MetricDescriptor::new(name, InstrumentKind::Gauge, Unit::One, "").origin;
        assert_eq!(origin("gusset.health.check.status"), Origin::Gusset);
        assert_eq!(origin("gusset"), Origin::SemConv);
        assert_eq!(origin("http.server.request.duration"), Origin::SemConv);
    }
}
