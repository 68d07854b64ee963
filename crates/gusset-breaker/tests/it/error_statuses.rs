//! The statuses that are failures, by a list.

use gusset_breaker::CircuitBreaker;
use gusset_core::ErrorStatuses;
use gusset_testkit::ScriptedBody;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::discarded::poll_once;
use crate::support::{now, request, response, serve};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[test]
fn listed_statuses_are_failures() {
    // Status, whether the body is read, and whether it is a failure.
    for (status, is_read, is_failure) in [
        (429, true, true),
        (429, false, true),
        (503, true, false),
        (503, false, false),
        (404, true, false),
        (500, true, true),
    ] {
        let statuses = ErrorStatuses::parse("429,500").unwrap();
        let breaker = CircuitBreaker::builder("stock").error_statuses(statuses);
        let breaker = breaker.build().unwrap();
        let respond = serve(move || {
            let body = ScriptedBody::new().data("x");
            Ok::<_, BoxError>(response(status, &[], body))
        });
        let mut service = breaker.http_client().layer(respond);
        let mut body = now(service.call(request())).unwrap().into_body();
        if is_read {
            poll_once(&mut body);
            poll_once(&mut body);
        }
        drop(body);
        let counts = breaker.counts();
        let expected = (1, u64::from(is_failure));
        let counts = (counts.calls, counts.failures);
        assert_eq!(counts, expected, "{status}, read: {is_read}");
    }
}
