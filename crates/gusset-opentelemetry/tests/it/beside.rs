//! `tracing-opentelemetry` and `opentelemetry-appender-tracing` in one subscriber with gusset.

use axum::Router;
use axum::routing::get as route;
use gusset_core::{CallContext, CallObserver, End, ObserveLayer, Observer, Protocol};
use gusset_http::Http;
use gusset_opentelemetry::{OpenTelemetryContext, with_call_ids, without_calls};
use gusset_propagation::TraceId;
use gusset_trace::{SpanFilter, SpanLayer, TraceObserver};
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{FutureExt as _, TraceContextExt as _, Tracer as _};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::logs::in_memory_exporter::LogDataWithResource;
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use tracing::Instrument as _;
use tracing::subscriber::DefaultGuard;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer, Registry};

use crate::context_support::*;
use crate::support::built;

/// The layers beside gusset, and in which order they are added.
#[derive(Clone, Copy, Debug)]
struct Setup {
    gusset_first: bool,
    has_span_layer: bool,
    activates_context: bool,
}

type BoxLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Installs the layers on this thread, which has to run all tasks. Returns where log records are.
fn install(setup: Setup) -> (DefaultGuard, InMemoryLogExporter) {
    let records = InMemoryLogExporter::default();
    let logs = SdkLoggerProvider::builder().with_simple_exporter(records.clone());
    let logs = with_call_ids(OpenTelemetryTracingBridge::new(&logs.build()));
    let spans = tracing_opentelemetry::layer()
        .with_tracer(without_calls(library()))
        .with_context_activation(setup.activates_context);
    let mut layers: Vec<BoxLayer> = vec![logs.boxed(), spans.boxed()];
    if setup.has_span_layer {
        let layer = SpanLayer::new(sink())
            .span_filter(SpanFilter::calls_only())
            .context_bridge(&OpenTelemetryContext);
        layers.insert(if setup.gusset_first { 0 } else { 2 }, layer.boxed());
    }
    if setup.gusset_first {
        layers[usize::from(setup.has_span_layer)..].reverse();
    }
    let subscriber = tracing_subscriber::registry().with(layers);
    (gusset_testkit::set_subscriber(subscriber), records)
}

/// An access log, which writes its entries as that of `gusset-log` does: at the end, with the ids of the call.
struct AccessLog;

impl<P: Protocol> Observer<P> for AccessLog {
    type Call = Self;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        Self
    }
}

impl<P: Protocol> CallObserver<P> for AccessLog {
    fn on_end(self, _: End<'_, P>, cx: &CallContext) {
        let ids = cx.span_ids().unwrap();
        ids.scope(|| tracing::info!(target: "gusset::access", "access log entry"));
    }
}

/// Returns a layer that logs and traces calls of a server. The `SpanLayer` exports them, if there is one.
fn observed(setup: Setup) -> ObserveLayer<Http, (AccessLog, TraceObserver)> {
    let mut trace = TraceObserver::server().context_bridge(&OpenTelemetryContext);
    if !setup.has_span_layer {
        trace = trace.sink(sink());
    }
    ObserveLayer::new((AccessLog, built(trace)))
}

/// Makes a call with spans of every kind inside of each other.
async fn call(setup: Setup) -> (TraceId, Vec<LogDataWithResource>) {
    let (_subscriber, records) = install(setup);
    let (trace, traceparent) = new_trace();
    let router = |base: &str| {
        let url = format!("{base}/leaf");
        let work = |url| async {
            tracing::info!("in outer");
            let request = async {
                tokio::task::yield_now().await;
                tracing::info!("in library");
                let span = tracing::info_span!("inner");
                get(client(), url).instrument(span).await.unwrap();
            };
            let cx = Context::current_with_span(library().start("library"));
            request.with_context(cx).await;
            tracing::info!("in outer again");
        };
        let handler = move || async move {
            tracing::info!("in call");
            let call = tracing::Span::current();
            let in_task = async {
                tokio::task::yield_now().await;
                assert_eq!(Context::current().baggage().len(), 1);
                tracing::info_span!("in task").in_scope(|| library().in_span("in both", |_| ()));
            };
            let task = tokio::spawn(in_task.in_current_span());
            tracing::info_span!(parent: &call, "explicit").in_scope(|| {
                tracing::info!("in explicit");
            });
            task.await.unwrap();
            work(url).instrument(tracing::info_span!("outer")).await;
            // What a client injects that takes the context from the `tracing` span.
            let cx = call.context();
            assert_eq!(
                cx.span().span_context(),
                Context::current().span().span_context()
            );
            assert_eq!(cx.span().span_context().trace_state().header(), "vendor=1");
        };
        Router::new()
            .route("/a", route(handler))
            .layer(observed(setup))
            .route("/leaf", route(|| async {}))
    };
    served(router, async |base| {
        let req = http::Request::get(format!("{base}/a"))
            .header("traceparent", &traceparent)
            .header("tracestate", "vendor=1")
            .header("baggage", "tenant=a");
        let req = req.body(axum::body::Body::empty()).unwrap();
        tower::ServiceExt::oneshot(plain_client(), req)
            .await
            .unwrap();
    })
    .await;
    // The exporter clears them with the subscriber.
    (trace, records.get_emitted_logs().unwrap())
}

/// Returns the spans in which records were emitted, by their messages.
fn records_by_span(trace: TraceId, records: &[LogDataWithResource]) -> String {
    let spans = spans_of(trace);
    let records = records.iter().map(|record| &record.record);
    let lines = records.filter_map(|record| {
        let opentelemetry::logs::AnyValue::String(text) = record.body()? else {
            return None;
        };
        // Those of hyper depend on its version.
        let is_ours = |target: &str| target.starts_with("it") || target.starts_with("gusset");
        if !record.target().is_some_and(|target| is_ours(target)) {
            return None;
        }
        let ids = record.trace_context();
        let span = ids.and_then(|ids| {
            assert_eq!(ids.trace_id.to_bytes(), trace.to_bytes());
            spans
                .iter()
                .find(|span| span.span_context.span_id() == ids.span_id)
        });
        let name = span.map_or("none", |span| without_route(&span.name));
        Some(format!("{text}: {name} {:?}\n", span?.span_kind))
    });
    lines.collect()
}

const TREE: &str = "
    GET
      explicit
      in task
        in both
      outer
        library
          inner
            GET
";

fn setups() -> impl Iterator<Item = Setup> {
    [(false, false), (false, true), (true, false), (true, true)]
        .into_iter()
        .map(|(gusset_first, has_span_layer)| Setup {
            gusset_first,
            has_span_layer,
            activates_context: true,
        })
}

#[tokio::test]
async fn every_span_is_exported_once_below_its_parent() {
    for setup in setups() {
        let (trace, _) = call(setup).await;
        assert_eq!(tree(trace), lines(TREE), "{setup:?}");
    }
}

#[tokio::test]
async fn records_and_access_log_have_the_ids_of_their_spans() {
    for setup in setups() {
        let (trace, records) = call(setup).await;
        let records = records_by_span(trace, &records);
        let expected = "
            in call: GET Server
            in explicit: explicit Internal
            in outer: outer Internal
            in library: library Internal
            in outer again: outer Internal
            access log entry: GET Server
        ";
        assert_eq!(records, lines(expected), "{setup:?}");
    }
}

#[tokio::test]
async fn spans_of_the_subscriber_are_split_by_target() {
    let (trace, traceparent) = new_trace();
    let ours = SpanLayer::new(sink())
        .span_filter(SpanFilter::parse("shop=info").unwrap())
        .context_bridge(&OpenTelemetryContext);
    let is_ours = tracing_subscriber::filter::filter_fn(|metadata| metadata.target() != "shop");
    let theirs = tracing_opentelemetry::layer()
        .with_tracer(without_calls(library()))
        .with_filter(is_ours);
    let subscriber = tracing_subscriber::registry().with(theirs).with(ours);
    let _subscriber = gusset_testkit::set_subscriber(subscriber);
    let handler = || async {
        let outer = tracing::info_span!(target: "shop", "ours");
        let inner = async {
            let span = tracing::info_span!("theirs");
            let innermost = async {
                tokio::task::yield_now().await;
                tracing::info_span!(target: "shop", "ours again")
                    .in_scope(|| tracing::info_span!("theirs again").in_scope(|| ()));
            };
            innermost.instrument(span).await;
        };
        inner.instrument(outer).await;
    };
    let router = Router::new()
        .route("/a", route(handler))
        .layer(server_layer());
    served(
        |_| router,
        async |base| {
            get_in(plain_client(), format!("{base}/a"), &traceparent)
                .await
                .unwrap();
        },
    )
    .await;
    let expected = "
        GET
          ours
            theirs
              ours again
                theirs again
    ";
    assert_eq!(tree(trace), lines(expected));
}

#[tokio::test]
async fn parents_are_right_without_activation_of_contexts() {
    let setup = Setup {
        gusset_first: false,
        has_span_layer: false,
        activates_context: false,
    };
    let (_subscriber, _) = install(setup);
    let (trace, traceparent) = new_trace();
    let handler = || async {
        let work = async { tracing::info_span!("inner").in_scope(|| ()) };
        work.instrument(tracing::info_span!("outer")).await;
    };
    let router = Router::new()
        .route("/a", route(handler))
        .layer(observed(setup));
    served(
        |_| router,
        async |base| {
            get_in(plain_client(), format!("{base}/a"), &traceparent)
                .await
                .unwrap();
        },
    )
    .await;
    assert_eq!(tree(trace), lines("GET\n  outer\n    inner"));
}

#[tokio::test]
async fn span_with_ids_among_its_fields_is_not_a_call() {
    let _subscriber = install(Setup {
        gusset_first: false,
        has_span_layer: false,
        activates_context: true,
    });
    let (trace, _) = new_trace();
    let parent = TraceParent(trace);
    let span = tracing::info_span!(
        "of the service",
        trace_id = %trace,
        span_id = "b7ad6b7169203331",
        trace_flags = "01",
    );
    span.set_parent(parent.context()).unwrap();
    span.in_scope(|| ());
    drop(span);
    assert_eq!(tree(trace), "of the service\n");
}

/// The parent of a trace that a test begins.
struct TraceParent(TraceId);

impl TraceParent {
    fn context(&self) -> Context {
        let parent = opentelemetry::trace::SpanContext::new(
            u128::from_be_bytes(self.0.to_bytes()).into(),
            0xb7ad_6b71_6920_3331.into(),
            opentelemetry::TraceFlags::SAMPLED,
            true,
            opentelemetry::trace::TraceState::NONE,
        );
        Context::new().with_remote_span_context(parent)
    }
}
