//! HTTP/1.0, where a stream ends with its connection.

use gusset_testkit::RecordingObserver;
use gusset_tests::bodies::{AnyBody, BoxError};
use gusset_tests::cases::{Case, Disconnect, RequestCase, ResponseCase, Transport};
use gusset_tests::clients::{http1, run};
use gusset_tests::responses::response;
use gusset_tests::stack::{only_call, serve, wait_for_calls};
use gusset_tests::wire;
use http::{Request, Response};

use crate::expected;

#[test]
fn http10_call_has_same_end_and_bytes() {
    for transport in [Transport::Http1, Transport::AxumHttp1] {
        for request in [RequestCase::Get, RequestCase::Head] {
            for response in ResponseCase::ALL {
                if !matches!(
                    response,
                    ResponseCase::HandlerPanic | ResponseCase::ServiceError
                ) {
                    check(Case {
                        request,
                        response,
                        disconnect: Disconnect::Never,
                        transport,
                    });
                }
            }
        }
    }
}

fn check(case: Case) {
    let exchange = |recorder: Option<&RecordingObserver>| {
        let handler = move |req: Request<AnyBody>| async move {
            drop(req);
            Ok::<Response<AnyBody>, BoxError>(response(case))
        };
        let server = serve(case.transport, handler, recorder);
        run(async {
            let request = format!("{} / HTTP/1.0\r\n\r\n", case.request.method());
            let wire = http1::Connection::round_trip(server.addr(), request).await;
            if let Some(recorder) = recorder {
                wait_for_calls(recorder, 1).await;
            }
            wire::http1(&wire)
        })
    };
    let recorder = RecordingObserver::new();
    assert_eq!(exchange(Some(&recorder)), exchange(None), "{case}");
    assert_eq!(
        expected::actual(&only_call(&recorder)),
        expected::expected(case),
        "{case}"
    );
}
