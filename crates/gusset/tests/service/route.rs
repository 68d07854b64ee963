//! A function that names routes, set once for everything that has a route.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use gusset::http::{RequestHead, Route, route_panics};
use gusset::trace::sampler::{Sampler, SamplingDecision, SamplingParameters};
use gusset::{Gusset, GussetBuilder};
use gusset_data::{SpanData, SpanSink};
use http::{Request, Response};
use serde_json::Value;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

use crate::{access_lines, entries, no_variable, set_up};

const FILES: &str = "/files/{*path}";

/// What the parts of a service state about the routes of its calls.
#[derive(Clone, Default)]
struct Stated(Arc<Mutex<Routes>>);

#[derive(Default)]
struct Routes {
    spans: Vec<(String, Option<String>)>,
    sampled: BTreeSet<Option<String>>,
    in_flight: Vec<String>,
}

impl SpanSink for Stated {
    fn export(&self, span: SpanData) {
        let route = span.attributes.iter().find(|(key, _)| key == "http.route");
        let route = route.map(|(_, value)| value.to_string());
        self.0
            .lock()
            .unwrap()
            .spans
            .push((span.name.to_string(), route));
    }
}

impl Sampler for Stated {
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        let route = parameters.route().map(str::to_owned);
        self.0.lock().unwrap().sampled.insert(route);
        SamplingDecision::RecordAndSample
    }
}

fn of_files(req: RequestHead<'_>) -> Option<&str> {
    let path = req.uri.path();
    assert!(path != "/panic", "on purpose");
    path.starts_with("/files/").then_some(FILES)
}

/// Builds the service without a port, which other tests find closed.
fn build(builder: GussetBuilder) -> Gusset {
    let builder = builder.without_management();
    builder.build_with(no_variable).unwrap()
}

/// Calls a service, and asserts that every part states the route.
macro_rules! assert_route {
    ($path:literal, $expected:expr, $service:expr) => {{
        let (stated, expected) = (Stated::default(), Option::<&str>::from($expected));
        let (sink, sampler) = (stated.clone(), stated.clone());
        let (builder, output) = set_up();
        let builder = builder.http(|http| {
            http.trace(|trace| trace.sink(sink).sampler(sampler))
                .route(of_files)
        });
        let gusset = build(builder);
        let service = $service(&gusset, stated.clone());
        let request = Request::get($path).body(Body::empty()).unwrap();
        call(service, request).await;
        assert!(gusset.flush(Duration::from_secs(30)));

        let line = &access_lines(&output)[0];
        let of_line = line.get("http.route").and_then(Value::as_str);
        assert_eq!(of_line, expected, "{line}");
        let stated = stated.0.lock().unwrap();
        let name = expected.map_or("GET".to_owned(), |route| format!("GET {route}"));
        let of_span = expected.map(str::to_owned);
        assert_eq!(stated.spans, [(name, of_span.clone())]);
        assert_eq!(stated.sampled, BTreeSet::from([of_span]));
        assert_eq!(stated.in_flight, [expected.unwrap_or("(no route)")]);
        let page = gusset.telemetry().prometheus().endpoint().render();
        let mut series = page
            .lines()
            .filter(|line| line.starts_with("http_server_request_duration_seconds_count{"));
        let of_metrics = series.next().unwrap();
        match expected {
            Some(route) => assert!(of_metrics.contains(&format!("http_route=\"{route}\""))),
            None => assert!(!of_metrics.contains("http_route")),
        }
        assert_eq!(series.next(), None);
    }};
}

async fn call<S>(service: S, request: Request<Body>)
where
    S: Service<Request<Body>>,
    S::Response: IntoBody,
    S::Error: std::fmt::Debug,
{
    let body = service.oneshot(request).await.unwrap().into_body();
    axum::body::to_bytes(body, usize::MAX).await.unwrap();
}

trait IntoBody {
    fn into_body(self) -> Body;
}

impl<B> IntoBody for Response<B>
where
    B: http_body::Body<Data = bytes::Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    fn into_body(self) -> Body {
        Body::new(Response::into_body(self))
    }
}

/// Keeps the routes of the calls in flight.
fn count(gusset: &Gusset, stated: &Stated) {
    let by_route = gusset.health().in_flight().by_route().into_iter();
    let routes = by_route.map(|(route, _)| route);
    stated.0.lock().unwrap().in_flight.extend(routes);
}

/// Returns a plain Tower service.
fn plain(
    gusset: &Gusset,
    stated: Stated,
) -> impl Service<Request<Body>, Response: IntoBody, Error = Infallible> {
    let inside = gusset.clone();
    let respond = move |_: Request<Body>| {
        count(&inside, &stated);
        std::future::ready(Ok::<_, Infallible>(Response::new(Body::from("hello"))))
    };
    gusset.http().layer(service_fn(respond))
}

/// Returns a router with a route for each path.
fn router(gusset: &Gusset, stated: Stated) -> Router {
    let inside = gusset.clone();
    let respond = async move || {
        count(&inside, &stated);
        "hello"
    };
    Router::new()
        .route("/{a}/{b}", get(respond.clone()))
        .route("/{a}", get(respond))
        .layer(gusset.http())
}

#[tokio::test]
async fn function_names_the_route_for_all_parts() {
    assert_route!("/files/a.txt", FILES, plain);
    assert_route!("/files/a.txt", FILES, router);
}

#[tokio::test]
async fn route_is_that_of_the_router_where_the_function_has_none() {
    assert_route!("/users/7", None, plain);
    assert_route!("/users/7", "/{a}/{b}", router);
}

#[tokio::test]
async fn route_is_that_of_the_router_if_the_function_panics() {
    assert_route!("/panic", None, plain);
    let before = route_panics();
    assert!(before > 0);
    assert_route!("/panic", "/{a}", router);
    assert!(route_panics() > before);
}

#[tokio::test]
async fn route_of_a_response_has_precedence() {
    let (builder, output) = set_up();
    let builder = builder.http(|http| http.route(of_files));
    let gusset = build(builder);
    let respond = |_: Request<Body>| {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(Route::new("/response"));
        std::future::ready(Ok::<_, Infallible>(response))
    };
    let service = gusset.http().layer(service_fn(respond));
    call(
        service,
        Request::get("/files/a").body(Body::empty()).unwrap(),
    )
    .await;
    assert!(gusset.flush(Duration::from_secs(30)));
    assert_eq!(access_lines(&output)[0]["http.route"], "/response");
}

#[tokio::test]
async fn too_long_route_is_bounded() {
    let (builder, output) = set_up();
    let long: &'static str = "/a".repeat(500).leak();
    let builder = builder.http(move |http| http.route(move |_| Some(long)));
    let gusset = build(builder);
    let service = plain(&gusset, Stated::default());
    call(service, Request::get("/").body(Body::empty()).unwrap()).await;
    assert!(gusset.flush(Duration::from_secs(30)));
    let line = &access_lines(&output)[0];
    assert_eq!(line["http.route"].as_str().unwrap(), &long[..256]);
    let page = gusset.telemetry().prometheus().endpoint().render();
    assert!(
        page.contains("http_server_request_duration_seconds_count{otel_metric_overflow=\"true\"}")
    );
    assert!(!page.contains(long));
}

#[tokio::test]
async fn function_of_a_client_names_its_template() {
    let stated = Stated::default();
    let sink = stated.clone();
    let (builder, output) = set_up();
    let builder =
        builder.http_client(|client| client.trace(|trace| trace.sink(sink)).route(of_files));
    let gusset = build(builder);
    let respond =
        |_: Request<Body>| std::future::ready(Ok::<_, Infallible>(Response::new(Body::empty())));
    let service = gusset.http_client().layer(service_fn(respond));
    let request = Request::get("http://a.example/files/a.txt");
    call(service, request.body(Body::empty()).unwrap()).await;
    assert!(gusset.flush(Duration::from_secs(30)));
    let mut lines = entries(&output);
    lines.retain(|line| line["url.template"] == FILES);
    assert_eq!(lines.len(), 1, "{}", output.text());
    assert_eq!(stated.0.lock().unwrap().spans[0].0, format!("GET {FILES}"));
    let page = gusset.telemetry().prometheus().endpoint().render();
    assert!(
        page.contains(&format!("url_template=\"{FILES}\"")),
        "{page}"
    );
}
