//! The formats of a response.

use crate::text::TextFormat;

/// The format of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A text format.
    Text(TextFormat),
    /// Messages `io.prometheus.client.MetricFamily`, each after its length. The only format that has native
    /// histograms.
    #[cfg(feature = "protobuf")]
    Protobuf,
}

// === impl Format ===

impl Format {
    /// Text format 0.0.4.
    pub(crate) const PLAIN: Self = Self::Text(TextFormat::Plain);
    /// OpenMetrics 1.0.0.
    pub(crate) const OPEN_METRICS: Self = Self::Text(TextFormat::OpenMetrics);

    /// Returns the value of `Content-Type`.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::PLAIN => "text/plain; version=0.0.4; charset=utf-8",
            Self::OPEN_METRICS => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            #[cfg(feature = "protobuf")]
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }
}
