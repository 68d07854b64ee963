//! The defaults of the builders.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use gusset::{CallContext, CallObserver, End, Observer, Protocol};
use http::{Request, Response};
use tower::{Layer, Service, ServiceExt, service_fn};

async fn send<D>(
    service: impl Service<Request<Body>, Response = Response<D>, Error = Infallible>,
    path: &str,
) -> String
where
    D: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    D::Error: Into<axum::BoxError>,
{
    let req = Request::builder().uri(path).body(Body::empty()).unwrap();
    let Ok(res) = service.oneshot(req).await;
    let body = to_bytes(Body::new(res.into_body()), usize::MAX)
        .await
        .unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

fn shop() -> Router {
    Router::new()
        .route("/items/{id}", get(|| async { "a thing" }))
        .route("/orders", get(|| async { "an order" }))
        .route("/health", get(|| async { "articles about health" }))
        .route("/health/{topic}", get(|| async { "an article" }))
        .route("/livez", get(|| async { "ok" }))
        .route("/healthz", get(|| async { "ok" }))
}

#[tokio::test]
async fn defaults_exclude_probes_and_scrapes() {
    let gusset = gusset::http().build().unwrap();
    let app = shop()
        .route_service("/metrics", gusset.metrics_endpoint())
        .layer(gusset.layer());
    for path in ["/items/1", "/items/2", "/livez", "/metrics", "/nowhere"] {
        send(app.clone(), path).await;
    }
    let output = send(app, "/metrics").await;
    let counts: Vec<&str> = output
        .lines()
        .filter(|line| line.starts_with("http_server_request_duration_seconds_count"))
        .collect();
    assert_eq!(counts.len(), 2, "{output}");
    assert!(
        counts
            .iter()
            .any(|row| row.contains(r#"http_route="/items/{id}""#) && row.ends_with(" 2"))
    );
    assert!(
        counts
            .iter()
            .any(|row| !row.contains("http_route") && row.contains("404"))
    );
}

#[tokio::test]
async fn kinds_share_an_exporter_without_double_counts() {
    let one = gusset::http().build().unwrap();
    let other = gusset::http().prometheus(one.prometheus()).build().unwrap();
    let jobs = gusset::message_consumer::<u32, u32>("channel")
        .prometheus(one.prometheus())
        .build()
        .unwrap();

    send(shop().layer(one.layer()).layer(other.layer()), "/items/1").await;
    let mut consumer = jobs
        .layer()
        .layer(service_fn(async |job: u32| Ok::<_, Infallible>(job)));
    let Ok(7) = consumer.call(7).await else {
        panic!("the response is the service's")
    };

    let output = one.prometheus().endpoint().render();
    for row in [
        "http_server_request_duration_seconds_count",
        "messaging_process_duration_seconds_count",
    ] {
        let rows: Vec<_> = output
            .lines()
            .filter(|line| line.starts_with(row))
            .collect();
        assert!(matches!(rows[..], [row] if row.ends_with(" 1")), "{rows:?}");
    }
}

#[tokio::test]
async fn instances_are_independent() {
    let (one, other) = (
        gusset::http().build().unwrap(),
        gusset::http().build().unwrap(),
    );
    send(shop().layer(one.layer()), "/items/1").await;
    assert!(one.prometheus().endpoint().render().contains("/items/{id}"));
    assert!(
        !other
            .prometheus()
            .endpoint()
            .render()
            .contains("/items/{id}")
    );
}

/// Returns the routes of the recorded calls.
async fn recorded_routes(
    gusset: &gusset::Instrumentation<gusset::kind::HttpServer>,
    paths: &[&str],
) -> Vec<String> {
    let app = shop().layer(gusset.layer());
    for path in paths {
        send(app.clone(), path).await;
    }
    let output = gusset.prometheus().endpoint().render();
    let series = output
        .lines()
        .filter(|line| line.starts_with("http_server_request_duration_seconds_count"));
    let routes = series.filter_map(|line| line.split_once("http_route=\"")?.1.split_once('"'));
    let mut routes: Vec<_> = routes.map(|(route, _)| route.to_owned()).collect();
    routes.sort();
    routes
}

const PATHS: [&str; 4] = ["/items/1", "/orders", "/livez", "/health"];

#[tokio::test]
async fn excluded_paths_add_to_the_defaults() {
    let gusset = gusset::http().exclude_paths(["/items/*"]).build().unwrap();
    let routes = recorded_routes(&gusset, &PATHS).await;
    assert_eq!(routes, ["/health", "/orders"]);

    let builder = gusset::http().exclude_paths(["/items/*"]);
    let gusset = builder.exclude_paths(["/orders"]).build().unwrap();
    assert_eq!(recorded_routes(&gusset, &PATHS).await, ["/health"]);
}

#[tokio::test]
async fn clear_excluded_paths_observes_everything() {
    let builder = gusset::http().exclude_paths(["/items/*"]);
    let gusset = builder.clear_excluded_paths().build().unwrap();
    let routes = recorded_routes(&gusset, &PATHS).await;
    assert_eq!(routes, ["/health", "/items/{id}", "/livez", "/orders"]);

    let builder = gusset::http().clear_excluded_paths();
    let gusset = builder.exclude_paths(["/orders"]).build().unwrap();
    let routes = recorded_routes(&gusset, &PATHS).await;
    assert_eq!(routes, ["/health", "/items/{id}", "/livez"]);
}

#[tokio::test]
async fn business_route_named_health_is_observed() {
    let gusset = gusset::http().build().unwrap();
    let paths = ["/health", "/health/articles", "/healthz"];
    let routes = recorded_routes(&gusset, &paths).await;
    assert_eq!(routes, ["/health", "/health/{topic}"]);
}

struct Panicking;

impl<P: Protocol> Observer<P> for Panicking {
    type Call = Self;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        Self
    }
}

impl<P: Protocol> CallObserver<P> for Panicking {
    fn on_end(self, _: End<'_, P>, _: &CallContext) {
        std::panic::resume_unwind(Box::new("expected"));
    }
}

#[tokio::test]
async fn panicking_observer_does_not_affect_service() {
    let gusset = gusset::http().observer(Panicking).build().unwrap();
    assert_eq!(
        send(shop().layer(gusset.layer()), "/items/1").await,
        "a thing"
    );
    let output = gusset.prometheus().endpoint().render();
    assert!(output.contains(
        "http_server_active_requests{http_request_method=\"GET\",url_scheme=\"http\"} 0"
    ));
}

#[test]
fn invalid_setting_is_named_at_start() {
    let variable = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS";
    let wrong = |name: &str| (name == variable).then(|| "GET,B A D".to_owned());
    let error = gusset::http().build_with(wrong).unwrap_err();
    assert!(error.to_string().contains(variable), "{error}");

    let error = gusset::grpc()
        .metrics(|metrics| metrics.cardinality_limit(0))
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("cardinality_limit"), "{error}");
}

#[tokio::test]
async fn grpc_metrics_have_the_code() {
    let gusset = gusset::grpc().build().unwrap();
    let service = service_fn(async |_: Request<Body>| {
        let res = Response::builder()
            .header("grpc-status", "5")
            .body(String::new());
        Ok::<_, Infallible>(res.unwrap())
    });
    send(gusset.layer().layer(service), "/shop.Stock/Take").await;
    send(
        gusset.layer().layer(service),
        "/grpc.health.v1.Health/Check",
    )
    .await;
    let output = gusset.prometheus().endpoint().render();
    assert!(
        output.contains(r#"rpc_response_status_code="NOT_FOUND""#),
        "{output}"
    );
    assert!(!output.contains("Health"), "{output}");
}

#[test]
fn stream_durations_have_buckets_up_to_a_day() {
    let prometheus = gusset::prometheus::PrometheusExporter::builder()
        .build()
        .unwrap();
    let life = gusset::metrics::names::HTTP_SERVER_STREAM_DURATION;
    let key = metrics::Key::from_name(life.name);
    let metadata = metrics::Metadata::new("test", metrics::Level::INFO, None);
    metrics::Recorder::register_histogram(&*prometheus.recorder(), &key, &metadata).record(90.0);
    let output = prometheus.endpoint().render();
    assert!(
        output.contains(r#"_bucket{le="86400"} 1"#) && output.contains(r#"_bucket{le="60"} 0"#),
        "{output}"
    );
}

#[cfg(feature = "trace")]
#[tokio::test]
async fn only_traced_clients_inject_context() {
    let server = gusset::http().trace(|trace| trace).build().unwrap();
    let traced = gusset::http_client().trace(|trace| trace).build().unwrap();
    let untraced = gusset::http_client().build().unwrap();
    let remote = service_fn(async |req: Request<Body>| {
        let parent = req.headers().get("traceparent").cloned();
        let parent = parent.map(|parent| parent.to_str().unwrap().to_owned());
        Ok::<_, Infallible>(Response::new(parent.unwrap_or_default()))
    });
    let (with, without) = (traced.layer().layer(remote), untraced.layer().layer(remote));
    let handler = service_fn(move |_: Request<Body>| {
        let (with, without) = (with.clone(), without.clone());
        async move {
            let sent = [send(with, "/").await, send(without, "/").await];
            let here = gusset::trace::current_span_context()
                .unwrap()
                .trace_id()
                .to_string();
            assert!(sent[0].contains(&here), "{sent:?}");
            assert_eq!(sent[1], "");
            Ok::<_, Infallible>(Response::new(String::from("both sent")))
        }
    });
    assert_eq!(send(server.layer().layer(handler), "/").await, "both sent");
}
