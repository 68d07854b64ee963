//! Metrics in a `Meter` of OpenTelemetry.

mod attributes;
mod bound;
mod counter;
mod description;
mod family;
mod gauge;
mod histogram;
mod recorder;
mod series;

use std::fmt;
use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider};

use self::family::Families;
use self::gauge::GaugeInstrument;

/// A recorder of the `metrics` facade that records into a `Meter` of OpenTelemetry.
///
/// A clone records into the same series.
///
/// # Instruments
///
/// For gusset's metrics, instruments have the kind, unit, description and boundaries of
/// `docs/catalogue.md`, and attributes have the types of the semantic conventions. For other metrics:
///
/// | facade | instrument |
/// |---|---|
/// | counter | `u64_counter` |
/// | gauge of a [`MetricDescriptor`](gusset_data::MetricDescriptor) | what it states: `f64_gauge`, or an up-down counter, `i64` for counts and bytes |
/// | other gauge, first operation `set` | `f64_gauge` |
/// | other gauge, first operation `increment` or `decrement` | `f64_up_down_counter` |
/// | histogram | `f64_histogram` with [`default_boundaries`](gusset_data::default_boundaries) for its unit |
///
/// `set` of an up-down counter adds the difference. The unit and the description are those of `describe_*!`;
/// counts have no unit, because the facade has no annotations. Characters that OpenTelemetry does not allow
/// in names become `_`. The instrument is created with the first value, so a metric may be
/// described before or after its registration. The first description applies.
///
/// Views of the provider apply as to any instrument.
///
/// # Exemplars
///
/// OpenTelemetry's SDK 0.33 has no exemplars: those of its data points are always empty. Histograms of
/// sampled calls are recorded while [`SpanIds::current`](gusset_core::SpanIds::current) is the call. A
/// [`Registry`](https://docs.rs/gusset-metrics) has exemplars.
///
/// # Limits
///
/// A metric has at most 2,000 series. Records with other labels go to one more series, with the attribute
/// `otel.metric.overflow=true`, as in the SDK, which has the same limit by default. gusset's own metrics
/// are limited where they are configured: raise the limit of the SDK too, with a view
/// (`with_cardinality_limit`). At most 2,000 counters, gauges and histograms each are recorded.
///
/// # Cost
///
/// To record allocates nothing after the first value of a series. The SDK finds the series of a value by its
/// attributes: some 3,700 instructions with eight of them. With the feature `bound-instruments` it is found
/// once, and to record costs 168 for a histogram, 42 more than in a `Registry`. That feature is experimental in
/// OpenTelemetry 0.33 (`bind` of an instrument), and a meter that is not the SDK's may ignore values with it.
///
/// ```
/// use std::sync::Arc;
///
/// use gusset_metrics::HttpMetrics;
/// use gusset_opentelemetry::MeterRecorder;
/// use opentelemetry_sdk::metrics::SdkMeterProvider;
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let provider = SdkMeterProvider::builder().build(); // with the reader of your exporter
/// let recorder = MeterRecorder::from_provider(&provider);
/// let metrics = HttpMetrics::server(Arc::new(recorder.clone())).build()?;
/// // `counter!` and others of the service:
/// metrics::with_local_recorder(&recorder, || metrics::counter!("jobs").increment(1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MeterRecorder(Arc<State>);

struct State {
    counters: Families<Counter<u64>>,
    gauges: Families<GaugeInstrument>,
    histograms: Families<Histogram<f64>>,
}

/// The semantic conventions that the names follow.
const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

// === impl MeterRecorder ===

impl MeterRecorder {
    /// Creates a recorder for the meter `gusset` of a provider.
    ///
    /// The global provider has to be set before: `global::meter_provider()` returns the one of that time.
    pub fn from_provider(provider: &dyn MeterProvider) -> Self {
        let scope = InstrumentationScope::builder("gusset").with_schema_url(SCHEMA_URL);
        Self::new(provider.meter_with_scope(scope.build()))
    }

    /// Creates a recorder for a meter.
    ///
    /// ```
    /// use gusset_opentelemetry::MeterRecorder;
    ///
    /// let recorder = MeterRecorder::new(opentelemetry::global::meter("shop"));
    /// ```
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a meter is made for its user, as a tracer is"
    )]
    pub fn new(meter: Meter) -> Self {
        Self(Arc::new(State {
            counters: Families::new(&meter),
            gauges: Families::new(&meter),
            histograms: Families::new(&meter),
        }))
    }
}

impl fmt::Debug for MeterRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeterRecorder").finish_non_exhaustive()
    }
}
