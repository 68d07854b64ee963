//! What the end of an HTTP call is called, by the server's rules and by the client's.

use gusset_core::{Clock, Outcome, Refused};
use gusset_http::{HttpClient, HttpServer, Rules};
use gusset_testkit::{Fact, ScriptedBody};
use http::{Method, Response};

use crate::support::{drain, observe_as, only, panics, request, status};

use Outcome::{Abandoned, CallerFault, ServiceFault, Success};

fn judge<R: Rules>(response: Response<ScriptedBody>) -> Fact {
    let (mut response, witness) =
        observe_as::<R, _>(request(Method::GET), response, Clock::system());
    panics(|| drain(response.body_mut()));
    drop(response);
    only(&witness)
}

/// Outcome and `error.type`, with the status that every end has.
fn verdict<R: Rules>(code: u16, body: ScriptedBody) -> (Outcome, Option<&'static str>) {
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
        (400, CallerFault, false, true),
        (404, CallerFault, false, true),
        (429, CallerFault, false, true),
        (499, CallerFault, false, true),
        (500, ServiceFault, true, true),
        (503, ServiceFault, true, true),
        (599, ServiceFault, true, true),
        // Of no class that there is.
        (600, Success, false, false),
        (999, Success, false, false),
    ];
    for (code, outcome, server_errs, client_errs) in table {
        let digits = code.to_string();
        let error = |errs: bool| errs.then_some(digits.as_str());
        for body in [|| ScriptedBody::new(), || ScriptedBody::new().data("abc")] {
            let server = verdict::<HttpServer>(code, body());
            assert_eq!(server, (outcome, error(server_errs)), "server, {code}");
            let client = verdict::<HttpClient>(code, body());
            assert_eq!(client, (outcome, error(client_errs)), "client, {code}");
        }
    }
}

#[test]
fn an_end_that_speaks_for_itself_is_called_the_same_whatever_the_status() {
    for code in [200, 404, 500] {
        let gone = || ScriptedBody::new().data("abc").stall();
        assert_eq!(verdict::<HttpServer>(code, gone()), (Abandoned, None));
        assert_eq!(verdict::<HttpClient>(code, gone()), (Abandoned, None));
        let fails = || ScriptedBody::new().data("abc").error();
        assert_eq!(
            verdict::<HttpServer>(code, fails()),
            (ServiceFault, Some("_OTHER"))
        );
        assert_eq!(
            verdict::<HttpClient>(code, fails()),
            (ServiceFault, Some("_OTHER"))
        );
        let panics = || ScriptedBody::new().data("abc").panic();
        assert_eq!(
            verdict::<HttpServer>(code, panics()),
            (ServiceFault, Some("panic"))
        );
        assert_eq!(
            verdict::<HttpClient>(code, panics()),
            (ServiceFault, Some("panic"))
        );
    }
}

#[test]
fn what_bears_the_mark_of_a_guard_is_refused_whatever_its_status() {
    for code in [200, 429, 503] {
        let marked = || {
            let mut response = status(code, ScriptedBody::new().data("later"));
            response.extensions_mut().insert(Refused::new("breaker"));
            response
        };
        let digits = code.to_string();
        let refused = (Outcome::Refused, Some(digits.as_str()));
        let (server, client) = (judge::<HttpServer>(marked()), judge::<HttpClient>(marked()));
        assert_eq!((server.outcome, server.error), refused);
        assert_eq!((client.outcome, client.error), refused);
    }
}

#[test]
fn a_call_without_an_answer_has_no_status() {
    use gusset_core::{End, Stage, Track};
    use gusset_http::{Http, RequestHead};
    use gusset_testkit::Witness;

    let witness = Witness::new();
    let request = request(Method::GET);
    let mut track = Track::<Http, _>::start(&witness, RequestHead::from(&request), Clock::system());
    track.end(End::Cancelled(Stage::Head));
    let fact = only(&witness);
    assert_eq!(
        (fact.status, fact.error, fact.outcome),
        (None, None, Abandoned)
    );
}
