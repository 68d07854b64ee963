//! Many calls on one connection.

use gusset_testkit::RecordingObserver;
use gusset_tests::answers::{AnyBody, BoxError, response};
use gusset_tests::cases::{Answer, Asks, Case, Over, Stay};
use gusset_tests::clients::http1::Connection;
use gusset_tests::clients::run;
use gusset_tests::stack::{serve, told};
use gusset_tests::wire;
use http::{Method, Request, Response};

use crate::expected;

/// Those after which the connection can go on.
const ANSWERS: [Answer; 7] = [
    Answer::Full,
    Answer::LengthStream,
    Answer::Empty,
    Answer::ChunkedStream,
    Answer::NoContent,
    Answer::Trailers,
    Answer::NotModified,
];

async fn answers(req: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    let at: usize = req.uri().path().trim_start_matches('/').parse()?;
    let asks = if req.method() == Method::HEAD {
        Asks::Head
    } else {
        Asks::Get
    };
    Ok(response(case(asks, ANSWERS[at], Over::Http1)))
}

#[test]
fn every_call_on_a_connection_that_is_kept_alive_has_its_own_end() {
    for over in [Over::Http1, Over::AxumHttp1] {
        let calls: Vec<_> = [Asks::Get, Asks::Head, Asks::Options]
            .into_iter()
            .flat_map(|asks| {
                ANSWERS
                    .iter()
                    .enumerate()
                    .map(move |(at, answer)| (asks, at, *answer))
            })
            .collect();
        let mut requests = String::new();
        for (asks, at, _) in &calls {
            let method = asks.method();
            requests +=
                &format!("{method} /{at} HTTP/1.1\r\nhost: localhost\r\nte: trailers\r\n\r\n");
        }
        // The last one closes, so that all that came is all there is.
        requests.truncate(requests.len() - 2);
        requests += "connection: close\r\n\r\n";

        let play = |witness: Option<&RecordingObserver>| {
            let server = serve(over, answers, witness);
            run(async {
                let wire = Connection::ask(server.addr(), &requests).await;
                if let Some(witness) = witness {
                    told(witness, calls.len()).await;
                }
                wire::http1(&wire)
            })
        };
        let witness = RecordingObserver::new();
        assert_eq!(play(Some(&witness)), play(None));
        let facts = witness.calls();
        assert_eq!((facts.len(), witness.in_flight()), (21, 0));
        for ((asks, _, answer), fact) in calls.into_iter().zip(facts) {
            let case = case(asks, answer, over);
            assert_eq!(expected::told(&fact), expected::expected(case), "{case}");
        }
    }
}

fn case(asks: Asks, answer: Answer, over: Over) -> Case {
    Case {
        asks,
        answer,
        stay: Stay::ReadsAll,
        over,
    }
}
