//! 408 of a timeout layer: inside of the observers it is an error of the server, outside of them the call
//! is cancelled, and for a client it is an error of the client.

use std::future::pending;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use gusset_breaker::{CircuitBreaker, http_response};
use gusset_core::{ObserveLayer, Outcome};
use gusset_data::{SpanData, SpanStatus};
use gusset_http::Http;
use gusset_testkit::RecordedCall;
use gusset_tests::clients::{http1, run, with_timeout};
use gusset_tests::servers::Server;
use gusset_tests::side::Side;
use gusset_tests::spans::{Spans, attribute};
use gusset_trace::TraceObserver;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::ServiceExt as _;
use tower_http::timeout::TimeoutLayer;
use tower_layer::Layer as _;

/// How long the server lets a handler run. The handlers never complete, so the duration does not matter.
const TIMEOUT: Duration = Duration::from_millis(5);

/// What a server or a client has recorded.
struct Observed {
    side: Side,
    spans: Spans,
    breaker: CircuitBreaker,
}

impl Observed {
    fn new() -> Self {
        let breaker = CircuitBreaker::builder("stock");
        Self {
            side: Side::new(),
            spans: Spans::default(),
            breaker: breaker.build().expect("the settings are valid"),
        }
    }

    /// Starts `axum::serve` with layers of this order, from the inside.
    fn serve(&self, inside: Option<TimeoutLayer>, outside: Option<TimeoutLayer>) -> Server {
        let trace = TraceObserver::server().sink(self.spans.clone());
        let trace = trace.build_with(|_| None).expect("the settings are valid");
        let slow = get(async || pending::<()>().await);
        let read = post(async |body: String| body);
        let router = Router::new().route("/slow", slow).route("/read", read);
        let router = router
            .layer(tower::util::option_layer(inside))
            .layer(
                self.breaker
                    .http_server()
                    .respond_with(|open| http_response(&open)),
            )
            .layer(ObserveLayer::<Http, _>::new(trace))
            .layer(self.side.http_server())
            .layer(tower::util::option_layer(outside));
        Server::axum(router)
    }

    /// Returns the only call and its span.
    async fn only(&self) -> (RecordedCall, SpanData) {
        let call = self.side.wait_for_call().await;
        (call, self.spans.wait(1).await.remove(0))
    }

    /// Returns the calls and failures that the breaker has counted.
    fn counted(&self) -> (u64, u64) {
        let counts = self.breaker.counts();
        assert_eq!(self.breaker.in_flight(), 0);
        (counts.calls, counts.failures)
    }
}

fn timeout() -> Option<TimeoutLayer> {
    let status = StatusCode::REQUEST_TIMEOUT;
    Some(TimeoutLayer::with_status_code(status, TIMEOUT))
}

/// Sends a request and expects 408.
async fn send(server: &Server, request: &str) {
    let response = http1::Connection::round_trip(server.addr(), request).await;
    let response = String::from_utf8_lossy(&response);
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
}

const GET_SLOW: &str = "GET /slow HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/// An upload that stops in the middle.
const UPLOAD: &str =
    "POST /read HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 9\r\n\r\nhalf";

#[test]
fn slow_handler_is_an_error_of_the_own_server() {
    for (request, method, route) in [(GET_SLOW, "GET", "/slow"), (UPLOAD, "POST", "/read")] {
        run(async {
            let observed = Observed::new();
            let server = observed.serve(timeout(), None);
            send(&server, request).await;
            let (call, span) = observed.only().await;
            let recorded = (call.outcome, call.status, call.error);
            assert_eq!(recorded, (Outcome::ServerError, Some("408"), Some("408")));
            assert!(matches!(span.status, SpanStatus::Error(_)), "{span:?}");
            assert_eq!(attribute(&span, "error.type").as_deref(), Some("408"));
            let rows = observed
                .side
                .rows("http_server_request_duration_seconds_count");
            let row = format!(
                r#"{{error_type="408",http_request_method="{method}",http_response_status_code="408",http_route="{route}",network_protocol_version="1.1",url_scheme="http"}} 1"#
            );
            assert_eq!(rows, [row]);
            assert_eq!(observed.counted(), (1, 1));
        });
    }
}

#[test]
fn timeout_layer_outside_cancels_the_call() {
    run(async {
        let observed = Observed::new();
        let server = observed.serve(None, timeout());
        send(&server, GET_SLOW).await;
        let (call, span) = observed.only().await;
        let recorded = (call.outcome, call.status, call.error);
        assert_eq!(recorded, (Outcome::Cancelled, None, None));
        assert_eq!(span.status, SpanStatus::Unset);
        assert_eq!(attribute(&span, "error.type"), None);
        assert_eq!(observed.counted(), (0, 0));
    });
}

#[test]
fn client_that_receives_408_does_not_blame_the_server() {
    run(async {
        let (on_server, on_client) = (Observed::new(), Observed::new());
        let server = on_server.serve(timeout(), None);
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
        let client = client.map_err(gusset_tests::bodies::BoxError::from);
        let client = on_client
            .side
            .http_client()
            .layer(on_client.breaker.http_client().layer(client));
        let request = Request::get(format!("http://{}/slow", server.addr()));
        let request = request.body(Empty::new()).expect("a request");
        let response = with_timeout(client.oneshot(request)).await;
        let response = response.expect("a response");
        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
        with_timeout(response.into_body().collect())
            .await
            .expect("the whole body");
        let call = on_client.side.wait_for_call().await;
        let recorded = (call.outcome, call.error);
        assert_eq!(recorded, (Outcome::ClientError, Some("408")));
        assert_eq!(on_client.counted(), (0, 0));
    });
}
