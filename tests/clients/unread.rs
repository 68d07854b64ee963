//! An error status stays an error when the body is not read.

use gusset_core::Outcome;
use gusset_testkit::RecordedCall;
use gusset_tests::clients::run;
use gusset_tests::side::Side;
use http::Method;
use tower::ServiceExt;
use tower::retry::{Policy, Retry};
use tower_layer::Layer;

use crate::setup::{TRANSPORTS, get, observed_client, plain_client, request, send, serve_paths};

fn report(call: &RecordedCall) -> (Outcome, Option<&str>, Option<&str>) {
    (call.outcome, call.status, call.error)
}

#[test]
fn error_status_stays_an_error() {
    for transport in TRANSPORTS {
        run(async {
            for (path, outcome, status) in [
                ("/broken", Outcome::ServerError, "500"),
                ("/nothing", Outcome::ClientError, "404"),
            ] {
                let side = Side::new();
                let (server, _entered) = serve_paths(transport);
                drop(get(&observed_client(&side, transport), &server, path).await);
                let call = side.wait_for_call().await;
                assert_eq!(report(&call), (outcome, Some(status), Some(status)));
            }
        });
    }
}

#[test]
fn mapped_response_keeps_its_error_status() {
    for transport in TRANSPORTS {
        run(async {
            let side = Side::new();
            let (server, _entered) = serve_paths(transport);
            let client = observed_client(&side, transport);
            let client = client.map_response(|response| response.map(|_| String::new()));
            let sent = send(&client, request(Method::GET, server.addr(), "/broken")).await;
            assert_eq!(sent.expect("a response").body(), "");
            let expected = (Outcome::ServerError, Some("500"), Some("500"));
            assert_eq!(report(&side.wait_for_call().await), expected);
        });
    }
}

/// Retries every response once.
#[derive(Clone)]
struct Once(bool);

impl<Res, E> Policy<http::Request<gusset_tests::bodies::AnyBody>, Res, E> for Once {
    type Future = std::future::Ready<()>;

    fn retry(
        &mut self,
        _: &mut http::Request<gusset_tests::bodies::AnyBody>,
        _: &mut Result<Res, E>,
    ) -> Option<Self::Future> {
        std::mem::take(&mut self.0).then(|| std::future::ready(()))
    }

    fn clone_request(
        &mut self,
        req: &http::Request<gusset_tests::bodies::AnyBody>,
    ) -> Option<http::Request<gusset_tests::bodies::AnyBody>> {
        let copy = http::Request::builder().uri(req.uri().clone());
        let empty = gusset_tests::bodies::boxed(http_body_util::Empty::new());
        Some(copy.body(empty).expect("a request"))
    }
}

#[test]
fn attempt_that_a_retry_layer_drops_stays_an_error() {
    for transport in TRANSPORTS {
        run(async {
            let side = Side::new();
            let (server, _entered) = serve_paths(transport);
            let client = side.http_client().layer(plain_client(transport));
            let client = Retry::new(Once(true), client);
            let sent = send(&client, request(Method::GET, server.addr(), "/broken")).await;
            drop(sent.expect("a response"));
            let expected = (Outcome::ServerError, Some("500"), Some("500"));
            for call in side.wait_for_calls(2).await {
                assert_eq!(report(&call), expected);
            }
        });
    }
}
