//! The labels of a client's metrics.

use std::future::{Ready, ready};

use gusset_http::UrlTemplate;
use gusset_testkit::RecordingObserver;
use gusset_tests::bodies::{AnyBody, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::run;
use gusset_tests::side::Side;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Empty};
use tower::retry::{Policy, Retry};
use tower_layer::Layer;

use crate::setup::{TRANSPORTS, get, observed_client, plain_client, request, send, serve_paths};

const DURATION: &str = "http_client_request_duration_seconds_count";

#[test]
fn series_have_method_server_status_and_version() {
    for (transport, version) in TRANSPORTS.into_iter().zip(["1.1", "2"]) {
        run(async {
            let side = Side::new();
            let (server, _entered) = serve_paths(transport);
            let client = observed_client(&side, transport);
            for path in ["/a", "/b", "/nothing"] {
                // The version of the request is the default, 1.1.
                let req = request(Method::GET, server.addr(), path);
                let res = send(&client, req).await.expect("a response");
                res.collect().await.expect("the whole body");
            }
            side.wait_for_calls(3).await;
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
fn url_template_is_a_label() {
    run(async {
        let side = Side::new();
        let (server, _entered) = serve_paths(Transport::Http1);
        let mut req = request(Method::GET, server.addr(), "/items/1");
        req.extensions_mut().insert(UrlTemplate::new("/items/{id}"));
        let res = send(&observed_client(&side, Transport::Http1), req).await;
        res.expect("a response")
            .collect()
            .await
            .expect("the whole body");
        side.wait_for_call().await;
        let rows = side.rows(DURATION);
        assert_eq!(rows.len(), 1);
        assert!(
            rows[0].contains(r#"url_template="/items/{id}""#),
            "{rows:?}"
        );
    });
}

#[test]
fn servers_are_separate_series() {
    run(async {
        let side = Side::new();
        let servers = [serve_paths(Transport::Http1), serve_paths(Transport::Http1)];
        let client = observed_client(&side, Transport::Http1);
        for (server, _) in &servers {
            let res = get(&client, server, "/").await.expect("a response");
            res.collect().await.expect("the whole body");
        }
        side.wait_for_calls(2).await;
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
fn unanswered_call_has_no_status_label() {
    run(async {
        let side = Side::new();
        let (server, _entered) = serve_paths(Transport::Http1);
        let client = observed_client(&side, Transport::Http1);
        drop(get(&client, &server, "/forever").await.expect("a response"));
        let port = server.addr().port();
        drop(server);
        send(
            &client,
            request(Method::GET, ([127, 0, 0, 1], port).into(), "/"),
        )
        .await
        .expect_err("the port is closed");
        side.wait_for_calls(2).await;
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
                    r#"{{gusset_outcome="server_error",gusset_stage="headers",http_request_method="GET",server_address="127.0.0.1",server_port="{port}"}} 1"#
                ),
                format!(
                    r#"{{gusset_outcome="success",gusset_stage="body",http_request_method="GET",server_address="127.0.0.1",server_port="{port}"}} 1"#
                ),
            ]
        );
    });
}

/// Retries once.
#[derive(Clone)]
struct RetryOnce(bool);

impl<B, E> Policy<Request<AnyBody>, Response<B>, E> for RetryOnce {
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
fn retries_are_calls_inside_the_retry_layer() {
    run(async {
        let (inside, outside) = (Side::new(), Side::new());
        let (server, _entered) = serve_paths(Transport::Http1);
        let retry = Retry::new(RetryOnce(true), observed_client(&inside, Transport::Http1));
        let client = outside.http_client().layer(retry);
        let res = send(&client, request(Method::GET, server.addr(), "/broken")).await;
        res.expect("a response")
            .collect()
            .await
            .expect("the whole body");
        let attempts = inside.wait_for_calls(2).await;
        // The retry drops the first response unread.
        assert_eq!(
            attempts.iter().map(|call| call.end).collect::<Vec<_>>(),
            ["Cancelled", "Complete"]
        );
        assert_eq!(outside.wait_for_call().await.status, Some("500"));
    });
}

#[test]
fn facade_builds_the_same_layer() {
    run(async {
        let side = Side::new();
        let recorder = RecordingObserver::new();
        let gusset = gusset::http_client()
            .observer(recorder.clone())
            .prometheus(side.prometheus())
            .build()
            .expect("the settings are valid");
        let (server, _entered) = serve_paths(Transport::Http1);
        let client = gusset.layer().layer(plain_client(Transport::Http1));
        let mut req = request(Method::GET, server.addr(), "/nothing");
        *req.body_mut() = boxed(Empty::new());
        let res = send(&client, req).await.expect("a response");
        res.collect().await.expect("the whole body");
        assert_eq!(recorder.calls()[0].error, Some("404"));
        assert_eq!(side.rows(DURATION).len(), 1);
    });
}
