//! Time-outs round a client: inside of the layer they are failures, outside of it the call is left.

use std::io;
use std::time::Duration;

use gusset_core::{Outcome, Stage};
use gusset_tests::answers::BoxError;
use gusset_tests::cases::Over;
use gusset_tests::clients::run;
use gusset_tests::numbers::Side;
use http::Method;
use tower::ServiceExt;
use tower::timeout::Timeout;
use tower::timeout::error::Elapsed;
use tower_layer::Layer;

use crate::worlds::{answering, plain, request, send};

const SHORT: Duration = Duration::from_millis(10);

#[test]
fn a_timeout_of_tower_s_inside_is_a_failure_without_a_name() {
    run(async {
        let side = Side::new();
        let (server, _entered) = answering(Over::Http1);
        let client = side
            .http_client()
            .layer(Timeout::new(plain(Over::Http1), SHORT));
        let res = send(&client, request(Method::GET, server.addr(), "/never")).await;
        assert!(res.expect_err("it never answers").is::<Elapsed>());
        let fact = side.told_one().await;
        assert_eq!((fact.end, fact.stage), ("Failed", Some(Stage::Headers)));
        // `Elapsed` has no cause, and its type is tower's, which gusset does not depend on.
        assert_eq!(
            (fact.outcome, fact.error),
            (Outcome::ServerError, Some("_OTHER"))
        );
    });
}

#[test]
fn a_timeout_that_is_made_an_io_error_is_called_by_its_name() {
    run(async {
        let side = Side::new();
        let (server, _entered) = answering(Over::Http1);
        let client = Timeout::new(plain(Over::Http1), SHORT).map_err(|error: BoxError| match error
            .downcast::<Elapsed>(
        ) {
            Ok(elapsed) => io::Error::new(io::ErrorKind::TimedOut, elapsed).into(),
            Err(error) => error,
        });
        let client = side.http_client().layer(client);
        let res = send(&client, request(Method::GET, server.addr(), "/never")).await;
        res.expect_err("it never answers");
        let fact = side.told_one().await;
        assert_eq!((fact.end, fact.error), ("Failed", Some("timeout")));
    });
}

#[test]
fn a_timeout_outside_leaves_the_call() {
    run(async {
        let side = Side::new();
        let (server, _entered) = answering(Over::Http1);
        let client = Timeout::new(side.http_client().layer(plain(Over::Http1)), SHORT);
        let res = send(&client, request(Method::GET, server.addr(), "/never")).await;
        res.expect_err("it never answers");
        let fact = side.told_one().await;
        assert_eq!((fact.end, fact.stage), ("Cancelled", Some(Stage::Headers)));
        assert_eq!((fact.outcome, fact.error), (Outcome::Cancelled, None));
    });
}
