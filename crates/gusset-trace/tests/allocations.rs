//! Counts the allocations of a call. A separate test binary, because other threads would be counted too.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use gusset_core::{CallTracker, Clock, End};
use gusset_http::{
    Http, HttpClassifier, HttpClientClassifier, HttpServerClassifier, RequestHead, ResponseHead,
};
use gusset_propagation::{Propagator, Propagators, SpanContext};
use gusset_trace::{InjectLayer, TraceObserver, current_span_context};
use http::{HeaderMap, HeaderValue, Request, Response};

const PARENT: &str = "00-12345678901234567890123456789012-1234567890123456-01";

fn request() -> Request<()> {
    let req = Request::get("/items/7").header("host", "a.example");
    let req = req
        .header("traceparent", PARENT)
        .header("tracestate", "foo=1,bar=2");
    req.header("baggage", "tenant=7").body(()).unwrap()
}

fn allocations(mut work: impl FnMut()) -> u64 {
    // Seeds the random generator and registers the callsites, which happens once.
    work();
    allocation_counter::measure(work).count_total
}

fn call<R: HttpClassifier>(observer: &TraceObserver, req: &Request<()>, inside: impl FnOnce()) {
    let clock = Clock::system();
    let mut track = CallTracker::<Http<R>, _>::start(observer, RequestHead::from(req), clock);
    track.in_scope(inside);
    track.on_response(ResponseHead::from(&Response::new(())));
    track.end(End::Complete(None));
}

#[test]
fn call_without_subscriber_allocates_nothing() {
    let server = TraceObserver::server().build_with(|_| None).unwrap();
    let client = TraceObserver::client().build_with(|_| None).unwrap();
    let (received, bare) = (request(), Request::new(()));
    let count = allocations(|| {
        call::<HttpServerClassifier>(&server, &received, || {
            call::<HttpClientClassifier>(&client, &bare, || {
                assert!(current_span_context().is_some());
            });
        });
        call::<HttpServerClassifier>(&server, &bare, || {});
    });
    assert_eq!(count, 0);
}

#[test]
fn injection_allocates_only_traceparent() {
    let propagators = Propagators::default();
    let state = HeaderValue::from_static("foo=1,bar=2");
    let state = gusset_propagation::TraceState::from_header_values([&state]);
    let context = SpanContext::root().with_state(state).into();
    let mut headers = HeaderMap::with_capacity(16);
    let count = allocations(|| propagators.inject(&context, &mut headers));
    assert_eq!(count, 1);
    let _ = InjectLayer::new(propagators);
}
