//! What the end of an HTTP call is called, by the server's rules and by the client's.

use gusset_core::{Clock, Outcome, Rejected};
use gusset_http::{HttpClassifier, HttpClientClassifier, HttpServerClassifier};
use gusset_testkit::{RecordedCall, ScriptedBody};
use http::{Method, Response};

use crate::support::{drain, observe_as, only, panics, request, status};

use Outcome::{Cancelled, ClientError, ServerError, Success};

fn judge<R: HttpClassifier>(response: Response<ScriptedBody>) -> RecordedCall {
    let (mut response, witness) =
        observe_as::<R, _>(request(Method::GET), response, Clock::system());
    panics(|| drain(response.body_mut()));
    drop(response);
    only(&witness)
}

/// Outcome and `error.type`, with the status that every end has.
fn verdict<R: HttpClassifier>(code: u16, body: ScriptedBody) -> (Outcome, Option<&'static str>) {
    let fact = judge::<R>(status(code, body));
    assert_eq!(fact.status, Some(code.to_string().as_str()));
    (fact.outcome, fact.error)
}

#[test]
fn what_was_delivered_is_called_by_its_status() {
    // Status, outcome, and whether it is an error of a server's span, of a client's.
    let table = [
        (100, Success, false, false),
        (200, Success, false, false),
        (299, Success, false, false),
        (304, Success, false, false),
        (399, Success, false, false),
        (400, ClientError, false, true),
        (404, ClientError, false, true),
        (429, ClientError, false, true),
        (499, ClientError, false, true),
        (500, ServerError, true, true),
        (503, ServerError, true, true),
        (599, ServerError, true, true),
        // Of no class that there is.
        (600, Success, false, false),
        (999, Success, false, false),
    ];
    for (code, outcome, server_errs, client_errs) in table {
        let digits = code.to_string();
        let error = |errs: bool| errs.then_some(digits.as_str());
        for body in [|| ScriptedBody::new(), || ScriptedBody::new().data("abc")] {
            let server = verdict::<HttpServerClassifier>(code, body());
            assert_eq!(server, (outcome, error(server_errs)), "server, {code}");
            let client = verdict::<HttpClientClassifier>(code, body());
            assert_eq!(client, (outcome, error(client_errs)), "client, {code}");
        }
    }
}

#[test]
fn an_end_that_speaks_for_itself_is_called_the_same_whatever_the_status() {
    for code in [200, 404, 500] {
        let gone = || ScriptedBody::new().data("abc").pend_forever();
        assert_eq!(
            verdict::<HttpServerClassifier>(code, gone()),
            (Cancelled, None)
        );
        assert_eq!(
            verdict::<HttpClientClassifier>(code, gone()),
            (Cancelled, None)
        );
        let fails = || ScriptedBody::new().data("abc").error();
        assert_eq!(
            verdict::<HttpServerClassifier>(code, fails()),
            (ServerError, Some("_OTHER"))
        );
        assert_eq!(
            verdict::<HttpClientClassifier>(code, fails()),
            (ServerError, Some("_OTHER"))
        );
        let panics = || ScriptedBody::new().data("abc").panic();
        assert_eq!(
            verdict::<HttpServerClassifier>(code, panics()),
            (ServerError, Some("panic"))
        );
        assert_eq!(
            verdict::<HttpClientClassifier>(code, panics()),
            (ServerError, Some("panic"))
        );
    }
}

#[test]
fn what_bears_the_mark_of_a_guard_is_refused_whatever_its_status() {
    for code in [200, 429, 503] {
        let marked = || {
            let mut response = status(code, ScriptedBody::new().data("later"));
            response.extensions_mut().insert(Rejected::new("breaker"));
            response
        };
        let digits = code.to_string();
        let refused = (Outcome::Rejected, Some(digits.as_str()));
        let (server, client) = (
            judge::<HttpServerClassifier>(marked()),
            judge::<HttpClientClassifier>(marked()),
        );
        assert_eq!((server.outcome, server.error), refused);
        assert_eq!((client.outcome, client.error), refused);
    }
}

#[test]
fn a_call_without_an_answer_has_no_status() {
    use gusset_core::{CallTracker, End, Stage};
    use gusset_http::{Http, RequestHead};
    use gusset_testkit::RecordingObserver;

    let witness = RecordingObserver::new();
    let request = request(Method::GET);
    let mut track =
        CallTracker::<Http, _>::start(&witness, RequestHead::from(&request), Clock::system());
    track.end(End::Cancelled(Stage::Headers));
    let fact = only(&witness);
    assert_eq!(
        (fact.status, fact.error, fact.outcome),
        (None, None, Cancelled)
    );
}
