//! A timeout inside the layer fails the call, and one outside cancels it.

use std::io;
use std::time::Duration;

use gusset_core::{Outcome, Stage};
use gusset_tests::bodies::BoxError;
use gusset_tests::cases::Transport;
use gusset_tests::clients::run;
use gusset_tests::side::Side;
use http::Method;
use tower::ServiceExt;
use tower::timeout::Timeout;
use tower::timeout::error::Elapsed;
use tower_layer::Layer;

use crate::setup::{plain_client, request, send, serve_paths};

const SHORT: Duration = Duration::from_millis(10);

#[test]
fn inner_tower_timeout_is_named() {
    run(async {
        let side = Side::new();
        let (server, _entered) = serve_paths(Transport::Http1);
        let client = side
            .http_client()
            .layer(Timeout::new(plain_client(Transport::Http1), SHORT));
        let res = send(&client, request(Method::GET, server.addr(), "/never")).await;
        assert!(
            res.expect_err("the service does not respond")
                .is::<Elapsed>()
        );
        let call = side.wait_for_call().await;
        assert_eq!((call.end, call.stage), ("Failed", Some(Stage::Headers)));
        assert_eq!(
            (call.outcome, call.error),
            (Outcome::ServerError, Some("timeout"))
        );
    });
}

#[test]
fn inner_io_timeout_is_named() {
    run(async {
        let side = Side::new();
        let (server, _entered) = serve_paths(Transport::Http1);
        let client =
            Timeout::new(plain_client(Transport::Http1), SHORT).map_err(|error: BoxError| {
                match error.downcast::<Elapsed>() {
                    Ok(elapsed) => io::Error::new(io::ErrorKind::TimedOut, elapsed).into(),
                    Err(error) => error,
                }
            });
        let client = side.http_client().layer(client);
        let res = send(&client, request(Method::GET, server.addr(), "/never")).await;
        res.expect_err("the service does not respond");
        let call = side.wait_for_call().await;
        assert_eq!((call.end, call.error), ("Failed", Some("timeout")));
    });
}

#[test]
fn outer_timeout_cancels_the_call() {
    run(async {
        let side = Side::new();
        let (server, _entered) = serve_paths(Transport::Http1);
        let client = Timeout::new(
            side.http_client().layer(plain_client(Transport::Http1)),
            SHORT,
        );
        let res = send(&client, request(Method::GET, server.addr(), "/never")).await;
        res.expect_err("the service does not respond");
        let call = side.wait_for_call().await;
        assert_eq!((call.end, call.stage), ("Cancelled", Some(Stage::Headers)));
        assert_eq!((call.outcome, call.error), (Outcome::Cancelled, None));
    });
}
