//! `Expect: 100-continue` is one call.

use bytes::Bytes;
use gusset_core::Outcome;
use gusset_testkit::RecordingObserver;
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::http1::Connection;
use gusset_tests::clients::run;
use gusset_tests::stack::{only_call, serve, wait_for_calls};
use gusset_tests::wire;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};

const TRANSPORTS: [Transport; 2] = [Transport::Http1, Transport::AxumHttp1];
const HEADERS: &str = "POST / HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n\
                    content-length: 7\r\nconnection: close\r\n\r\n";
const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

/// Reads the request and returns its body, or 400 if it is aborted.
async fn echo_body(req: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    Ok(match req.into_body().collect().await {
        Ok(read) => Response::new(boxed(Full::new(read.to_bytes()))),
        Err(_) => respond(StatusCode::BAD_REQUEST, "aborted"),
    })
}

/// Rejects the request by its headers.
async fn reject_early(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    Ok(respond(StatusCode::PAYLOAD_TOO_LARGE, "too large"))
}

fn respond(status: StatusCode, text: &'static str) -> Response<AnyBody> {
    let mut res = Response::new(boxed(Full::new(Bytes::from(text))));
    *res.status_mut() = status;
    res
}

#[test]
fn continued_request_is_one_call() {
    for transport in TRANSPORTS {
        let exchange = |recorder: Option<&RecordingObserver>| {
            let server = serve(transport, echo_body, recorder);
            run(async {
                let mut connection = Connection::open(server.addr()).await;
                connection.send(HEADERS).await;
                connection.receive_to(CONTINUE).await;
                if let Some(recorder) = recorder {
                    assert_eq!((recorder.calls().len(), recorder.in_flight()), (0, 1));
                }
                connection.send("payload").await;
                wire::http1(connection.receive_all().await)
            })
        };
        let recorder = RecordingObserver::new();
        assert_eq!(exchange(Some(&recorder)), exchange(None));
        let call = only_call(&recorder);
        assert_eq!((call.end, call.outcome), ("Complete", Outcome::Success));
        assert_eq!(
            (call.status, call.bytes, call.responses),
            (Some("200"), 7, 1)
        );
    }
}

#[test]
fn declined_expectation_sends_no_100() {
    for transport in TRANSPORTS {
        let exchange = |recorder: Option<&RecordingObserver>| {
            let server = serve(transport, reject_early, recorder);
            run(async { wire::http1(&Connection::round_trip(server.addr(), HEADERS).await) })
        };
        let recorder = RecordingObserver::new();
        let wire = exchange(Some(&recorder));
        assert!(!wire.contains("100 Continue"), "{wire}");
        assert_eq!(wire, exchange(None));
        let call = only_call(&recorder);
        assert_eq!((call.end, call.outcome), ("Complete", Outcome::ClientError));
        assert_eq!((call.status, call.error), (Some("413"), None));
    }
}

#[test]
fn aborted_upload_ends_as_the_service_responds() {
    for transport in TRANSPORTS {
        let recorder = RecordingObserver::new();
        let server = serve(transport, echo_body, Some(&recorder));
        run(async {
            let mut connection = Connection::open(server.addr()).await;
            connection.send(HEADERS).await;
            connection.receive_to(CONTINUE).await;
            connection.send("pay").await;
            drop(connection);
            // The service receives an error of the request body, and responds.
            wait_for_calls(&recorder, 1).await;
        });
        drop(server);
        let call = only_call(&recorder);
        assert_eq!((call.end, call.outcome), ("Complete", Outcome::ClientError));
        assert_eq!(call.status, Some("400"));
    }
}
