//! What is read of a request's body.

use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gusset_http::{CountRequestLayer, CountedBody, RequestProgress, RequestRead};
use gusset_testkit::ScriptedBody;
use http::Request;
use http_body::{Body, SizeHint};
use tower_layer::Layer;
use tower_service::Service;

/// Reads that many frames of each request's body, and tells how far that was.
#[derive(Clone)]
struct Reads(usize);

impl Service<Request<CountedBody<ScriptedBody>>> for Reads {
    type Response = RequestProgress;
    type Error = Infallible;
    type Future = std::future::Ready<Result<RequestProgress, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<CountedBody<ScriptedBody>>) -> Self::Future {
        let progress = req.extensions().get::<RequestProgress>().unwrap().clone();
        let mut body = pin!(req.into_body());
        for _ in 0..self.0 {
            let _ = body
                .as_mut()
                .poll_frame(&mut Context::from_waker(Waker::noop()));
        }
        std::future::ready(Ok(progress))
    }
}

fn read(frames: usize, body: ScriptedBody) -> (u64, RequestRead) {
    let mut service = CountRequestLayer::new().layer(Reads(frames));
    let Ok(progress) = service.call(Request::new(body)).into_inner();
    (progress.bytes(), progress.read())
}

#[test]
fn a_request_is_read_whole_partly_or_broken() {
    let two = || ScriptedBody::new().data("hello").pending().data(" world");
    assert_eq!(
        read(0, ScriptedBody::new()),
        (0, RequestRead::Whole),
        "there is nothing to read"
    );
    assert_eq!(read(0, two()), (0, RequestRead::Partly));
    assert_eq!(read(1, two()), (5, RequestRead::Partly));
    assert_eq!(
        read(3, two()),
        (11, RequestRead::Whole),
        "the last frame says that it is"
    );
    assert_eq!(
        read(3, two().silent_end()),
        (11, RequestRead::Partly),
        "it may go on"
    );
    assert_eq!(read(4, two().silent_end()), (11, RequestRead::Whole));
    assert_eq!(
        read(9, ScriptedBody::new().data("he").error()),
        (2, RequestRead::Broken)
    );
    let trailers = ScriptedBody::new()
        .data("he")
        .trailers("a", "b")
        .silent_end();
    assert_eq!(read(2, trailers), (2, RequestRead::Whole));
}

#[test]
fn a_counted_body_says_of_itself_what_the_bare_one_says() {
    let body = ScriptedBody::new()
        .data("hello")
        .hint(SizeHint::with_exact(5));
    struct Look;
    impl Service<Request<CountedBody<ScriptedBody>>> for Look {
        type Response = (SizeHint, bool);
        type Error = Infallible;
        type Future = std::future::Ready<Result<(SizeHint, bool), Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, req: Request<CountedBody<ScriptedBody>>) -> Self::Future {
            let body = req.body();
            std::future::ready(Ok((body.size_hint(), body.is_end_stream())))
        }
    }
    let Ok((hint, end)) = CountRequestLayer::new()
        .layer(Look)
        .call(Request::new(body))
        .into_inner();
    assert_eq!((hint.exact(), end), (Some(5), false));
}
