//! All metrics of a service are in its own recorder.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use gusset::health::{Check, OptionalDependency};
use gusset::{Gusset, GussetBuilder};
use gusset_data::{MetricData, MetricProducer as _};
use gusset_http::{CountingBody, RequestBodySizeLayer};
use gusset_metrics::{GlobalRecorder, Registry, SharedRecorder};
use gusset_testkit::{ScriptedBody, SharedOutput};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use metrics_exporter_prometheus::PrometheusRecorder;
use tokio::net::TcpListener;
use tower::{Layer, ServiceBuilder, ServiceExt as _, service_fn};

use crate::seen::Seen;
use crate::{prometheus, value};

/// The number of calls of each kind.
const CALLS: usize = 5;
const LONG: Duration = Duration::from_secs(60);

fn builder() -> (GussetBuilder, SharedOutput) {
    let output = SharedOutput::default();
    let out = output.clone();
    let database = || OptionalDependency(Check::new("database", async || ()));
    let builder = gusset::builder()
        .log(|log| {
            log.format(gusset::log::Format::Json)
                .writer(out)
                .rate_limit(NonZeroU32::MIN)
        })
        .http(|http| http.metrics(|metrics| metrics.cardinality_limit(2)))
        .health(move |health| health.handle_signals(false).health_check(database()))
        .flush_deadline(Duration::from_secs(10));
    (builder, output)
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Sends a request on a new connection, and reads to its end.
async fn send(address: SocketAddr, head: &'static str) -> String {
    let request = format!("{head}\r\nhost: a\r\nconnection: close\r\n");
    let exchange = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        write!(stream, "{request}\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    };
    tokio::task::spawn_blocking(exchange).await.unwrap()
}

/// Starts a receiver that rejects every export. Returns its URL.
async fn rejecting_receiver() -> String {
    let (listener, address) = listen().await;
    let app = Router::new().fallback(async || http::StatusCode::BAD_REQUEST);
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

/// Returns a body without a length.
fn event_stream() -> Body {
    let events = [Ok::<_, Infallible>("data: 1\n\n")];
    Body::from_stream(futures_util::stream::iter(events))
}

/// Makes calls of every kind: those of a server over a socket, and the others.
async fn calls(gusset: &Gusset, address: SocketAddr) {
    for _ in 0..CALLS {
        let response = send(address, "GET /users/7 HTTP/1.1").await;
        assert!(response.ends_with("a user"), "{response}");
    }
    send(address, "GET /events HTTP/1.1").await;
    send(address, "POST /unread HTTP/1.1\r\ncontent-length: 3").await;

    let grpc = || {
        let body = ScriptedBody::new()
            .data("\0\0\0\0\0")
            .trailers("grpc-status", "0");
        Response::builder()
            .header("content-type", "application/grpc")
            .body(body)
            .unwrap()
    };
    let rpc = || {
        Request::post("http://stock.example/shop.Stock/Take")
            .header("content-type", "application/grpc")
            .body(ScriptedBody::new())
            .unwrap()
    };
    let to = |path: &str| Request::post(format!("http://payments.example{path}"));
    let breaker = gusset.breaker("payments").unwrap();
    for _ in 0..CALLS {
        let server = gusset
            .grpc()
            .layer(service_fn(async |_: Request<ScriptedBody>| {
                Ok::<_, Infallible>(grpc())
            }));
        let response = server.oneshot(rpc()).await.unwrap();
        response.into_body().collect().await.unwrap();
        let client = gusset
            .grpc_client()
            .layer(service_fn(async |_: Request<ScriptedBody>| {
                Ok::<_, Infallible>(grpc())
            }));
        let response = client.oneshot(rpc()).await.unwrap();
        response.into_body().collect().await.unwrap();
        let consumer = gusset
            .consumer::<u32, ()>("orders")
            .layer(service_fn(async |_: u32| Ok::<_, Infallible>(())));
        consumer.oneshot(1).await.unwrap();
    }
    let client = ServiceBuilder::new()
        .layer(RequestBodySizeLayer::new())
        .layer(gusset.http_client())
        .layer(breaker.http_client())
        .service(service_fn(async |req: Request<CountingBody<Body>>| {
            let response = match req.uri().path() {
                "/events" => Response::builder()
                    .header("content-type", "text/event-stream")
                    .body(event_stream()),
                _ => Response::builder().body(Body::from("done")),
            };
            Ok::<_, tower::BoxError>(response.unwrap())
        }));
    for path in ["/pay", "/pay", "/pay", "/pay", "/events"] {
        let request = to(path).body(Body::from("an order")).unwrap();
        let response = client.clone().oneshot(request).await.unwrap();
        response.into_body().collect().await.unwrap();
    }
    breaker.trip();
    let rejected = client.oneshot(to("/pay").body(Body::empty()).unwrap());
    assert!(rejected.await.is_err());
}

/// Runs a service with everything on to its end: some calls, a rejected one, dropped log lines, failed exports, and
/// one label value too many.
async fn run(builder: GussetBuilder) -> Gusset {
    let receiver = rejecting_receiver().await;
    let env = move |name: &str| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| receiver.clone());
    let gusset = builder.build_with(env).unwrap();
    let user = async || {
        gusset::field::low("tenant", "not registered");
        for _ in 0..3 {
            tracing::info!("found the user");
        }
        "a user"
    };
    let events = async || ([("content-type", "text/event-stream")], event_stream());
    let app = Router::new()
        .route("/users/{id}", get(user))
        .route("/events", get(events))
        .route("/unread", post(async || "done"))
        .layer(gusset.http())
        .layer(RequestBodySizeLayer::new());
    let (listener, address) = listen().await;
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    let client = async {
        calls(&gusset, address).await;
        gusset.health().lifecycle().begin_shutdown();
    };
    let (served, ()) = tokio::join!(gusset.serve(server), client);
    served.unwrap();
    gusset
}

/// Returns the totals that a registry has, as `Seen` does.
fn totals(registry: &Registry) -> BTreeMap<String, f64> {
    let total = |data: MetricData| match data {
        MetricData::Counter(points)
        | MetricData::UpDownCounter(points)
        | MetricData::Gauge(points) => points.iter().map(|point| point.value).sum(),
        MetricData::Histogram(points) => {
            let counts = points.iter().flat_map(|point| &point.counts);
            counts.sum::<u64>() as f64
        }
        _ => 0.0,
    };
    let metrics = registry.metrics().into_iter();
    metrics
        .map(|metric| (metric.name.to_string(), total(metric.data)))
        .collect()
}

/// Returns the names of the catalogue.
fn catalogue() -> BTreeSet<String> {
    let catalogue = include_str!("../../docs/catalogue.md").lines();
    let names = catalogue.filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    names.map(str::to_owned).collect()
}

/// Returns whether a service with `recorder` does not have the metric: the registry has it, or nothing that this
/// service does.
fn is_left_out(name: &str) -> bool {
    let of_the_registry = [
        "gusset.metrics.overflow_records",
        "otel.sdk.exporter.metric_data_point.exported",
        "otel.sdk.exporter.metric_data_point.inflight",
        "otel.sdk.metric_reader.collection.duration",
    ];
    let needs_a_file = ["gusset.log.file_errors"];
    let of_other_admissions = ["gusset.throttle.", "gusset.bulkhead."];
    // The registry alone shows the metrics of other producers. A log entry states it.
    let of_producers = [
        "container.",
        "process.",
        "process_",
        "system.",
        "gusset.allocator.",
        "gusset.call.",
        "gusset.cgroup.",
        "gusset.diagnosis.",
        "gusset.history.",
        "gusset.incident.",
        "gusset.process.",
        "gusset.sign_in.max_failures",
        "gusset.system.",
        "gusset.tcp.",
        "gusset.tokio.",
        "gusset.usage.",
    ];
    // Nothing is armed. That is the metric which it has.
    let of_armed_faults = name.starts_with("gusset.chaos.") && name != "gusset.chaos.armed";
    // It has no clients' timers, databases, jobs, producers, workers, operations, messages of gRPC and objectives.
    let of_unused_parts = [
        "db.client.",
        "dns.lookup.duration",
        "gusset.browser.",
        "gusset.db.client.",
        "gusset.http.client.call.",
        "gusset.http.client.certificate.",
        "gusset.http.client.connection",
        "gusset.http.client.phase.",
        "gusset.http.server.phase.",
        "gusset.job.",
        "gusset.messaging.client.",
        "gusset.messaging.lag",
        "gusset.messaging.paused",
        "gusset.messaging.redelivered",
        "gusset.messaging.settlements",
        "gusset.operation.",
        "gusset.rpc.client.io",
        "gusset.rpc.client.messages",
        "gusset.rpc.server.io",
        "gusset.rpc.server.messages",
        "gusset.slo.",
        "http.client.connection.duration",
        "messaging.client.",
    ];
    let of_a_dry_run = ["gusset.breaker.suppressed_trips"];
    of_the_registry.contains(&name)
        || needs_a_file.contains(&name)
        || of_a_dry_run.contains(&name)
        || of_armed_faults
        || of_other_admissions
            .iter()
            .chain(&of_producers)
            .chain(&of_unused_parts)
            .any(|it| name.starts_with(it))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorder_of_a_service_has_every_metric() {
    let seen = Seen::default();
    let gusset = run(builder().0.recorder(Arc::new(seen.clone()))).await;
    let seen = seen.totals();

    // Those of the catalogue, and no others.
    let names: BTreeSet<String> = seen.keys().cloned().collect();
    let mut expected = catalogue();
    expected.retain(|name| !is_left_out(name));
    let missing: Vec<_> = expected.difference(&names).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let unknown: Vec<_> = names.difference(&expected).collect();
    assert!(unknown.is_empty(), "{unknown:?}");

    let calls = CALLS as f64;
    for (name, total) in [
        ("http.server.request.duration", calls + 2.0),
        ("gusset.http.server.outcomes", calls + 2.0),
        ("http.server.active_requests", 0.0),
        ("gusset.http.server.stream.duration", 1.0),
        ("gusset.http.server.unread_requests", 1.0),
        ("http.client.request.duration", calls + 1.0),
        ("http.client.active_requests", 0.0),
        ("gusset.http.client.stream.duration", 1.0),
        ("gusset.http.client.unsent_requests", calls),
        ("rpc.server.call.duration", calls),
        ("rpc.client.call.duration", calls),
        ("messaging.process.duration", calls),
        ("gusset.breaker.calls", calls),
        ("gusset.breaker.rejected_calls", 1.0),
        ("gusset.breaker.transitions", 1.0),
        ("gusset.metrics.unregistered_fields", calls),
    ] {
        assert_eq!(seen[name], total, "{name}");
    }
    for name in [
        "gusset.log.dropped",
        "gusset.log.entries",
        "gusset.metrics.overflow_calls",
        "otel.sdk.exporter.span.exported",
        "otel.sdk.exporter.log.exported",
    ] {
        assert!(seen[name] > 0.0, "{name}");
    }
    assert_eq!(totals(&gusset.telemetry().registry()), BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorder_and_registry_have_the_same() {
    let seen = Seen::default();
    drop(run(builder().0.recorder(Arc::new(seen.clone()))).await);
    let gusset = run(builder().0).await;
    let (seen, mut registry) = (seen.totals(), totals(&gusset.telemetry().registry()));
    registry.retain(|name, _| !is_left_out(name));
    let names = |totals: &BTreeMap<String, f64>| totals.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&seen), names(&registry));
    // Exports and health checks depend on the time, and the log has entries about them.
    let by_time = ["otel.", "gusset.health.", "gusset.log."];
    for (name, total) in &registry {
        if !by_time.iter().any(|it| name.starts_with(it)) {
            assert_eq!(seen[name], *total, "{name}");
        }
    }
}

/// Asserts what a page has after a run.
fn check_page(page: &str) {
    let calls = CALLS as f64;
    for (name, total) in [
        ("rpc_server_call_duration_seconds_count", calls),
        ("rpc_client_call_duration_seconds_count", calls),
        ("messaging_process_duration_seconds_count", calls),
        ("gusset_messaging_active_messages", 0.0),
    ] {
        assert_eq!(value(page, name), Some(total), "{name} in {page}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_recorder_has_the_metrics() {
    let recorder = prometheus().build_recorder();
    let handle = recorder.handle();
    drop(run(builder().0.recorder(Arc::new(recorder))).await);
    check_page(&handle.render());
}

/// Returns a runtime whose threads have a recorder, as those of a process have the global one.
fn runtime_with(recorder: &'static PrometheusRecorder) -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime
        .worker_threads(2)
        .enable_all()
        .on_thread_start(move || {
            // For the life of the thread.
            std::mem::forget(metrics::set_default_local_recorder(recorder));
        })
        .build()
        .unwrap()
}

#[test]
fn global_recorder_has_the_metrics() {
    let recorder = prometheus().build_recorder();
    let handle = recorder.handle();
    let recorder: &'static PrometheusRecorder = Box::leak(Box::new(recorder));
    let runtime = runtime_with(recorder);
    let global: SharedRecorder = Arc::new(GlobalRecorder::new());
    let _of_this_thread = metrics::set_default_local_recorder(recorder);
    drop(runtime.block_on(run(builder().0.recorder(global))));
    check_page(&handle.render());
}
