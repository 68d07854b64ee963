//! What stands on a client's page.

use std::future::{Ready, ready};

use gusset_http::Route;
use gusset_testkit::RecordingObserver;
use gusset_tests::answers::{AnyBody, boxed};
use gusset_tests::cases::Over;
use gusset_tests::clients::run;
use gusset_tests::numbers::Side;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Empty};
use tower::retry::{Policy, Retry};
use tower_layer::Layer;

use crate::worlds::{OVER, answering, get, observed, plain, request, send};

const DURATION: &str = "http_client_request_duration_seconds_count";

#[test]
fn a_row_bears_the_method_the_server_the_status_and_the_version_that_was_spoken() {
    for (over, version) in OVER.into_iter().zip(["1.1", "2"]) {
        run(async {
            let side = Side::new();
            let (server, _entered) = answering(over);
            let client = observed(&side, over);
            for path in ["/a", "/b", "/nothing"] {
                // The request says nothing of the version: it is 1.1 by default.
                let req = request(Method::GET, server.addr(), path);
                let res = send(&client, req).await.expect("an answer");
                res.collect().await.expect("all of it");
            }
            side.told(3).await;
            let port = server.addr().port();
            assert_eq!(
                side.rows(DURATION),
                [
                    format!(
                        r#"{{error_type="404",http_request_method="GET",http_response_status_code="404",network_protocol_version="{version}",server_address="127.0.0.1",server_port="{port}"}} 1"#
                    ),
                    format!(
                        r#"{{http_request_method="GET",http_response_status_code="200",network_protocol_version="{version}",server_address="127.0.0.1",server_port="{port}"}} 2"#
                    ),
                ]
            );
            assert_eq!(
                side.rows("http_client_active_requests"),
                [format!(
                    r#"{{http_request_method="GET",server_address="127.0.0.1",server_port="{port}"}} 0"#
                )]
            );
            let sizes = side.rows("http_client_response_body_size_bytes_sum");
            assert!(
                sizes[0].ends_with(" 12") && sizes[1].ends_with(" 10"),
                "{sizes:?}"
            );
        });
    }
}

#[test]
fn a_template_that_the_caller_names_is_a_label_and_a_path_is_not() {
    run(async {
        let side = Side::new();
        let (server, _entered) = answering(Over::Http1);
        let mut req = request(Method::GET, server.addr(), "/items/1");
        req.extensions_mut().insert(Route::new("/items/{id}"));
        let res = send(&observed(&side, Over::Http1), req).await;
        res.expect("an answer").collect().await.expect("all of it");
        side.told_one().await;
        let rows = side.rows(DURATION);
        assert_eq!(rows.len(), 1);
        assert!(
            rows[0].contains(r#"url_template="/items/{id}""#),
            "{rows:?}"
        );
    });
}

#[test]
fn two_servers_are_told_apart() {
    run(async {
        let side = Side::new();
        let servers = [answering(Over::Http1), answering(Over::Http1)];
        let client = observed(&side, Over::Http1);
        for (server, _) in &servers {
            let res = get(&client, server, "/").await.expect("an answer");
            res.collect().await.expect("all of it");
        }
        side.told(2).await;
        let rows = side.rows(DURATION);
        assert_eq!(rows.len(), 2);
        for (server, _) in &servers {
            let port = format!(r#"server_port="{}""#, server.addr().port());
            assert!(
                rows.iter()
                    .any(|row| row.contains(&port) && row.ends_with(" 1")),
                "{rows:?}"
            );
        }
    });
}

#[test]
fn a_call_without_an_answer_has_no_status_and_no_version() {
    run(async {
        let side = Side::new();
        let (server, _entered) = answering(Over::Http1);
        let client = observed(&side, Over::Http1);
        drop(get(&client, &server, "/forever").await.expect("an answer"));
        let port = server.addr().port();
        drop(server);
        send(
            &client,
            request(Method::GET, ([127, 0, 0, 1], port).into(), "/"),
        )
        .await
        .expect_err("nobody is there");
        side.told(2).await;
        assert_eq!(
            side.rows(DURATION),
            [
                format!(
                    r#"{{error_type="connection_refused",http_request_method="GET",server_address="127.0.0.1",server_port="{port}"}} 1"#
                ),
                format!(
                    r#"{{http_request_method="GET",http_response_status_code="200",network_protocol_version="1.1",server_address="127.0.0.1",server_port="{port}"}} 1"#
                ),
            ]
        );
        assert_eq!(
            side.rows("gusset_http_client_outcomes_total"),
            [
                format!(
                    r#"{{gusset_outcome="cancelled",gusset_stage="body",http_request_method="GET",server_address="127.0.0.1",server_port="{port}"}} 1"#
                ),
                format!(
                    r#"{{gusset_outcome="server_error",gusset_stage="headers",http_request_method="GET",server_address="127.0.0.1",server_port="{port}"}} 1"#
                ),
            ]
        );
    });
}

/// Tries twice.
#[derive(Clone)]
struct Twice(bool);

impl<B, E> Policy<Request<AnyBody>, Response<B>, E> for Twice {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<AnyBody>,
        _: &mut Result<Response<B>, E>,
    ) -> Option<Ready<()>> {
        std::mem::take(&mut self.0).then(|| ready(()))
    }

    fn clone_request(&mut self, req: &Request<AnyBody>) -> Option<Request<AnyBody>> {
        Some(request(
            req.method().clone(),
            req.uri().authority()?.as_str().parse().ok()?,
            req.uri().path(),
        ))
    }
}

#[test]
fn each_attempt_of_a_retry_is_a_call_inside_and_all_of_them_one_outside() {
    run(async {
        let (inside, outside) = (Side::new(), Side::new());
        let (server, _entered) = answering(Over::Http1);
        let retry = Retry::new(Twice(true), observed(&inside, Over::Http1));
        let client = outside.http_client().layer(retry);
        let res = send(&client, request(Method::GET, server.addr(), "/broken")).await;
        res.expect("an answer").collect().await.expect("all of it");
        let tries = inside.told(2).await;
        // The first answer is dropped unread, for the sake of the second.
        assert_eq!(
            tries.iter().map(|fact| fact.end).collect::<Vec<_>>(),
            ["Cancelled", "Complete"]
        );
        assert_eq!(outside.told_one().await.status, Some("500"));
    });
}

#[test]
fn the_facade_puts_the_same_layer_together() {
    run(async {
        let page = Side::new();
        let witness = RecordingObserver::new();
        let gusset = gusset::http_client()
            .observe(witness.clone())
            .prometheus(page.prometheus())
            .build()
            .expect("nothing is misconfigured");
        let (server, _entered) = answering(Over::Http1);
        let client = gusset.layer().layer(plain(Over::Http1));
        let mut req = request(Method::GET, server.addr(), "/nothing");
        *req.body_mut() = boxed(Empty::new());
        let res = send(&client, req).await.expect("an answer");
        res.collect().await.expect("all of it");
        assert_eq!(witness.calls()[0].error, Some("404"));
        assert_eq!(page.rows(DURATION).len(), 1);
    });
}
