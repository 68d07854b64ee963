//! The progress of reading request bodies.

use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gusset_http::{
    CountingBody, ReadState, RequestBodyProgress, RequestBodySizeLayer, RequestHead, Side,
};
use gusset_testkit::ScriptedBody;
use http::Request;
use http_body::{Body, SizeHint};
use tower_layer::Layer;
use tower_service::Service;

/// Reads a number of frames of each request body, and returns the progress.
#[derive(Clone)]
struct Reads(usize);

impl Service<Request<CountingBody<ScriptedBody>>> for Reads {
    type Response = RequestBodyProgress;
    type Error = Infallible;
    type Future = std::future::Ready<Result<RequestBodyProgress, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<CountingBody<ScriptedBody>>) -> Self::Future {
        let progress = req
            .extensions()
            .get::<RequestBodyProgress>()
            .unwrap()
            .clone();
        let mut body = pin!(req.into_body());
        for _ in 0..self.0 {
            let _ = body
                .as_mut()
                .poll_frame(&mut Context::from_waker(Waker::noop()));
        }
        std::future::ready(Ok(progress))
    }
}

fn read(frames: usize, body: ScriptedBody) -> (u64, ReadState) {
    let mut service = RequestBodySizeLayer::new().layer(Reads(frames));
    let Ok(progress) = service.call(Request::new(body)).into_inner();
    (progress.bytes(), progress.state())
}

#[test]
fn request_body_is_partial_complete_or_aborted() {
    let two = || ScriptedBody::new().data("hello").pending().data(" world");
    assert_eq!(
        read(0, ScriptedBody::new()),
        (0, ReadState::Complete),
        "there is nothing to read"
    );
    assert_eq!(read(0, two()), (0, ReadState::Partial));
    assert_eq!(read(1, two()), (5, ReadState::Partial));
    assert_eq!(
        read(3, two()),
        (11, ReadState::Complete),
        "the last frame reports the end"
    );
    assert_eq!(
        read(3, two().without_end_hint()),
        (11, ReadState::Partial),
        "more frames may follow"
    );
    assert_eq!(read(4, two().without_end_hint()), (11, ReadState::Complete));
    assert_eq!(
        read(9, ScriptedBody::new().data("he").error()),
        (2, ReadState::Aborted)
    );
    let trailers = ScriptedBody::new()
        .data("he")
        .trailers("a", "b")
        .without_end_hint();
    assert_eq!(read(2, trailers), (2, ReadState::Complete));
}

#[test]
fn counting_body_forwards_hints() {
    let body = ScriptedBody::new()
        .data("hello")
        .size_hint(SizeHint::with_exact(5));
    struct Hints;
    impl Service<Request<CountingBody<ScriptedBody>>> for Hints {
        type Response = (SizeHint, bool);
        type Error = Infallible;
        type Future = std::future::Ready<Result<(SizeHint, bool), Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, req: Request<CountingBody<ScriptedBody>>) -> Self::Future {
            let body = req.body();
            std::future::ready(Ok((body.size_hint(), body.is_end_stream())))
        }
    }
    let Ok((hint, end)) = RequestBodySizeLayer::new()
        .layer(Hints)
        .call(Request::new(body))
        .into_inner();
    assert_eq!((hint.exact(), end), (Some(5), false));
}

#[test]
fn progress_belongs_to_the_side_that_reads_it_first() {
    for (first, other) in [(Side::Server, Side::Client), (Side::Client, Side::Server)] {
        let mut request = Request::new(());
        let has_progress = |request: &Request<()>, side| {
            RequestBodyProgress::of_request(RequestHead::from(request), side).is_some()
        };
        assert!(!has_progress(&request, first), "without a layer");
        request
            .extensions_mut()
            .insert(RequestBodyProgress::default());
        assert!(has_progress(&request, first) && has_progress(&request, first));
        assert!(!has_progress(&request, other));
        let forwarded = request.clone();
        assert!(!has_progress(&forwarded, other) && has_progress(&request, first));
        // What a layer of its own does.
        request
            .extensions_mut()
            .insert(RequestBodyProgress::default());
        assert!(has_progress(&request, other));
    }
}
