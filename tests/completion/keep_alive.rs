//! Many calls on one connection.

use gusset_testkit::RecordingObserver;
use gusset_tests::bodies::{AnyBody, BoxError};
use gusset_tests::cases::{Case, Disconnect, RequestCase, ResponseCase, Transport};
use gusset_tests::clients::http1::Connection;
use gusset_tests::clients::run;
use gusset_tests::responses::response;
use gusset_tests::stack::{serve, wait_for_calls};
use gusset_tests::wire;
use http::{Method, Request, Response};

use crate::expected;

/// Responses after which the connection can be reused.
const RESPONSES: [ResponseCase; 7] = [
    ResponseCase::Full,
    ResponseCase::LengthStream,
    ResponseCase::Empty,
    ResponseCase::ChunkedStream,
    ResponseCase::NoContent,
    ResponseCase::Trailers,
    ResponseCase::NotModified,
];

async fn respond(req: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    let at: usize = req.uri().path().trim_start_matches('/').parse()?;
    let request = if req.method() == Method::HEAD {
        RequestCase::Head
    } else {
        RequestCase::Get
    };
    Ok(response(case(request, RESPONSES[at], Transport::Http1)))
}

#[test]
fn kept_alive_connection_records_each_call() {
    for transport in [Transport::Http1, Transport::AxumHttp1] {
        let calls: Vec<_> = [RequestCase::Get, RequestCase::Head, RequestCase::Options]
            .into_iter()
            .flat_map(|request| {
                RESPONSES
                    .iter()
                    .enumerate()
                    .map(move |(at, response)| (request, at, *response))
            })
            .collect();
        let mut requests = String::new();
        for (request, at, _) in &calls {
            let method = request.method();
            requests +=
                &format!("{method} /{at} HTTP/1.1\r\nhost: localhost\r\nte: trailers\r\n\r\n");
        }
        // The last request closes the connection, so that the client receives everything.
        requests.truncate(requests.len() - 2);
        requests += "connection: close\r\n\r\n";

        let exchange = |recorder: Option<&RecordingObserver>| {
            let server = serve(transport, respond, recorder);
            run(async {
                let wire = Connection::round_trip(server.addr(), &requests).await;
                if let Some(recorder) = recorder {
                    wait_for_calls(recorder, calls.len()).await;
                }
                wire::http1(&wire)
            })
        };
        let recorder = RecordingObserver::new();
        assert_eq!(exchange(Some(&recorder)), exchange(None));
        let recorded = recorder.calls();
        assert_eq!((recorded.len(), recorder.in_flight()), (21, 0));
        for ((request, _, response), call) in calls.into_iter().zip(recorded) {
            let case = case(request, response, transport);
            assert_eq!(expected::actual(&call), expected::expected(case), "{case}");
        }
    }
}

fn case(request: RequestCase, response: ResponseCase, transport: Transport) -> Case {
    Case {
        request,
        response,
        disconnect: Disconnect::Never,
        transport,
    }
}
