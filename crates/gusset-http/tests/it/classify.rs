//! Classification of HTTP calls, by servers and by clients.

use gusset_core::{Clock, Outcome, Rejected};
use gusset_http::{HttpClassifier, HttpClientClassifier, HttpServerClassifier};
use gusset_testkit::{RecordedCall, ScriptedBody};
use http::{Method, Response};

use crate::support::{drain, observe_as, only, panics, request, status};

use Outcome::{Cancelled, ClientError, ServerError, Success};

fn call<R: HttpClassifier>(response: Response<ScriptedBody>) -> RecordedCall {
    let (mut response, recorder) =
        observe_as::<R, _>(request(Method::GET), response, Clock::system());
    panics(|| drain(response.body_mut()));
    drop(response);
    only(&recorder)
}

/// Returns the outcome and `error.type`.
fn classify<R: HttpClassifier>(code: u16, body: ScriptedBody) -> (Outcome, Option<&'static str>) {
    let call = call::<R>(status(code, body));
    assert_eq!(call.status, Some(code.to_string().as_str()));
    (call.outcome, call.error)
}

#[test]
fn complete_response_is_classified_by_its_status() {
    // Status, outcome, and whether a server and a client set `error.type`.
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
        // Status codes without a class.
        (600, Success, false, false),
        (999, Success, false, false),
    ];
    for (code, outcome, is_server_error, is_client_error) in table {
        let digits = code.to_string();
        let error = |is_error: bool| is_error.then_some(digits.as_str());
        for body in [|| ScriptedBody::new(), || ScriptedBody::new().data("abc")] {
            let server = classify::<HttpServerClassifier>(code, body());
            assert_eq!(server, (outcome, error(is_server_error)), "server, {code}");
            let client = classify::<HttpClientClassifier>(code, body());
            assert_eq!(client, (outcome, error(is_client_error)), "client, {code}");
        }
    }
}

/// Returns a body that its reader leaves after the first bytes.
fn unread() -> ScriptedBody {
    ScriptedBody::new().data("abc").pend_forever()
}

#[test]
fn error_status_stays_an_error_when_the_body_is_not_read() {
    for code in [500, 503, 599] {
        let digits = code.to_string();
        let expected = (ServerError, Some(digits.as_str()));
        assert_eq!(classify::<HttpServerClassifier>(code, unread()), expected);
        assert_eq!(classify::<HttpClientClassifier>(code, unread()), expected);
    }
    for code in [400, 404, 429] {
        let digits = code.to_string();
        let server = classify::<HttpServerClassifier>(code, unread());
        assert_eq!(server, (ClientError, None));
        let client = classify::<HttpClientClassifier>(code, unread());
        assert_eq!(client, (ClientError, Some(digits.as_str())));
    }
}

#[test]
fn success_that_a_client_does_not_read_is_a_success() {
    for code in [200, 206, 302] {
        let client = classify::<HttpClientClassifier>(code, unread());
        assert_eq!(client, (Success, None));
        let server = classify::<HttpServerClassifier>(code, unread());
        assert_eq!(server, (Cancelled, None), "the client has left");
    }
}

#[test]
fn rejection_stays_a_rejection_when_the_body_is_not_read() {
    let marked = || {
        let mut response = status(503, unread());
        response.extensions_mut().insert(Rejected::new("breaker"));
        response
    };
    for call in [
        call::<HttpServerClassifier>(marked()),
        call::<HttpClientClassifier>(marked()),
    ] {
        assert_eq!((call.outcome, call.error), (Outcome::Rejected, Some("503")));
    }
}

#[test]
fn broken_body_has_the_type_of_an_error_status() {
    let fails = || ScriptedBody::new().data("abc").error();
    let panics = || ScriptedBody::new().data("abc").panic();
    // Status, body, and the outcome and `error.type` of a server and of a client.
    let table: [(_, &dyn Fn() -> ScriptedBody, _, _); 6] = [
        (
            200,
            &fails,
            (ServerError, "_OTHER"),
            (ServerError, "_OTHER"),
        ),
        (404, &fails, (ServerError, "_OTHER"), (ClientError, "404")),
        (500, &fails, (ServerError, "500"), (ServerError, "500")),
        (200, &panics, (ServerError, "panic"), (ServerError, "panic")),
        (404, &panics, (ServerError, "panic"), (ClientError, "404")),
        (500, &panics, (ServerError, "500"), (ServerError, "500")),
    ];
    for (code, body, server, client) in table {
        let (outcome, error) = classify::<HttpServerClassifier>(code, body());
        assert_eq!(
            (outcome, error),
            (server.0, Some(server.1)),
            "server, {code}"
        );
        let (outcome, error) = classify::<HttpClientClassifier>(code, body());
        assert_eq!(
            (outcome, error),
            (client.0, Some(client.1)),
            "client, {code}"
        );
    }
}

#[test]
fn marked_response_is_rejected_regardless_of_its_status() {
    for code in [200, 429, 503] {
        let marked = || {
            let mut response = status(code, ScriptedBody::new().data("later"));
            response.extensions_mut().insert(Rejected::new("breaker"));
            response
        };
        let digits = code.to_string();
        let rejected = (Outcome::Rejected, Some(digits.as_str()));
        let (server, client) = (
            call::<HttpServerClassifier>(marked()),
            call::<HttpClientClassifier>(marked()),
        );
        assert_eq!((server.outcome, server.error), rejected);
        assert_eq!((client.outcome, client.error), rejected);
    }
}

#[test]
fn call_without_a_response_has_no_status() {
    use gusset_core::{CallTracker, End, Stage};
    use gusset_http::{Http, RequestHead};
    use gusset_testkit::RecordingObserver;

    let recorder = RecordingObserver::new();
    let request = request(Method::GET);
    let mut track =
        CallTracker::<Http, _>::start(&recorder, RequestHead::from(&request), Clock::system());
    track.end(End::Cancelled(Stage::Headers));
    let call = only(&recorder);
    assert_eq!(
        (call.status, call.error, call.outcome),
        (None, None, Cancelled)
    );
}

#[test]
fn status_408_is_an_error_of_the_own_server() {
    // A timeout layer inside of the observer.
    let server = classify::<HttpServerClassifier>(408, ScriptedBody::new());
    assert_eq!(server, (ServerError, Some("408")));
    // A remote server for which the client was too slow.
    let client = classify::<HttpClientClassifier>(408, ScriptedBody::new());
    assert_eq!(client, (ClientError, Some("408")));
}
