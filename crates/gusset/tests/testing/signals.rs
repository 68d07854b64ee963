//! What a capture has of a call.

use gusset::testing::{Capture, SpanKind, SpanStatus};

use crate::{app, call, send};

#[tokio::test]
async fn call_has_its_line_span_and_metrics() {
    let capture = Capture::new();
    call(&app(capture.gusset()), "/users/7").await;
    let calls = capture.wait_for_calls(1).await;
    let [call] = &*calls else {
        panic!("one call: {calls:#?}")
    };
    assert_eq!(call.entry()["http.route"], "/users/{id}");
    assert_eq!(call.entry()["url.path"], "/users/7");
    assert_eq!(call.entry()["http.response.status_code"], 200);
    let span = call.span().unwrap();
    assert_eq!(
        (&*span.name, span.kind),
        ("GET /users/{id}", SpanKind::Server)
    );
    assert_eq!(call.events().len(), 1);
    assert_eq!(call.events()[0]["message"], "found the user");
    assert_eq!(capture.entries().len(), 2);

    let inner: Vec<_> = capture.spans();
    let query = inner.iter().find(|span| span.name == "query").unwrap();
    assert_eq!(query.parent_span_id, Some(span.span_id));

    let user = [("http.route", "/users/{id}")];
    assert_eq!(capture.metric("http.server.request.duration", &user), 1.0);
    assert_eq!(capture.metric("http.server.active_requests", &[]), 0.0);
    assert_eq!(capture.metric("users.found", &[("kind", "member")]), 2.0);
    assert_eq!(capture.metric("users.found", &[("kind", "guest")]), 0.0);
    assert_eq!(capture.metric("unknown", &[]), 0.0);
}

#[tokio::test]
async fn failed_and_cancelled_calls_are_captured() {
    let capture = Capture::new();
    let app = app(capture.gusset());
    call(&app, "/broken").await;
    // Its body is not read.
    let response = send(&app, "/users/7").await;
    assert_eq!(capture.calls().len(), 1, "the second one goes on");
    assert_eq!(capture.metric("http.server.active_requests", &[]), 1.0);
    drop(response);
    let calls = capture.wait_for_calls(2).await;
    let failed = calls[0].span().unwrap();
    assert!(
        matches!(failed.status, SpanStatus::Error { .. }),
        "{failed:?}"
    );
    let failed = [("error.type", "500")];
    assert_eq!(capture.metric("http.server.request.duration", &failed), 1.0);
    assert_eq!(capture.metric("http.server.active_requests", &[]), 0.0);
}

#[tokio::test]
async fn settings_of_the_service_apply() {
    let settings = gusset::builder()
        .log(|log| log.filter("debug").unwrap())
        .http(|http| http.exclude_paths(["/internal/*"]).without_trace());
    let capture = Capture::with_settings(settings).unwrap();
    let app = app(capture.gusset());
    call(&app, "/internal/7").await;
    call(&app, "/users/7").await;
    let calls = capture.wait_for_calls(1).await;
    assert_eq!(calls.len(), 1);
    assert!(calls[0].span().is_none());
    let lines = capture.entries();
    let is_debug = |line: &&gusset::testing::Value| line["level"] == "DEBUG";
    assert_eq!(lines.iter().filter(is_debug).count(), 1, "{lines:#?}");
    let error =
        Capture::with_settings(gusset::builder().log(|log| log.max_line_bytes(1))).unwrap_err();
    assert_eq!(error.setting(), Some("max_line_bytes"));
}

#[test]
fn code_outside_of_calls_is_captured() {
    let capture = Capture::new();
    capture.run(|| {
        let _job = tracing::info_span!("job").entered();
        tracing::info!(orders = 3, "done");
        metrics::counter!("orders.sent").increment(3);
    });
    assert_eq!(capture.entries()[0]["orders"], 3);
    assert_eq!(capture.spans()[0].name, "job");
    assert_eq!(capture.metric("orders.sent", &[]), 3.0);
    assert!(capture.calls().is_empty());
}
