//! Observation changes no frame of a response.

use std::task::Poll;

use gusset_testkit::{ScriptError, ScriptedBody};
use http::{Method, Response};
use http_body::{Body, SizeHint};

use crate::support::{Polled, end, frame, observe, observe_as, ok, request};

/// Returns the result of a poll as text, so that two polls compare.
fn text(polled: Polled) -> String {
    match polled {
        Poll::Pending => "pending".to_owned(),
        Poll::Ready(None) => "none".to_owned(),
        Poll::Ready(Some(Err(ScriptError { .. }))) => "error".to_owned(),
        Poll::Ready(Some(Ok(frame))) => format!("{frame:?}"),
    }
}

/// Polls a body with and without observation, beyond its end.
fn assert_same(build: impl Fn() -> Response<ScriptedBody>) {
    let mut bare = build();
    let (mut observed, _recorder) = observe(build());
    assert_eq!(bare.status(), observed.status());
    assert_eq!(bare.headers(), observed.headers());
    for step in 0..8 {
        let (bare, observed) = (bare.body_mut(), observed.body_mut());
        assert_eq!(
            bare.is_end_stream(),
            observed.is_end_stream(),
            "at step {step}"
        );
        assert_eq!(
            bare.size_hint().lower(),
            observed.size_hint().lower(),
            "at step {step}"
        );
        assert_eq!(
            bare.size_hint().upper(),
            observed.size_hint().upper(),
            "at step {step}"
        );
        assert_eq!(text(frame(bare)), text(frame(observed)), "at step {step}");
    }
}

#[test]
fn every_frame_and_hint_is_forwarded() {
    assert_same(|| ok(ScriptedBody::new()));
    assert_same(|| ok(ScriptedBody::new().without_end_hint()));
    assert_same(|| ok(ScriptedBody::new().data("ab").pending().data("").data("c")));
    assert_same(|| {
        ok(ScriptedBody::new()
            .data("ab")
            .trailers("sum", "6")
            .without_end_hint())
    });
    assert_same(|| ok(ScriptedBody::new().data("ab").error()));
    assert_same(|| ok(ScriptedBody::new().data("ab").pend_forever()));
    assert_same(|| {
        ok(ScriptedBody::new()
            .data("ab")
            .size_hint(SizeHint::with_exact(9)))
    });
}

#[test]
fn frames_after_the_end_are_forwarded() {
    // After trailers, after an error, and beyond the declared length.
    assert_same(|| {
        ok(ScriptedBody::new()
            .trailers("sum", "6")
            .data("late")
            .trailers("sum", "7")
            .error())
    });
    assert_same(|| {
        ok(ScriptedBody::new()
            .error()
            .data("late")
            .trailers("sum", "6")
            .error())
    });
    assert_same(|| {
        let body = ScriptedBody::new()
            .data("ab")
            .data("late")
            .trailers("sum", "6");
        Response::builder()
            .header("content-length", "1")
            .body(body)
            .unwrap()
    });
}

#[test]
fn frames_of_a_bodiless_response_are_forwarded() {
    assert_same(|| {
        Response::builder()
            .status(204)
            .body(ScriptedBody::new().data("ab").data("c"))
            .unwrap()
    });
    let body = ScriptedBody::new().data("ab");
    let (mut response, recorder) = observe_as::<gusset_http::HttpServerClassifier, _>(
        request(Method::HEAD),
        ok(body),
        gusset_core::Clock::system(),
    );
    assert_eq!(end(&recorder), "Complete");
    assert!(text(frame(response.body_mut())).contains("ab"));
    assert_eq!(end(&recorder), "Complete");
}

#[test]
fn body_of_the_service_is_accessible() {
    let (response, _recorder) = observe(ok(ScriptedBody::new().data("abc")));
    assert!(!response.body().get_ref().is_end_stream());
}

#[test]
fn chunk_in_parts_counts_all_its_bytes() {
    use bytes::{Buf, Bytes, buf::Chain};
    use http_body::Frame;

    /// One chunk in two parts.
    struct Chained(Option<Chain<Bytes, Bytes>>);
    impl Body for Chained {
        type Data = Chain<Bytes, Bytes>;
        type Error = std::convert::Infallible;
        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
            Poll::Ready(self.0.take().map(|data| Ok(Frame::data(data))))
        }
    }

    let data = Bytes::from_static(b"abc").chain(Bytes::from_static(b"defg"));
    let (mut response, recorder) = observe(ok(Chained(Some(data))));
    crate::support::drain(response.body_mut());
    assert_eq!(crate::support::only(&recorder).bytes, 7);
}
