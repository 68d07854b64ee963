//! A shutdown of an axum server with real connections.

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

async fn request(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

/// Waits for a condition.
async fn wait_until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn shutdown_finishes_requests_in_flight() {
    const REQUESTS: usize = 200;
    let health = Health::builder()
        .handle_signals(false)
        // Skipped by the forced shutdown below.
        .drain_delay(Duration::from_secs(15))
        .in_flight_deadline(Duration::from_secs(10))
        .build()
        .unwrap();
    let runtime = health.start().unwrap();
    let permits = Arc::new(Semaphore::new(0));
    let handler_permits = permits.clone();
    let slow = get(async move || {
        let _permit = handler_permits.acquire().await;
        "complete"
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
    let server = axum::serve(listener, app).with_graceful_shutdown(runtime.shutdown_signal());
    let server = tokio::spawn(async move { runtime.serve(server.into_future()).await });

    assert!(
        request(address, "/readyz")
            .await
            .starts_with("HTTP/1.1 200 ")
    );
    let requests: Vec<_> = (0..REQUESTS)
        .map(|_| tokio::spawn(request(address, "/slow")))
        .collect();
    wait_until(|| health.in_flight().count() == REQUESTS).await;
    health.lifecycle().begin_shutdown();
    assert!(
        request(address, "/readyz")
            .await
            .starts_with("HTTP/1.1 503 "),
        "still served"
    );
    assert!(
        request(address, "/livez")
            .await
            .starts_with("HTTP/1.1 200 ")
    );
    assert_eq!(
        health.in_flight().count(),
        REQUESTS,
        "probes are not counted"
    );

    permits.add_permits(1);
    for request in requests {
        assert!(request.await.unwrap().ends_with("complete"));
    }
    health.lifecycle().force_shutdown();
    let report = server.await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(health.lifecycle().phase(), Phase::Stopped);
    assert!(TcpStream::connect(address).await.is_err());
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn unfinished_request_is_reported_by_route() {
    let health = Health::builder().handle_signals(false).build().unwrap();
    let runtime = health.start().unwrap();
    let app = Router::new()
        .route("/feed/{id}", get(std::future::pending::<()>))
        .layer(ObserveLayer::<Http, _>::new(health.in_flight()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = axum::serve(listener, app).with_graceful_shutdown(runtime.shutdown_signal());
    let server = tokio::spawn(async move { runtime.serve(server.into_future()).await });
    let _client = tokio::spawn(async move { request(address, "/feed/7").await });
    wait_until(|| health.in_flight().count() == 1).await;
    health.lifecycle().force_shutdown();
    let report = server.await.unwrap();
    assert_eq!(report.unfinished_requests(), [("/feed/{id}".to_owned(), 1)]);
}

/// Sends signals to the own process, like a platform.
#[cfg(unix)]
#[tokio::test]
async fn second_sigterm_skips_the_waits() {
    let health = Health::builder()
        .drain_delay(Duration::from_secs(20))
        .in_flight_deadline(Duration::from_secs(5))
        .build()
        .unwrap();
    let runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    let terminate = || {
        let pid = std::process::id().to_string();
        let kill = std::process::Command::new("kill")
            .args(["-TERM", &pid])
            .status();
        assert!(kill.unwrap().success());
    };
    terminate();
    wait_until(|| health.lifecycle().phase() == Phase::Draining).await;
    assert!(!health.is_ready());
    terminate();
    let report = runtime.serve(std::future::pending::<()>()).await;
    assert!(report.is_clean());
}

#[tokio::test]
async fn event_streams_that_end_at_the_drain_are_no_loss() {
    for ends_at_the_drain in [true, false] {
        let health = Health::builder()
            .handle_signals(false)
            .drain_delay(Duration::from_millis(50))
            .in_flight_deadline(Duration::from_millis(200))
            .build()
            .unwrap();
        let runtime = health.start().unwrap();
        let lifecycle = health.lifecycle().clone();
        let events = get(async move || {
            let first = http_body_util::Full::new(bytes::Bytes::from("data: 1\n\n"));
            let end = async move {
                if ends_at_the_drain {
                    lifecycle.draining().await;
                } else {
                    std::future::pending::<()>().await;
                }
            };
            let body = axum::body::Body::new(OpenUntil {
                first,
                end: Box::pin(end),
            });
            ([("content-type", "text/event-stream")], body)
        });
        let app = Router::new()
            .route("/events", events)
            .layer(ObserveLayer::<Http, _>::new(health.in_flight()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        health.lifecycle().mark_started();
        let server = axum::serve(listener, app).with_graceful_shutdown(runtime.shutdown_signal());
        let server = tokio::spawn(async move { runtime.serve(server.into_future()).await });

        let clients: Vec<_> = (0..3)
            .map(|_| tokio::spawn(request(address, "/events")))
            .collect();
        wait_until(|| health.in_flight().count() == clients.len()).await;
        health.lifecycle().begin_shutdown();
        let report = server.await.unwrap();
        assert_eq!(report.is_clean(), ends_at_the_drain, "{report:?}");
        for client in clients {
            client.abort();
        }
    }
}

/// A body with one chunk that stays open until a future completes.
struct OpenUntil<F> {
    first: http_body_util::Full<bytes::Bytes>,
    end: std::pin::Pin<Box<F>>,
}

impl<F: Future<Output = ()>> http_body::Body for OpenUntil<F> {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        match std::pin::Pin::new(&mut self.first).poll_frame(cx) {
            std::task::Poll::Ready(None) => self.end.as_mut().poll(cx).map(|()| None),
            first => first,
        }
    }
}
