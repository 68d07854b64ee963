//! The retry delay that a breaker reads from responses: only from failures, and without a sign.
#![no_main]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use gusset_breaker::classify::{FailureClassifier, GrpcFailures, HttpFailures};
use gusset_breaker::{CallReport, CallResult, CircuitBreaker};
use gusset_core::{CallContext, End};
use gusset_fuzz::headers;
use gusset_http::{GrpcClientClassifier, Http, HttpClassifier, HttpClientClassifier, ResponseHead};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use libfuzzer_sys::fuzz_target;
use tower_layer::Layer as _;
use tower_service::Service;

const NAMES: &[&str] = &[
    "retry-after",
    "date",
    "grpc-retry-pushback-ms",
    "grpc-status",
];

fuzz_target!(|input: (u16, Vec<(u8, Vec<u8>)>)| {
    let (status, fields) = input;
    let Ok(status) = StatusCode::from_u16(status) else {
        return;
    };
    let headers = headers(NAMES, &fields);
    let digits = |name| headers.get(name).and_then(digits);

    let report = record::<HttpClientClassifier, _>(HttpFailures, status, &headers);
    if let Some(delay) = report.retry_after {
        assert!(!matches!(
            report.result,
            CallResult::Success | CallResult::Ignored
        ));
        match digits("retry-after") {
            Some(seconds) => assert_eq!(delay, Duration::from_secs(seconds)),
            None => assert!(headers.contains_key("date")),
        }
    }

    let report = record::<GrpcClientClassifier, _>(GrpcFailures, status, &headers);
    let milliseconds = digits("grpc-retry-pushback-ms");
    assert_eq!(report.retry_after, milliseconds.map(Duration::from_millis));
});

/// Parses digits, and saturates far in the future.
fn digits(value: &http::HeaderValue) -> Option<u64> {
    let text = value.to_str().ok()?.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX / 1_000_000))
}

/// Returns what a breaker records of one response.
fn record<R, C>(classifier: C, status: StatusCode, headers: &HeaderMap) -> CallReport
where
    R: HttpClassifier,
    C: FailureClassifier<Http<R>>,
{
    let spy = Spy {
        classifier,
        report: Arc::default(),
    };
    let breaker = CircuitBreaker::builder("fuzz")
        .build()
        .expect("the defaults are valid");
    let mut response = Response::new(Empty::<Bytes>::new());
    *response.status_mut() = status;
    *response.headers_mut() = headers.clone();
    let mut service = breaker
        .layer_with::<Http<R>, _>(spy.clone())
        .layer(Ready(response));
    let response = futures_executor::block_on(async {
        std::future::poll_fn(|cx| service.poll_ready(cx))
            .await
            .expect("the breaker is closed");
        service.call(Request::new(())).await
    });
    let Ok(response) = response else {
        panic!("the breaker is closed");
    };
    drop(futures_executor::block_on(response.into_body().collect()));
    let report = *spy.report.lock().expect("no panic");
    report.expect("the call is complete")
}

/// A classifier that keeps its report.
#[derive(Clone)]
struct Spy<C> {
    classifier: C,
    report: Arc<Mutex<Option<CallReport>>>,
}

impl<R: HttpClassifier, C: FailureClassifier<Http<R>>> FailureClassifier<Http<R>> for Spy<C> {
    type ResponseState = C::ResponseState;

    fn on_response(&self, res: ResponseHead<'_>) -> C::ResponseState {
        self.classifier.on_response(res)
    }

    fn classify(
        &self,
        response: Option<C::ResponseState>,
        end: &End<'_, Http<R>>,
        cx: &CallContext,
    ) -> CallReport {
        let report = self.classifier.classify(response, end, cx);
        *self.report.lock().expect("no panic") = Some(report);
        report
    }
}

/// A service with one response.
#[derive(Clone)]
struct Ready(Response<Empty<Bytes>>);

impl Service<Request<()>> for Ready {
    type Response = Response<Empty<Bytes>>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::ready(Ok(self.0.clone()))
    }
}
