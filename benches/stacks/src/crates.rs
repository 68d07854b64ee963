//! The stacks of other crates: tower-http, tracing-subscriber, axum-prometheus, tracing-opentelemetry, failsafe.
//! Lines are JSON and are discarded, and spans go through a batch queue to an exporter that discards them, as in the
//! measurement of gusset.

use std::future::ready;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum_prometheus::PrometheusMetricLayer;
use failsafe::futures::CircuitBreaker as _;
use fastrace::collector::{Config, Reporter, SpanRecord};
use fastrace_axum::FastraceLayer;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer};
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

/// An exporter that discards batches, and a writer that discards lines. Both are counted.
#[derive(Debug)]
struct Discard;

static LINES: AtomicUsize = AtomicUsize::new(0);

static SPANS: AtomicUsize = AtomicUsize::new(0);

static TRACES: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Returns the router with the crates as in their documentation: events of `DEBUG` at the start and the end of each
/// request, within a span.
pub(crate) fn untuned(router: Router) -> Router {
    subscribe(LevelFilter::DEBUG, true);
    let (metrics, _) = PrometheusMetricLayer::pair();
    with_breaker(router)
        .layer(metrics)
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(TraceLayer::new_for_http())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}

/// Returns the router with one event of `INFO` for each request, and nothing below `INFO`.
pub(crate) fn tuned(router: Router) -> Router {
    subscribe(LevelFilter::INFO, true);
    let (metrics, _) = PrometheusMetricLayer::pair();
    with_ids(with_breaker(router).layer(metrics))
}

/// Returns the router with the same lines, and spans and metrics by OpenTelemetry's layer.
pub(crate) fn otel(router: Router) -> Router {
    subscribe(LevelFilter::INFO, false);
    opentelemetry::global::set_tracer_provider(traces().clone());
    let meters = SdkMeterProvider::builder().with_reader(ManualReader::builder().build());
    opentelemetry::global::set_meter_provider(meters.build());
    let layer = LayerBuilder::build(LayerBuilder::builder()).expect("every part has a default");
    with_ids(with_breaker(router).layer(layer))
}

/// Returns the router with spans of fastrace, which are reported to nothing.
pub(crate) fn fastrace(router: Router) -> Router {
    fastrace::set_reporter(Discard, Config::default());
    router.layer(FastraceLayer::default())
}

fn with_ids(router: Router) -> Router {
    let trace = TraceLayer::new_for_http()
        .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
        .on_request(())
        .on_body_chunk(())
        .on_eos(())
        .on_response(DefaultOnResponse::new().level(Level::INFO));
    router
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(trace)
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}

fn subscribe(level: LevelFilter, has_spans: bool) {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .with_writer(|| Discard);
    let subscriber = tracing_subscriber::registry().with(level).with(lines);
    let spans =
        has_spans.then(|| tracing_opentelemetry::layer().with_tracer(traces().tracer("bench")));
    tracing::subscriber::set_global_default(subscriber.with(spans))
        .expect("each process has one scenario");
}

/// Returns a provider that is never dropped, because that would shut it down.
fn traces() -> &'static SdkTracerProvider {
    TRACES.get_or_init(|| {
        SdkTracerProvider::builder()
            .with_batch_exporter(Discard)
            .build()
    })
}

fn with_breaker(router: Router) -> Router {
    let backoff = failsafe::backoff::constant(Duration::from_secs(5));
    let policy = failsafe::failure_policy::consecutive_failures(5, backoff);
    let breaker = failsafe::Config::new().failure_policy(policy).build();
    router.layer(axum::middleware::from_fn(
        move |request: Request, next: axum::middleware::Next| {
            let breaker = breaker.clone();
            async move {
                let judged = async {
                    let response = next.run(request).await;
                    match response.status().is_server_error() {
                        true => Err(response),
                        false => Ok(response),
                    }
                };
                match breaker.call(judged).await {
                    Ok(response) | Err(failsafe::Error::Inner(response)) => response,
                    Err(failsafe::Error::Rejected) => axum::response::IntoResponse::into_response(
                        http::StatusCode::SERVICE_UNAVAILABLE,
                    ),
                }
            }
        },
    ))
}

impl SpanExporter for Discard {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        SPANS.fetch_add(batch.len(), Relaxed);
        ready(Ok(()))
    }
}

impl Reporter for Discard {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        SPANS.fetch_add(spans.len(), Relaxed);
    }
}

impl io::Write for Discard {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        LINES.fetch_add(1, Relaxed);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the numbers of lines and of spans until now.
pub fn recorded() -> (usize, usize) {
    if let Some(traces) = TRACES.get() {
        let _ = traces.force_flush();
    }
    fastrace::flush();
    (LINES.load(Relaxed), SPANS.load(Relaxed))
}
