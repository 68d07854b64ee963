//! The end: what is flushed, what is an error.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get;

use crate::{app, entries, listen, no_variable, request, set_up};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn error_of_the_server_is_logged_and_returned() {
    let (builder, output) = set_up();
    let gusset = builder.build_with(no_variable).unwrap();
    let served = gusset
        .serve(async { Err::<(), _>(io::Error::other("the socket is gone")) })
        .await;
    let error = served.unwrap_err();
    assert_eq!(error.to_string(), "the server failed");
    assert_eq!(
        format!("{error:?}"),
        "the server failed: the socket is gone"
    );
    let entries = entries(&output);
    let failed = entries
        .iter()
        .find(|entry| entry["message"] == "the server failed");
    assert!(
        failed.unwrap().to_string().contains("the socket is gone"),
        "{entries:?}"
    );
}

#[tokio::test]
async fn unfinished_call_is_an_error_that_names_the_route() {
    let (builder, _) = set_up();
    let gusset = builder
        .health(|health| {
            health
                .handle_signals(false)
                .in_flight_deadline(Duration::from_millis(50))
        })
        .build_with(no_variable)
        .unwrap();
    let lifecycle = gusset.health().lifecycle().clone();
    let stuck = async move || {
        lifecycle.begin_shutdown();
        std::future::pending::<()>().await;
    };
    let app = Router::new()
        .route("/stuck/{id}", get(stuck))
        .layer(gusset.http());
    let (listener, address) = listen().await;
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    // The connection stays open, because the client waits for its response.
    let client = std::net::TcpStream::connect(address).unwrap();
    io::Write::write_all(&mut &client, b"GET /stuck/1 HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let error = gusset.serve(server).await.unwrap_err();
    assert_eq!(error.unfinished_requests(), [("/stuck/{id}".to_owned(), 1)],);
    assert_eq!(
        error.to_string(),
        "requests were still in flight at the deadline: /stuck/{id}: 1",
    );
}

#[tokio::test]
async fn function_that_flushes_runs_and_its_panic_is_an_error() {
    let flushed = Arc::new(AtomicBool::new(false));
    let seen = flushed.clone();
    let gusset = set_up()
        .0
        .health(move |health| {
            health
                .handle_signals(false)
                .flush(|| async { panic!("cannot flush") })
                .flush(move || {
                    seen.store(true, Ordering::Relaxed);
                    async {}
                })
        })
        .build_with(no_variable)
        .unwrap();
    let error = gusset.serve(async {}).await.unwrap_err();
    assert!(flushed.load(Ordering::Relaxed));
    assert!(error.to_string().contains("flush"), "{error}");
}

#[tokio::test]
async fn unreachable_collector_does_not_fail_the_end() {
    // The port of a listener that is closed.
    let (listener, address) = listen().await;
    drop(listener);
    let endpoint = format!("http://{address}");
    let variable = |name: &str| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| endpoint.clone());
    let gusset = set_up()
        .0
        .flush_deadline(Duration::from_millis(300))
        .build_with(variable)
        .unwrap();
    let (listener, address) = listen().await;
    let server =
        axum::serve(listener, app(&gusset)).with_graceful_shutdown(gusset.shutdown_signal());
    let client = async {
        assert_eq!(request(address, "/users/7").await.status, 200);
        gusset.health().lifecycle().begin_shutdown();
    };
    let (served, ()) = tokio::join!(gusset.serve(server), client);
    served.unwrap();
}

#[tokio::test]
async fn flush_leaves_the_service_running() {
    let (builder, output) = set_up();
    let gusset = builder.build_with(no_variable).unwrap();
    let dispatch = gusset.telemetry().dispatch().clone();
    let log = |message: &str| {
        gusset_testkit::with_subscriber(dispatch.clone(), || tracing::info!("{message}"));
    };
    log("first");
    assert!(gusset.flush_async(SECOND * 30).await);
    assert!(output.text().contains("first"));
    log("second");
    assert!(gusset.flush(SECOND * 30));
    assert!(output.text().contains("second"));

    log("third");
    let report = gusset.shutdown_async(SECOND * 30).await.unwrap();
    assert_eq!(report.dropped(), 0);
    assert!(output.text().contains("third"));
    assert!(gusset.shutdown(SECOND).is_none(), "it has ended");
    assert!(!gusset.flush(SECOND), "it has ended");
}

#[test]
fn job_without_a_runtime_is_flushed() {
    let (builder, output) = set_up();
    let gusset = builder
        .without_health()
        .without_management()
        .build_with(no_variable)
        .unwrap();
    gusset_testkit::with_subscriber(gusset.telemetry().dispatch().clone(), || {
        tracing::info!("done");
    });
    assert!(gusset.flush(SECOND * 30));
    assert!(output.text().contains("done"));
    assert!(gusset.shutdown(SECOND * 30).is_some());
}
