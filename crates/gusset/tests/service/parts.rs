//! Each part can be left out, and nothing is global.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use gusset::prometheus::PrometheusExporterBuilder;
use gusset::{Gusset, GussetBuilder};
use http::Request;
use tower::ServiceExt as _;

use crate::{access_lines, app, entries, listen, no_variable, request, set_up};

/// Calls the service without a socket.
async fn call(gusset: &Gusset) -> http::Response<Body> {
    let request = Request::get("/users/7").body(Body::empty()).unwrap();
    let response = app(gusset).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    axum::body::to_bytes(body, usize::MAX).await.unwrap();
    http::Response::from_parts(parts, Body::empty())
}

fn page(gusset: &Gusset) -> String {
    gusset.telemetry().prometheus().endpoint().render()
}

fn build(builder: GussetBuilder) -> Gusset {
    builder.build_with(no_variable).unwrap()
}

#[tokio::test]
async fn several_in_one_process_are_separate() {
    let ((first, first_output), (second, second_output)) = (set_up(), set_up());
    let (first, second) = (build(first), build(second));
    assert_ne!(first.management_addr(), second.management_addr());
    let (listener, address) = listen().await;
    let server = axum::serve(listener, app(&first)).with_graceful_shutdown(first.shutdown_signal());
    let client = async {
        request(address, "/users/7").await;
        assert!(
            !second
                .health()
                .lifecycle()
                .phase()
                .ge(&gusset::health::Phase::Draining)
        );
        first.health().lifecycle().begin_shutdown();
    };
    let (served, ()) = tokio::join!(first.serve(server), client);
    served.unwrap();
    // The handler's entry and metric go to the one that observes the call.
    let found = |entries: &[serde_json::Value]| {
        entries
            .iter()
            .filter(|entry| entry["message"] == "found the user")
            .count()
    };
    assert_eq!(found(&entries(&first_output)), 1, "{}", first_output.text());
    assert!(page(&first).contains("users_found_total 1"));
    assert_eq!(access_lines(&first_output).len(), 1);
    assert!(second.flush(Duration::from_secs(30)));
    assert_eq!(found(&entries(&second_output)), 0);
    assert!(!page(&second).contains("users_found_total"));
}

#[tokio::test]
async fn log_can_be_left_out() {
    let (builder, output) = set_up();
    let gusset = build(builder.without_log());
    call(&gusset).await;
    assert!(gusset.flush(Duration::from_secs(30)));
    assert_eq!(output.text(), "");
    assert!(page(&gusset).contains("http_server_request_duration_seconds_count"));
}

#[tokio::test]
async fn traces_can_be_left_out() {
    let (builder, output) = set_up();
    let gusset = build(builder.without_traces());
    call(&gusset).await;
    assert!(gusset.flush(Duration::from_secs(30)));
    let lines = access_lines(&output);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].get("trace_id").is_none(), "{}", lines[0]);
}

#[tokio::test]
async fn metrics_can_be_left_out() {
    let (builder, output) = set_up();
    let gusset = build(builder.without_metrics());
    call(&gusset).await;
    assert!(gusset.flush(Duration::from_secs(30)));
    assert_eq!(access_lines(&output).len(), 1);
    assert!(!page(&gusset).contains("http_server"));
    let management = gusset.management_addr().unwrap();
    assert_eq!(request(management, "/metrics").await.status, 404);
    assert_eq!(request(management, "/livez").await.status, 200);
}

#[tokio::test]
async fn health_can_be_left_out() {
    let gusset = build(set_up().0.without_health());
    let management = gusset.management_addr().unwrap();
    assert_eq!(request(management, "/livez").await.status, 404);
    assert_eq!(request(management, "/metrics").await.status, 200);
    gusset.serve(async {}).await.unwrap();
}

#[tokio::test]
async fn management_can_be_left_out() {
    let gusset = build(set_up().0.without_management());
    assert_eq!(gusset.management_addr(), None);
    gusset.serve(async {}).await.unwrap();
}

#[tokio::test]
async fn request_id_can_be_left_out() {
    let gusset = build(set_up().0.without_request_id());
    assert!(!call(&gusset).await.headers().contains_key("x-request-id"));
    let gusset = build(set_up().0);
    assert!(call(&gusset).await.headers().contains_key("x-request-id"));
}

#[tokio::test]
async fn signal_of_one_layer_can_be_left_out() {
    let (builder, output) = set_up();
    let gusset = build(builder.http(|http| http.without_log().without_trace().without_metrics()));
    call(&gusset).await;
    assert!(gusset.flush(Duration::from_secs(30)));
    assert_eq!(access_lines(&output).len(), 0);
    assert!(!page(&gusset).contains("http_server"));
    let message = |entry: &serde_json::Value| entry["message"] == "found the user";
    let handler = entries(&output).into_iter().find(message).unwrap();
    assert!(
        handler["request_id"].is_string(),
        "the others stay: {handler}"
    );
    assert!(handler.get("trace_id").is_none());
}

/// A layer of the service that counts events.
struct Count(Arc<AtomicU64>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Count {
    fn on_event(&self, _: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn existing_layer_receives_events() {
    let events = Arc::new(AtomicU64::new(0));
    let gusset = build(set_up().0.layer(Count(events.clone())));
    let before = events.load(Ordering::Relaxed);
    call(&gusset).await;
    assert!(events.load(Ordering::Relaxed) >= before + 2);
}

#[tokio::test]
async fn network_listener_shows_probes_without_details() {
    let gusset = build(
        set_up()
            .0
            .management(|management| management.host("0.0.0.0").port(0)),
    );
    let port = gusset.management_addr().unwrap().port();
    let response = request(([127, 0, 0, 1], port).into(), "/healthz").await;
    assert!(!response.text.contains("main-runtime"), "{}", response.text);
    let gusset = build(set_up().0);
    let response = request(gusset.management_addr().unwrap(), "/healthz").await;
    assert!(response.text.contains("main-runtime"), "{}", response.text);
}

#[test]
fn missing_runtime_is_an_error_with_its_remedy() {
    let error = gusset::builder().build_with(no_variable).unwrap_err();
    assert_eq!(
        error.to_string(),
        "health cannot start: no Tokio runtime is running on this thread; set up inside of the Tokio \
         runtime, or use `without_health`",
    );
}

#[tokio::test]
async fn used_port_is_an_error_that_names_it() {
    let (_listener, address) = listen().await;
    let port = address.port();
    let builder = set_up()
        .0
        .management(move |management| management.port(port));
    let error = builder.build_with(no_variable).unwrap_err();
    assert_eq!(error.setting(), Some("port"));
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}

#[tokio::test]
async fn access_lines_of_unsampled_calls_are_left_out_by_option() {
    for (sampler, expected) in [("always_off", 0), ("always_on", 1)] {
        let output = gusset_testkit::SharedOutput::default();
        let out = output.clone();
        let builder = gusset::builder().log(|log| {
            let json = log.format(gusset::log::Format::Json).writer(out);
            json.sampled_only()
        });
        let gusset = builder
            .without_health()
            .without_management()
            // Spans that are exported nowhere are not recorded, but sampled.
            .build_with(|name| (name == "OTEL_TRACES_SAMPLER").then(|| sampler.to_owned()))
            .unwrap();
        call(&gusset).await;
        assert!(gusset.telemetry().flush(Duration::from_secs(5)));
        assert_eq!(
            access_lines(&output).len(),
            expected,
            "{sampler}: {}",
            output.text()
        );
    }
}

#[tokio::test]
async fn old_names_are_scraped_beside_the_new_ones() {
    let (builder, _) = set_up();
    let gusset = build(builder.prometheus(PrometheusExporterBuilder::without_suffixes));
    let old = gusset::metrics::AxumPrometheusMetrics::new(gusset.telemetry().registry());
    let user = async || {
        metrics::counter!("users").increment(1);
        "a user"
    };
    let app = axum::Router::new()
        .route("/users/{id}", axum::routing::get(user))
        .layer(gusset::ObserveLayer::<gusset::http::Http, _>::new(old))
        .layer(gusset.http());
    let (listener, address) = listen().await;
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    let client = async {
        for _ in 0..3 {
            request(address, "/users/7").await;
        }
        request(address, "/nowhere").await;
        let page = request(gusset.management_addr().unwrap(), "/metrics").await;
        gusset.health().lifecycle().begin_shutdown();
        page.text
    };
    let (served, page) = tokio::join!(gusset.serve(server), client);
    served.unwrap();
    for expected in [
        "\naxum_http_requests_total{endpoint=\"/users/{id}\",method=\"GET\",status=\"200\"} 3\n",
        "\naxum_http_requests_total{method=\"GET\",status=\"404\"} 1\n",
        "\naxum_http_requests_duration_seconds_count{endpoint=\"/users/{id}\",method=\"GET\",status=\"200\"} 3\n",
        "\naxum_http_requests_pending{endpoint=\"/users/{id}\",method=\"GET\"} 0\n",
        "\nhttp_server_request_duration_seconds_count{",
        // Of the service itself, as it is recorded.
        "\nusers 3\n",
    ] {
        assert!(page.contains(expected), "{expected} in {page}");
    }
}

#[cfg(feature = "breaker")]
#[tokio::test]
async fn breaker_has_the_error_statuses_of_clients() {
    use tower::{Layer as _, service_fn};

    let (builder, _) = set_up();
    let variable = "GUSSET_HTTP_CLIENT_ERROR_STATUSES";
    let env = |name: &str| (name == variable).then(|| "404".to_owned());
    let gusset = builder.build_with(env).unwrap();
    let breaker = gusset.breaker("stock").unwrap();
    for status in [404, 500] {
        let respond = move |_: Request<Body>| async move {
            let response = http::Response::builder().status(status);
            Ok::<_, gusset::breaker::CircuitOpen>(response.body(Body::empty()).unwrap())
        };
        let service = breaker.http_client().layer(service_fn(respond));
        let request = Request::get("/").body(Body::empty()).unwrap();
        service.oneshot(request).await.unwrap();
    }
    assert_eq!((breaker.counts().calls, breaker.counts().failures), (2, 1));
}
