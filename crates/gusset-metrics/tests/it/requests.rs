//! What is read of a request's body, where that is counted.

use gusset_http::RequestBodySizeLayer;
use gusset_testkit::ScriptedBody;
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::*;

#[test]
fn a_request_whose_body_is_counted_shows_its_size_and_whether_it_was_read() {
    let book = Book::new();
    let observe = layer(book.server().build().unwrap());
    for frames in [0, 3] {
        let answer = Answer(
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
        let mut service = RequestBodySizeLayer::new().layer(observe.layer(answer));
        let body = ScriptedBody::new().data("hello").data(" world");
        let Ok(res) = now(service.call(get("/a").map(|()| body)));
        drain(res.into_body());
    }
    let rows = book.rows();
    assert_eq!(
        rows.one("http.server.request.body.size").values,
        [0.0, 11.0]
    );
    let unread = rows.one("gusset.http.server.unread_requests");
    assert_eq!(unread.values, [1.0]);
    assert!(
        unread.has("gusset.request.read=partial") && unread.has("http.route=/a"),
        "{unread:?}"
    );
}

#[test]
fn a_request_whose_body_is_not_counted_shows_neither() {
    let book = Book::new();
    exchange(&layer(book.server().build().unwrap()), get("/a"), hello());
    let rows = book.rows();
    assert_eq!(rows.of("http.server.request.body.size"), []);
    assert_eq!(rows.of("gusset.http.server.unread_requests"), []);
}
