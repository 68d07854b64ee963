//! A layer put together by convention.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too")]

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
        .route("/livez", get(|| async { "ok" }))
}

#[tokio::test]
async fn one_line_gives_a_layer_and_a_page_and_leaves_out_probes_and_scrapes() {
    let gusset = gusset::http().build().unwrap();
    let app = shop()
        .route_service("/metrics", gusset.metrics_endpoint())
        .layer(gusset.layer());
    for path in ["/items/1", "/items/2", "/livez", "/metrics", "/nowhere"] {
        send(app.clone(), path).await;
    }
    let page = send(app, "/metrics").await;
    let counts: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("http_server_request_duration_seconds_count"))
        .collect();
    assert_eq!(counts.len(), 2, "{page}");
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
async fn layers_of_two_kinds_share_a_page_and_two_of_one_kind_by_mistake_count_once() {
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
        panic!("the answer is the service's")
    };

    let page = one.prometheus().endpoint().render();
    for row in [
        "http_server_request_duration_seconds_count",
        "messaging_process_duration_seconds_count",
    ] {
        let rows: Vec<_> = page.lines().filter(|line| line.starts_with(row)).collect();
        assert!(matches!(rows[..], [row] if row.ends_with(" 1")), "{rows:?}");
    }
}

#[tokio::test]
async fn two_instances_do_not_see_each_other() {
    let (one, other) = (
        gusset::http().build().unwrap(),
        gusset::http().build().unwrap(),
    );
    send(shop().layer(one.layer()), "/items/1").await;
    assert!(one.prometheus().endpoint().render().contains("/items/{id}"));
    assert!(!other.prometheus().endpoint().render().contains("/items/{id}"));
}

#[tokio::test]
async fn paths_of_ones_own_are_left_out_instead() {
    let gusset = gusset::http().exclude_paths(["/items/*"]).build().unwrap();
    let app = shop().layer(gusset.layer());
    send(app.clone(), "/items/1").await;
    send(app, "/livez").await;
    let page = gusset.prometheus().endpoint().render();
    assert!(
        !page.contains("/items") && page.contains("/livez"),
        "{page}"
    );
}

struct Careless;

impl<P: Protocol> Observer<P> for Careless {
    type Call = Self;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        Self
    }
}

impl<P: Protocol> CallObserver<P> for Careless {
    fn on_end(self, _: End<'_, P>, _: &CallContext) {
        std::panic::resume_unwind(Box::new("careless"));
    }
}

#[tokio::test]
async fn an_observer_of_ones_own_that_panics_is_kept_from_the_service_and_from_the_numbers() {
    let gusset = gusset::http().observer(Careless).build().unwrap();
    assert_eq!(
        send(shop().layer(gusset.layer()), "/items/1").await,
        "a thing"
    );
    let page = gusset.prometheus().endpoint().render();
    assert!(page.contains(
        "http_server_active_requests{http_request_method=\"GET\",url_scheme=\"http\"} 0"
    ));
}

#[test]
fn a_wrong_value_is_an_error_at_start_that_names_it() {
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
async fn a_grpc_service_is_measured_by_its_code() {
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
    let page = gusset.prometheus().endpoint().render();
    assert!(
        page.contains(r#"rpc_response_status_code="NOT_FOUND""#),
        "{page}"
    );
    assert!(!page.contains("Health"), "{page}");
}

#[test]
fn the_life_of_streams_is_told_in_buckets_up_to_a_day_on_any_page() {
    let prometheus = gusset::prometheus::PrometheusExporter::builder().build().unwrap();
    let life = gusset::metrics::names::HTTP_SERVER_STREAM_DURATION;
    let key = metrics::Key::from_name(life.name);
    let metadata = metrics::Metadata::new("test", metrics::Level::INFO, None);
    metrics::Recorder::register_histogram(&*prometheus.recorder(), &key, &metadata).record(90.0);
    let page = prometheus.endpoint().render();
    assert!(
        page.contains(r#"_bucket{le="86400"} 1"#) && page.contains(r#"_bucket{le="60"} 0"#),
        "{page}"
    );
}

#[cfg(feature = "trace")]
#[tokio::test]
async fn a_client_of_a_traced_call_sends_the_trace_on_and_without_a_trace_nothing() {
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
            let here = gusset::trace::current_span_context().unwrap().trace_id().to_string();
            assert!(sent[0].contains(&here), "{sent:?}");
            assert_eq!(sent[1], "");
            Ok::<_, Infallible>(Response::new(String::from("both asked")))
        }
    });
    assert_eq!(send(server.layer().layer(handler), "/").await, "both asked");
}
