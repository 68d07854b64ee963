//! Own fields agree in access log entries, spans and metrics, whatever the framework.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use futures_util::StreamExt as _;
use gusset::{Gusset, field};
use gusset_data::SpanData;
use gusset_tests::spans::{Spans, attribute};
use serde_json::Value;
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

use crate::tonic_server::{Empty, call_once};
use crate::{access_lines, builder};

/// What a call left behind.
struct Signals {
    lines: Vec<Value>,
    spans: Vec<SpanData>,
    page: String,
}

impl Signals {
    /// Runs calls with a new object, whose servers take a tenant from baggage.
    async fn after(calls: impl AsyncFnOnce(&Gusset)) -> Self {
        let spans = Spans::default();
        let (builder, output) = builder();
        let (http, grpc, client) = (spans.clone(), spans.clone(), spans.clone());
        let gusset = builder
            .field("tenant", ["blue", "green"])
            .baggage_fields(["tenant"])
            .http(|layer| layer.trace(|trace| trace.sink(http)))
            .grpc(|layer| layer.trace(|trace| trace.sink(grpc)))
            .http_client(|layer| layer.trace(|trace| trace.sink(client)))
            .build_with(|_| None)
            .unwrap();
        calls(&gusset).await;
        gusset.flush(std::time::Duration::from_secs(30));
        Self {
            lines: access_lines(&output),
            spans: spans.all(),
            page: gusset.telemetry().prometheus().endpoint().render(),
        }
    }

    /// Asserts the value of a field in the only line and span, and on the metrics.
    #[track_caller]
    fn assert_low(&self, name: &str, value: &str, metric: &str) {
        assert_eq!(self.lines[0][name], value, "{:?}", self.lines);
        let found = attribute(&self.spans[0], name);
        assert_eq!(found.as_deref(), Some(value), "{:?}", self.spans);
        let label = format!("{}=\"{value}\"", name.replace('.', "_"));
        let series = self.page.lines().filter(|line| line.starts_with(metric));
        let series: Vec<_> = series.collect();
        assert!(!series.is_empty(), "{}", self.page);
        assert!(
            series.iter().all(|line| line.contains(&label)),
            "{series:?}"
        );
    }

    #[track_caller]
    fn assert_high(&self, name: &str, value: &str) {
        assert_eq!(self.lines[0][name], value, "{:?}", self.lines);
        let found = attribute(&self.spans[0], name);
        assert_eq!(found.as_deref(), Some(value), "{:?}", self.spans);
        assert!(!self.page.contains(value), "{}", self.page);
    }
}

/// Serves a router on a real connection, and returns the body of one response.
async fn exchange(gusset: &Gusset, app: Router, baggage: Option<&str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    let client = async {
        let mut request = reqwest::Client::new().get(format!("http://{address}/users/7"));
        if let Some(baggage) = baggage {
            request = request.header("baggage", baggage);
        }
        let body = request.send().await.unwrap().text().await.unwrap();
        gusset.health().lifecycle().begin_shutdown();
        body
    };
    let (served, body) = tokio::join!(gusset.serve(server), client);
    served.unwrap();
    body
}

const HTTP: &str = "http_server_request_duration_seconds_count";

#[tokio::test]
async fn handler_and_middleware_of_axum_set_fields() {
    let signals = Signals::after(async |gusset| {
        let middleware = async |request: Request, next: Next| {
            tokio::task::yield_now().await;
            field::low("tenant", "blue");
            next.run(request).await
        };
        let handler = async || {
            tokio::task::yield_now().await;
            field::high("user.id", "u-4711");
            "a user"
        };
        let app = Router::new()
            .route("/users/{id}", get(handler))
            .layer(from_fn(middleware))
            .layer(gusset.http());
        exchange(gusset, app, None).await;
    });
    let signals = signals.await;
    signals.assert_low("tenant", "blue", HTTP);
    signals.assert_high("user.id", "u-4711");
}

#[tokio::test]
async fn streamed_body_sets_fields_to_its_end() {
    let signals = Signals::after(async |gusset| {
        let handler = async || {
            let chunks = futures_util::stream::iter(0..3).then(async |number| {
                tokio::task::yield_now().await;
                field::high("chunk", format!("chunk-{number}"));
                field::low("tenant", "green");
                Ok::<_, Infallible>("data")
            });
            Response::new(Body::from_stream(chunks))
        };
        let app = Router::new().route("/users/{id}", get(handler));
        let body = exchange(gusset, app.layer(gusset.http()), None).await;
        assert_eq!(body, "datadatadata");
    });
    let signals = signals.await;
    signals.assert_low("tenant", "green", HTTP);
    signals.assert_high("chunk", "chunk-2");
}

#[tokio::test]
async fn member_of_baggage_is_a_field_and_unknown_values_are_other() {
    for (baggage, value) in [("tenant=green", "green"), ("tenant=red", "_OTHER")] {
        let signals = Signals::after(async |gusset| {
            let app = Router::new().route("/users/{id}", get(async || "a user"));
            exchange(gusset, app.layer(gusset.http()), Some(baggage)).await;
        });
        signals.await.assert_low("tenant", value, HTTP);
    }
}

#[tokio::test]
async fn handler_of_tonic_sets_fields() {
    let signals = Signals::after(async |gusset| {
        let set = || {
            field::low("tenant", "blue");
            field::high("user.id", "u-4711");
        };
        call_once(gusset, Empty(set)).await;
    });
    let mut signals = signals.await;
    signals.lines.retain(|line| line.get("tenant").is_some());
    assert_eq!(
        signals.lines.len(),
        1,
        "that of the server, not of its client"
    );
    signals.assert_low("tenant", "blue", "rpc_server_call_duration_seconds_count");
    signals.assert_high("user.id", "u-4711");
    let is_of_client = |line: &&str| line.starts_with("rpc_client_call_duration");
    assert!(
        !signals
            .page
            .lines()
            .filter(is_of_client)
            .any(|line| line.contains("tenant"))
    );
}

#[tokio::test]
async fn plain_tower_service_and_its_nested_client_have_their_own_fields() {
    let signals = Signals::after(async |gusset| {
        let client = ServiceBuilder::new()
            .layer(gusset.http_client())
            .service(service_fn(async |_: Request| {
                field::high("attempt", "attempt-1");
                Ok::<_, Infallible>(Response::new(Body::empty()))
            }));
        let service = ServiceBuilder::new()
            .layer(gusset.http())
            .service(service_fn(move |request: Request| {
                let client = client.clone();
                async move {
                    field::high("user.id", "u-4711");
                    // It is forwarded as it came.
                    client.oneshot(request).await
                }
            }));
        let request = Request::get("http://h/users/7")
            .body(Body::empty())
            .unwrap();
        let response = service.oneshot(request).await.unwrap();
        axum::body::to_bytes(Body::new(response.into_body()), 9)
            .await
            .unwrap();
    });
    let mut signals = signals.await;
    let fields = |line: &Value| (line.get("attempt").is_some(), line.get("user.id").is_some());
    let of_lines: Vec<_> = signals.lines.iter().map(fields).collect();
    assert_eq!(
        of_lines,
        [(true, false), (false, true)],
        "{:?}",
        signals.lines
    );
    signals.assert_high_of_client();
}

impl Signals {
    /// Asserts the field of the client's call, which ends first, and then that of the server's.
    #[track_caller]
    fn assert_high_of_client(&mut self) {
        self.assert_high("attempt", "attempt-1");
        self.lines.remove(0);
        self.spans.remove(0);
        self.assert_high("user.id", "u-4711");
        assert_eq!(attribute(&self.spans[0], "attempt"), None);
    }
}
