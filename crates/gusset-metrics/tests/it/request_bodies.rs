//! The size of request bodies, and whether they were read completely.

use gusset_http::RequestBodySizeLayer;
use gusset_testkit::ScriptedBody;
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::*;

#[test]
fn counted_body_has_size_and_read_state() {
    let recorder = TestRecorder::new();
    let observe = layer(recorder.server().build().unwrap());
    for frames in [0, 3] {
        let inner = FnService(
            |req: http::Request<gusset_http::CountingBody<ScriptedBody>>| {
                let mut body = std::pin::pin!(req.into_body());
                for _ in 0..frames {
                    let waker = std::task::Waker::noop();
                    let _ = body
                        .as_mut()
                        .poll_frame(&mut std::task::Context::from_waker(waker));
                }
                hello()
            },
        );
        let mut service = RequestBodySizeLayer::new().layer(observe.layer(inner));
        let body = ScriptedBody::new().data("hello").data(" world");
        let Ok(res) = ready(service.call(get("/a").map(|()| body)));
        read_to_end(res.into_body());
    }
    let snapshot = recorder.snapshot();
    assert_eq!(
        snapshot.one("http.server.request.body.size").values,
        [0.0, 11.0]
    );
    let unread = snapshot.one("gusset.http.server.unread_requests");
    assert_eq!(unread.values, [1.0]);
    assert!(
        unread.has("gusset.request.read=partial") && unread.has("http.route=/a"),
        "{unread:?}"
    );
}

#[test]
fn uncounted_body_is_not_recorded() {
    let recorder = TestRecorder::new();
    exchange(
        &layer(recorder.server().build().unwrap()),
        get("/a"),
        hello(),
    );
    let snapshot = recorder.snapshot();
    assert_eq!(snapshot.all("http.server.request.body.size"), []);
    assert_eq!(snapshot.all("gusset.http.server.unread_requests"), []);
}
