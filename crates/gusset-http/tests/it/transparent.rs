//! The service answers frame by frame what it would answer without us.

use std::task::Poll;

use gusset_testkit::{ScriptError, ScriptedBody};
use http::{Method, Response};
use http_body::{Body, SizeHint};

use crate::support::{Polled, end, frame, observe, observe_as, ok, request};

/// A frame or its absence as a text, so that two polls compare.
fn text(polled: Polled) -> String {
    match polled {
        Poll::Pending => "pending".to_owned(),
        Poll::Ready(None) => "none".to_owned(),
        Poll::Ready(Some(Err(ScriptError { .. }))) => "error".to_owned(),
        Poll::Ready(Some(Ok(frame))) => format!("{frame:?}"),
    }
}

/// Polls the bare body and the observed one side by side, well beyond their end.
fn same(build: impl Fn() -> Response<ScriptedBody>) {
    let mut bare = build();
    let (mut observed, _witness) = observe(build());
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
fn every_frame_and_every_hint_is_passed_on() {
    same(|| ok(ScriptedBody::new()));
    same(|| ok(ScriptedBody::new().without_end_hint()));
    same(|| ok(ScriptedBody::new().data("ab").pending().data("").data("c")));
    same(|| {
        ok(ScriptedBody::new()
            .data("ab")
            .trailers("sum", "6")
            .without_end_hint())
    });
    same(|| ok(ScriptedBody::new().data("ab").error()));
    same(|| ok(ScriptedBody::new().data("ab").pend_forever()));
    same(|| {
        ok(ScriptedBody::new()
            .data("ab")
            .size_hint(SizeHint::with_exact(9)))
    });
}

#[test]
fn frames_after_the_end_are_passed_on() {
    // After trailers, after an error, and beyond the length that was declared.
    same(|| {
        ok(ScriptedBody::new()
            .trailers("sum", "6")
            .data("late")
            .trailers("sum", "7")
            .error())
    });
    same(|| {
        ok(ScriptedBody::new()
            .error()
            .data("late")
            .trailers("sum", "6")
            .error())
    });
    same(|| {
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
fn frames_of_an_answer_that_should_have_no_body_are_passed_on() {
    same(|| {
        Response::builder()
            .status(204)
            .body(ScriptedBody::new().data("ab").data("c"))
            .unwrap()
    });
    let body = ScriptedBody::new().data("ab");
    let (mut response, witness) = observe_as::<gusset_http::HttpServerClassifier, _>(
        request(Method::HEAD),
        ok(body),
        gusset_core::Clock::system(),
    );
    assert_eq!(end(&witness), "Complete");
    assert!(text(frame(response.body_mut())).contains("ab"));
    assert_eq!(end(&witness), "Complete");
}

#[test]
fn the_services_own_body_can_be_looked_at() {
    let (response, _witness) = observe(ok(ScriptedBody::new().data("abc")));
    assert!(!response.body().get_ref().is_end_stream());
}

#[test]
fn a_piece_counts_all_that_it_has_and_not_only_its_first_chunk() {
    use bytes::{Buf, Bytes, buf::Chain};
    use http_body::Frame;

    /// One piece in two parts.
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
    let (mut response, witness) = observe(ok(Chained(Some(data))));
    crate::support::drain(response.body_mut());
    assert_eq!(crate::support::only(&witness).bytes, 7);
}
