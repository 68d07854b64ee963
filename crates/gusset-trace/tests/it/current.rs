//! The ids and the request id that are current while a call is polled.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use gusset_core::{ObserveLayer, SpanIds};
use gusset_http::{
    Http, HttpClientClassifier, HttpServerClassifier, RequestId, RequestIdLayer, current_request_id,
};
use gusset_trace::{TraceObserver, current_span_context, with_current_context};
use http::{Request, Response};
use http_body::{Body, Frame};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::exported::during;
use crate::support::*;

/// A body that calls a function when it is polled, and ends.
struct EmptyBody<F>(F);

impl<F: FnMut() + Unpin> Body for EmptyBody<F> {
    type Data = &'static [u8];
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Infallible>>> {
        (self.get_mut().0)();
        Poll::Ready(None)
    }
}

/// Returns the current span, by the driver and by the call.
fn current_span() -> Option<[u8; 8]> {
    let ids = SpanIds::current().map(SpanIds::span_id);
    let context = current_span_context().map(|span| span.span_id().to_bytes());
    assert_eq!(ids, context);
    ids
}

#[test]
fn service_and_body_have_ids_and_request_id() {
    type Seen = Arc<Mutex<Vec<(Option<[u8; 8]>, Option<RequestId>)>>>;
    let seen = Seen::default();
    let look = {
        let seen = seen.clone();
        move || {
            let current = (current_span(), current_request_id());
            seen.lock().unwrap().push(current);
        }
    };
    let handler = Respond(move |_: Request<()>| {
        look();
        Response::new(EmptyBody(look.clone()))
    });
    let observed = ObserveLayer::<Http, _>::new(built(TraceObserver::server())).layer(handler);
    let Ok(res) = now(RequestIdLayer::new().layer(observed).call(Request::new(())));
    assert_eq!((current_span(), current_request_id()), (None, None));
    drain(res.into_body());
    assert_eq!((current_span(), current_request_id()), (None, None));

    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2);
    assert!(seen[0].0.is_some() && seen[0].1.is_some());
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn client_call_has_its_own_ids() {
    let (server, client) = (
        built(TraceObserver::server()),
        built(TraceObserver::client()),
    );
    during::<HttpServerClassifier, _>(server, Request::new(()), || {
        let outer = current_span();
        let client = client.clone();
        during::<HttpClientClassifier, _>(client, Request::new(()), || {
            assert_ne!(current_span(), outer);
        });
        assert_eq!(current_span(), outer);
    });
}

#[test]
fn task_from_outside_has_no_ids_inside_of_a_call() {
    let mut task = pin!(with_current_context(async { current_span() }));
    during::<HttpServerClassifier, _>(built(TraceObserver::server()), Request::new(()), || {
        let outer = current_span();
        assert!(outer.is_some());
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(task.as_mut().poll(&mut cx), Poll::Ready(None));
        assert_eq!(current_span(), outer);
    });
}
