//! The recorders of the peers. Global ones are created on first use.

use std::io;
use std::sync::{Once, OnceLock};
use std::time::Duration;

use axum_otel_metrics::{HttpMetricsLayer, HttpMetricsLayerBuilder};
use axum_prometheus::metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use axum_prometheus::utils::SECONDS_DURATION_BUCKETS;
use axum_prometheus::{AXUM_HTTP_REQUESTS_DURATION_SECONDS, BaseMetricLayer, metrics};
use opentelemetry::global;
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use opentelemetry_sdk_0_32::metrics::SdkMeterProvider;
use tower_otel::metrics::HttpLayer;
use tracing_subscriber::filter::LevelFilter;

/// The default interval of axum-prometheus.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Returns axum-prometheus with a global recorder like that of `PrometheusMetricLayer::pair`: the same
/// boundaries, and the same upkeep if there is a runtime.
pub fn axum_prometheus() -> BaseMetricLayer<'static> {
    let handle = prometheus();
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP_INTERVAL).await;
                handle.run_upkeep();
            }
        });
    }
    BaseMetricLayer::new()
}

/// Returns the recorder of axum-prometheus.
///
/// # Panics
/// If there is another global recorder.
pub fn prometheus() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let name = Matcher::Full(AXUM_HTTP_REQUESTS_DURATION_SECONDS.to_owned());
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(name, SECONDS_DURATION_BUCKETS)
            .expect("the boundaries are not empty")
            .build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).expect("no other recorder is set");
        handle
    })
}

/// Returns axum-otel-metrics with a provider that is never dropped, because that would shut it down.
pub fn axum_otel_metrics() -> HttpMetricsLayer {
    let (provider, _) = otel_older();
    HttpMetricsLayerBuilder::new()
        .with_provider(provider.clone())
        .build()
}

/// Returns the provider of axum-otel-metrics, and its reader.
pub fn otel_older() -> &'static (SdkMeterProvider, otel_0_32::Reader) {
    static PROVIDER: OnceLock<(SdkMeterProvider, otel_0_32::Reader)> = OnceLock::new();
    PROVIDER.get_or_init(otel_0_32::provider)
}

/// Returns opentelemetry-instrumentation-tower, which uses the global provider.
pub fn otel_tower() -> LayerBuilder {
    otel_global();
    LayerBuilder::builder()
}

/// Returns tower-otel's metrics with the global provider.
pub fn tower_otel() -> HttpLayer {
    otel_global();
    HttpLayer::server(&global::meter_provider().meter("peers"))
}

/// Returns the reader of OpenTelemetry's global provider.
pub fn otel_global() -> &'static otel_0_33::Reader {
    static READER: OnceLock<otel_0_33::Reader> = OnceLock::new();
    READER.get_or_init(|| {
        let (provider, reader) = otel_0_33::provider();
        global::set_meter_provider(provider);
        reader
    })
}

/// Installs a subscriber that formats events of `DEBUG` and above as text, and discards them.
///
/// # Panics
/// If there is another global subscriber.
pub fn subscribe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::DEBUG)
            .with_writer(io::sink)
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("no other subscriber is set");
    });
}

/// Defines a provider whose reader collects only on request, for one version of OpenTelemetry.
macro_rules! otel {
    ($version:ident, $sdk:ident, $number:literal) => {
        #[doc = concat!("OpenTelemetry ", $number, ".")]
        pub mod $version {
            use std::sync::{Arc, Weak};
            use std::time::Duration;

            use $sdk::error::OTelSdkResult;
            use $sdk::metrics::data::ResourceMetrics;
            use $sdk::metrics::reader::MetricReader;
            use $sdk::metrics::{
                InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Temporality,
            };

            /// A reader, shared with its provider.
            #[derive(Clone, Debug)]
            pub struct Reader(Arc<ManualReader>);

            /// Creates a provider and its reader.
            pub fn provider() -> (SdkMeterProvider, Reader) {
                let reader = Reader(Arc::new(ManualReader::builder().build()));
                let provider = SdkMeterProvider::builder().with_reader(reader.clone());
                (provider.build(), reader)
            }

            impl MetricReader for Reader {
                fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
                    self.0.register_pipeline(pipeline);
                }

                fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
                    self.0.collect(metrics)
                }

                fn force_flush(&self) -> OTelSdkResult {
                    self.0.force_flush()
                }

                fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
                    self.0.shutdown_with_timeout(timeout)
                }

                fn temporality(&self, kind: InstrumentKind) -> Temporality {
                    self.0.temporality(kind)
                }
            }
        }
    };
}

otel!(otel_0_32, opentelemetry_sdk_0_32, "0.32");
otel!(otel_0_33, opentelemetry_sdk, "0.33");
