//! HTTP/1.0, where a stream ends with its connection.

use gusset_testkit::RecordingObserver;
use gusset_tests::answers::{AnyBody, BoxError, response};
use gusset_tests::cases::{Answer, Asks, Case, Over, Stay};
use gusset_tests::clients::{http1, run};
use gusset_tests::stack::{only_fact, serve, told};
use gusset_tests::wire;
use http::{Request, Response};

use crate::expected;

#[test]
fn a_call_by_an_http10_client_has_the_same_end_and_the_bare_service_s_bytes() {
    for over in [Over::Http1, Over::AxumHttp1] {
        for asks in [Asks::Get, Asks::Head] {
            for answer in Answer::ALL {
                if !matches!(answer, Answer::HandlerPanic | Answer::ServiceError) {
                    check(Case {
                        asks,
                        answer,
                        stay: Stay::ReadsAll,
                        over,
                    });
                }
            }
        }
    }
}

fn check(case: Case) {
    let play = |witness: Option<&RecordingObserver>| {
        let handler = move |req: Request<AnyBody>| async move {
            drop(req);
            Ok::<Response<AnyBody>, BoxError>(response(case))
        };
        let server = serve(case.over, handler, witness);
        run(async {
            let request = format!("{} / HTTP/1.0\r\n\r\n", case.asks.method());
            let wire = http1::Connection::ask(server.addr(), request).await;
            if let Some(witness) = witness {
                told(witness, 1).await;
            }
            wire::http1(&wire)
        })
    };
    let witness = RecordingObserver::new();
    assert_eq!(play(Some(&witness)), play(None), "{case}");
    assert_eq!(
        expected::told(&only_fact(&witness)),
        expected::expected(case),
        "{case}"
    );
}
