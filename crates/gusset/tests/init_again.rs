//! `init` in the tests of a service: many of them in one process, each with a Tokio runtime of its own.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use gusset::{Gusset, GussetBuilder};
use gusset_testkit::SharedOutput;
use http::Request;
use tower::ServiceExt as _;

/// Returns the defaults, except that the usual port may be in use on this machine.
fn builder() -> GussetBuilder {
    gusset::builder()
        .log(|log| log.writer(std::io::sink()))
        .health(|health| health.handle_signals(false))
        .management(|management| management.port(0))
}

async fn call(gusset: &Gusset) {
    let user = get(|| async { "a user" });
    let app = Router::new()
        .route("/users/{id}", user)
        .layer(gusset.http());
    let request = Request::get("/users/7").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
}

/// Returns the number of calls of users.
fn calls(gusset: &Gusset) -> String {
    let page = gusset.telemetry().prometheus().endpoint().render();
    let name = "http_server_request_duration_seconds_count{";
    let line = page.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.rsplit_once(' '))
        .map_or_else(|| "0".to_owned(), |(_, count)| count.to_owned())
}

#[tokio::test]
async fn second_call_returns_the_first_one() {
    let first = builder().init().unwrap();
    let output = SharedOutput::default();
    let out = output.clone();
    let second = builder().log(|log| log.writer(out)).init().unwrap();
    assert_eq!(first.management_addr(), second.management_addr());
    call(&first).await;
    call(&second).await;
    assert_eq!((calls(&first), calls(&second)), ("2".into(), "2".into()));
    assert_eq!(output.text(), "", "its settings are not used");
}

#[tokio::test]
async fn call_after_the_end_sets_up_another() {
    let first = builder().init().unwrap();
    call(&first).await;
    drop(first);
    let second = builder().init().unwrap();
    assert_eq!(calls(&second), "0");
    call(&second).await;
    assert_eq!(calls(&second), "1");
}

#[test]
fn runtimes_at_the_same_time_have_one_each() {
    let test = || {
        runtime().block_on(async {
            let gusset = builder().init().unwrap();
            call(&gusset).await;
            // The health of a runtime that has ended would not answer.
            let lifecycle = gusset.health().lifecycle().clone();
            let server = gusset.shutdown_signal();
            lifecycle.begin_shutdown();
            gusset.serve(server).await.unwrap();
            calls(&gusset)
        })
    };
    let threads: Vec<_> = (0..8).map(|_| std::thread::spawn(test)).collect();
    for thread in threads {
        assert_eq!(
            thread.join().unwrap(),
            "1",
            "calls of others are not its own"
        );
    }
}

#[tokio::test]
async fn usual_port_is_taken_by_the_first_only() {
    let first = builder().init().unwrap();
    let second = std::thread::spawn(|| {
        runtime().block_on(async {
            // Whatever it is, the usual port is not asked for.
            let second = gusset::builder()
                .log(|log| log.writer(std::io::sink()))
                .health(|health| health.handle_signals(false));
            second.init().unwrap().management_addr()
        })
    });
    let second = second.join().unwrap();
    assert_ne!(first.management_addr(), second);
    assert_ne!(second.unwrap().port(), 9464);
}

#[tokio::test]
async fn disabled_one_leaves_no_trace() {
    let gusset = gusset::disabled();
    let events = gusset_testkit::EventRecorder::new(tracing::Level::TRACE);
    let recording = events.set_default();
    let log = get(|| async { tracing::info!(target: "shop", "found the user") });
    let app = Router::new().route("/users/{id}", log).layer(gusset.http());
    let request = Request::get("/users/7").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    drop(recording);
    // The subscriber of the test has what the service logs, and nothing else.
    assert_eq!(events.lines(), ["INFO shop message=found the user"]);
    assert_eq!(response.headers().get("x-request-id"), None);
    assert_eq!(gusset.management_addr(), None);
    let page = gusset.telemetry().prometheus().endpoint().render();
    assert!(!page.contains("http_"), "{page}");
}

#[test]
fn disabled_one_needs_no_runtime() {
    let gusset = gusset::disabled();
    assert!(gusset.flush(std::time::Duration::from_secs(30)));
    let _ = gusset.clone().http();
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}
