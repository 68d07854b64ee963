//! What a call costs in allocations. A test binary of its own: other threads would be counted.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too")]

use gusset_core::{CallTracker, Clock, End};
use gusset_http::{
    Http, HttpClassifier, HttpClientClassifier, HttpServerClassifier, RequestHead, ResponseHead,
};
use gusset_trace::{InjectLayer, Propagator, Propagators, Trace, TraceContext, current};
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
    // Threads seed their generators, and callsites register themselves, once.
    work();
    allocation_counter::measure(work).count_total
}

fn call<R: HttpClassifier>(observer: &Trace, req: &Request<()>, inside: impl FnOnce()) {
    let clock = Clock::system();
    let mut track = CallTracker::<Http<R>, _>::start(observer, RequestHead::from(req), clock);
    track.in_scope(inside);
    track.on_response(ResponseHead::from(&Response::new(())));
    track.end(End::Complete(None));
}

#[test]
fn a_call_that_no_subscriber_wants_allocates_nothing() {
    let server = Trace::server().build_with(|_| None).unwrap();
    let client = Trace::client().build_with(|_| None).unwrap();
    let (received, bare) = (request(), Request::new(()));
    let count = allocations(|| {
        call::<HttpServerClassifier>(&server, &received, || {
            call::<HttpClientClassifier>(&client, &bare, || assert!(current().is_some()));
        });
        call::<HttpServerClassifier>(&server, &bare, || {});
    });
    assert_eq!(count, 0);
}

#[test]
fn sending_the_place_allocates_the_one_value_that_is_new() {
    let propagators = Propagators::default();
    let state = HeaderValue::from_static("foo=1,bar=2");
    let state = gusset_trace::TraceState::from_lines([&state]);
    let context = TraceContext::root().with_state(state).into();
    let mut headers = HeaderMap::with_capacity(16);
    let count = allocations(|| propagators.inject(&context, &mut headers));
    assert_eq!(count, 1);
    let _ = InjectLayer::new(propagators);
}
