//! Statuses that are errors by a list.

use gusset_core::{ErrorStatuses, ObserveLayer, Outcome};
use gusset_http::{Http, HttpClassifier, HttpClientClassifier, HttpServerClassifier};
use gusset_testkit::{RecordedCall, RecordingObserver, ScriptedBody};
use http::Method;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::support::{Answers, drain, now, only, request, status};

use Outcome::{Cancelled, ClientError, ServerError, Success};

fn call<R: HttpClassifier>(list: &str, code: u16, is_read: bool) -> RecordedCall {
    let recorder = RecordingObserver::new();
    let statuses = ErrorStatuses::parse(list).unwrap();
    let layer = ObserveLayer::<Http<R>, _>::new(recorder.clone()).with_error_statuses(statuses);
    let mut service = layer.layer(Answers::with(status(
        code,
        ScriptedBody::new().data("a text"),
    )));
    let Ok(mut response) = now(service.call(request(Method::GET)));
    if is_read {
        drain(response.body_mut());
    }
    drop(response);
    only(&recorder)
}

#[test]
fn only_listed_statuses_are_errors() {
    for (code, outcome, error) in [
        (200, Success, None),
        (404, ClientError, None),
        (408, ClientError, None),
        (429, ServerError, Some("429")),
        (500, ServerError, Some("500")),
        (501, Success, None),
        (503, ServerError, Some("503")),
    ] {
        let list = "500,502-599,429";
        for call in [
            call::<HttpServerClassifier>(list, code, true),
            call::<HttpClientClassifier>(list, code, true),
        ] {
            assert_eq!((call.outcome, call.error), (outcome, error), "{code}");
            assert_eq!(call.status, Some(code.to_string().as_str()));
        }
    }
}

#[test]
fn listed_statuses_decide_without_the_body() {
    let server = |code| call::<HttpServerClassifier>("429", code, false).outcome;
    let client = |code| call::<HttpClientClassifier>("429", code, false).outcome;
    assert_eq!((server(429), client(429)), (ServerError, ServerError));
    assert_eq!((server(503), client(503)), (Cancelled, Success));
    assert_eq!((server(404), client(404)), (ClientError, ClientError));
}

#[test]
fn success_may_be_listed_as_an_error() {
    let call = call::<HttpClientClassifier>("204,200", 200, true);
    assert_eq!((call.outcome, call.error), (ServerError, Some("200")));
}
