//! Bodies whose declared length is paid, and which do not say their end.

use gusset_core::Outcome;
use gusset_testkit::{RecordingObserver, ScriptedBody};
use gusset_tests::answers::{AnyBody, BoxError, FIRST, boxed};
use gusset_tests::cases::Over;
use gusset_tests::clients::{http1, http2, run, soon};
use gusset_tests::stack::{only_fact, serve, told};
use http::{Request, Response, header};
use http_body::SizeHint;

/// Declares what it gives in a header and then says nothing more.
async fn by_header(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    let mut res = Response::new(boxed(ScriptedBody::new().data(FIRST).pend_forever()));
    res.headers_mut()
        .insert(header::CONTENT_LENGTH, FIRST.len().into());
    Ok(res)
}

/// Declares what it gives by its size hint, and then says nothing more.
async fn by_hint(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    let hint = SizeHint::with_exact(FIRST.len() as u64);
    Ok(Response::new(boxed(
        ScriptedBody::new()
            .data(FIRST)
            .pend_forever()
            .size_hint(hint),
    )))
}

#[test]
fn a_stream_whose_length_is_paid_is_complete_though_it_never_says_its_end() {
    for over in [Over::Http1, Over::AxumHttp1, Over::Http2, Over::AxumHttp2] {
        for declared in [false, true] {
            let witness = RecordingObserver::new();
            let server = if declared {
                serve(over, by_header, Some(&witness))
            } else {
                serve(over, by_hint, Some(&witness))
            };
            run(async {
                if over.is_http2() {
                    let connection = http2::Connection::open(server.addr()).await;
                    let req = Request::get("http://localhost/")
                        .body(())
                        .expect("a request");
                    let response = soon(connection.send(req, true).await.0).await;
                    let mut body = response.expect("a head").into_body();
                    assert_eq!(
                        soon(body.data()).await.expect("data").expect("no error"),
                        FIRST
                    );
                    // The client has what it was promised, and does not wait for the stream's end.
                    drop(body);
                    told(&witness, 1).await;
                } else {
                    // The client stays: the server needs no more of the body.
                    let mut connection = http1::Connection::open(server.addr()).await;
                    connection
                        .send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
                        .await;
                    connection.receive_to(FIRST).await;
                    told(&witness, 1).await;
                }
            });
            drop(server);
            let fact = only_fact(&witness);
            assert_eq!(
                (fact.end, fact.outcome),
                ("Complete", Outcome::Success),
                "{over:?}"
            );
            assert_eq!((fact.bytes, fact.error), (FIRST.len() as u64, None));
        }
    }
}
