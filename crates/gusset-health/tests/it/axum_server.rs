//! A real server under axum, its calls counted by the driver.

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use gusset_core::{FilteredObserver, ObserveLayer};
use gusset_health::{Health, PATHS, Phase};
use gusset_http::{EndpointService, Http, PathFilter};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

async fn ask(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Waits for what happens, not for time.
async fn until(mut happened: impl FnMut() -> bool) {
    while !happened() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_shutdown_with_calls_under_way_loses_none_and_readiness_falls_first() {
    const CALLS: usize = 200;
    let health = Health::builder()
        .handle_signals(false)
        // Cut short by a second signal, so that nothing waits.
        .drain_delay(Duration::from_secs(15))
        .in_flight_deadline(Duration::from_secs(10))
        .build()
        .unwrap();
    let running = health.start().unwrap();
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let slow = get(async move || {
        let _permit = held.acquire().await;
        "whole"
    });
    let observer = FilteredObserver::new(health.in_flight(), PathFilter::excluding(PATHS));
    let mut app = Router::new()
        .route("/slow", slow)
        .layer(ObserveLayer::<Http, _>::new(observer));
    for (path, probe) in health.probes() {
        app = app.route_service(path, EndpointService::new(probe));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    health.lifecycle().mark_started();
    let server = axum::serve(listener, app).with_graceful_shutdown(running.shutdown_signal());
    let server = tokio::spawn(async move { running.serve(server.into_future()).await });

    assert!(ask(address, "/readyz").await.starts_with("HTTP/1.1 200 "));
    let calls: Vec<_> = (0..CALLS)
        .map(|_| tokio::spawn(ask(address, "/slow")))
        .collect();
    until(|| health.in_flight().count() == CALLS).await;
    health.lifecycle().begin_shutdown();
    assert!(
        ask(address, "/readyz").await.starts_with("HTTP/1.1 503 "),
        "still served"
    );
    assert!(ask(address, "/livez").await.starts_with("HTTP/1.1 200 "));
    assert_eq!(health.in_flight().count(), CALLS, "probes are no traffic");

    gate.add_permits(1);
    for call in calls {
        assert!(call.await.unwrap().ends_with("whole"));
    }
    health.lifecycle().force_shutdown();
    let report = server.await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(health.lifecycle().phase(), Phase::Stopped);
    assert!(TcpStream::connect(address).await.is_err());
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn a_straggler_under_axum_is_named_by_its_route() {
    let health = Health::builder().handle_signals(false).build().unwrap();
    let running = health.start().unwrap();
    let app = Router::new()
        .route("/feed/{id}", get(std::future::pending::<()>))
        .layer(ObserveLayer::<Http, _>::new(health.in_flight()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = axum::serve(listener, app).with_graceful_shutdown(running.shutdown_signal());
    let server = tokio::spawn(async move { running.serve(server.into_future()).await });
    let _client = tokio::spawn(async move { ask(address, "/feed/7").await });
    until(|| health.in_flight().count() == 1).await;
    health.lifecycle().force_shutdown();
    let report = server.await.unwrap();
    assert_eq!(report.unfinished_requests(), [("/feed/{id}".to_owned(), 1)]);
}

/// The process itself is told to end, as a platform does it.
#[cfg(unix)]
#[tokio::test]
async fn sigterm_drains_and_a_second_one_hurries() {
    let health = Health::builder()
        .drain_delay(Duration::from_secs(20))
        .in_flight_deadline(Duration::from_secs(5))
        .build()
        .unwrap();
    let running = health.start().unwrap();
    health.lifecycle().mark_started();
    let terminate = || {
        let me = std::process::id().to_string();
        let kill = std::process::Command::new("kill")
            .args(["-TERM", &me])
            .status();
        assert!(kill.unwrap().success());
    };
    terminate();
    until(|| health.lifecycle().phase() == Phase::Draining).await;
    assert!(!health.is_ready());
    terminate();
    let report = running.serve(std::future::pending::<()>()).await;
    assert!(report.is_clean());
}
