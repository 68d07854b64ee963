//! `Expect: 100-continue`: one call, however many heads the client sees.

use bytes::Bytes;
use gusset_core::Outcome;
use gusset_testkit::RecordingObserver;
use gusset_tests::answers::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Over;
use gusset_tests::clients::http1::Connection;
use gusset_tests::clients::run;
use gusset_tests::stack::{only_fact, serve, told};
use gusset_tests::wire;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};

const OVER: [Over; 2] = [Over::Http1, Over::AxumHttp1];
const HEAD: &str = "POST / HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n\
                    content-length: 7\r\nconnection: close\r\n\r\n";
const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

/// Reads the request, and answers with it; with 400 if it breaks off.
async fn reads(req: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    Ok(match req.into_body().collect().await {
        Ok(read) => Response::new(boxed(Full::new(read.to_bytes()))),
        Err(_) => answer(StatusCode::BAD_REQUEST, "broken off"),
    })
}

/// Knows from the head that it does not want the body.
async fn declines(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    Ok(answer(StatusCode::PAYLOAD_TOO_LARGE, "too large"))
}

fn answer(status: StatusCode, text: &'static str) -> Response<AnyBody> {
    let mut res = Response::new(boxed(Full::new(Bytes::from(text))));
    *res.status_mut() = status;
    res
}

#[test]
fn an_expectation_that_is_met_is_one_call_with_one_end() {
    for over in OVER {
        let play = |witness: Option<&RecordingObserver>| {
            let server = serve(over, reads, witness);
            run(async {
                let mut connection = Connection::open(server.addr()).await;
                connection.send(HEAD).await;
                connection.receive_to(CONTINUE).await;
                if let Some(witness) = witness {
                    assert_eq!((witness.calls().len(), witness.in_flight()), (0, 1));
                }
                connection.send("payload").await;
                wire::http1(connection.receive_all().await)
            })
        };
        let witness = RecordingObserver::new();
        assert_eq!(play(Some(&witness)), play(None));
        let fact = only_fact(&witness);
        assert_eq!((fact.end, fact.outcome), ("Complete", Outcome::Success));
        assert_eq!(
            (fact.status, fact.bytes, fact.responses),
            (Some("200"), 7, 1)
        );
    }
}

#[test]
fn an_expectation_that_is_declined_is_one_call_without_a_100() {
    for over in OVER {
        let play = |witness: Option<&RecordingObserver>| {
            let server = serve(over, declines, witness);
            run(async { wire::http1(&Connection::ask(server.addr(), HEAD).await) })
        };
        let witness = RecordingObserver::new();
        let wire = play(Some(&witness));
        assert!(!wire.contains("100 Continue"), "{wire}");
        assert_eq!(wire, play(None));
        let fact = only_fact(&witness);
        assert_eq!((fact.end, fact.outcome), ("Complete", Outcome::ClientError));
        assert_eq!((fact.status, fact.error), (Some("413"), None));
    }
}

#[test]
fn a_client_that_leaves_instead_of_sending_on_gets_the_end_that_the_service_gives() {
    for over in OVER {
        let witness = RecordingObserver::new();
        let server = serve(over, reads, Some(&witness));
        run(async {
            let mut connection = Connection::open(server.addr()).await;
            connection.send(HEAD).await;
            connection.receive_to(CONTINUE).await;
            connection.send("pay").await;
            drop(connection);
            // The service hears of it as an error of the request's body, and answers.
            told(&witness, 1).await;
        });
        drop(server);
        let fact = only_fact(&witness);
        assert_eq!((fact.end, fact.outcome), ("Complete", Outcome::ClientError));
        assert_eq!(fact.status, Some("400"));
    }
}
