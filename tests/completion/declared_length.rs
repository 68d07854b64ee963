//! Bodies that reach their declared length, and do not end.

use gusset_core::Outcome;
use gusset_testkit::{RecordingObserver, ScriptedBody};
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::{http1, http2, run, with_timeout};
use gusset_tests::responses::FIRST_CHUNK;
use gusset_tests::stack::{only_call, serve, wait_for_calls};
use http::{Request, Response, header};
use http_body::SizeHint;

/// Declares the length in a header, and stalls after it.
async fn by_header(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    let mut res = Response::new(boxed(ScriptedBody::new().data(FIRST_CHUNK).pend_forever()));
    res.headers_mut()
        .insert(header::CONTENT_LENGTH, FIRST_CHUNK.len().into());
    Ok(res)
}

/// Declares the length in the size hint, and stalls after it.
async fn by_hint(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    let hint = SizeHint::with_exact(FIRST_CHUNK.len() as u64);
    Ok(Response::new(boxed(
        ScriptedBody::new()
            .data(FIRST_CHUNK)
            .pend_forever()
            .size_hint(hint),
    )))
}

#[test]
fn stream_of_declared_length_is_complete() {
    for transport in [
        Transport::Http1,
        Transport::AxumHttp1,
        Transport::Http2,
        Transport::AxumHttp2,
    ] {
        for declared in [false, true] {
            let recorder = RecordingObserver::new();
            let server = if declared {
                serve(transport, by_header, Some(&recorder))
            } else {
                serve(transport, by_hint, Some(&recorder))
            };
            run(async {
                if transport.is_http2() {
                    let connection = http2::Connection::open(server.addr()).await;
                    let req = Request::get("http://localhost/")
                        .body(())
                        .expect("a request");
                    let response = with_timeout(connection.send(req, true).await.0).await;
                    let mut body = response.expect("response headers").into_body();
                    assert_eq!(
                        with_timeout(body.data())
                            .await
                            .expect("data")
                            .expect("no error"),
                        FIRST_CHUNK
                    );
                    // The client has received the declared length, and does not wait for the end of
                    // the stream.
                    drop(body);
                    wait_for_calls(&recorder, 1).await;
                } else {
                    // The client stays connected. The server needs no more of the body.
                    let mut connection = http1::Connection::open(server.addr()).await;
                    connection
                        .send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
                        .await;
                    connection.receive_to(FIRST_CHUNK).await;
                    wait_for_calls(&recorder, 1).await;
                }
            });
            drop(server);
            let call = only_call(&recorder);
            assert_eq!(
                (call.end, call.outcome),
                ("Complete", Outcome::Success),
                "{transport:?}"
            );
            assert_eq!((call.bytes, call.error), (FIRST_CHUNK.len() as u64, None));
        }
    }
}
