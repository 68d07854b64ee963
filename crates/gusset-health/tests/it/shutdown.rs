//! Waiting for requests in flight, and the shutdown report.

use std::future::{Ready, pending, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use gusset_core::{CallTracker, Clock, End, Stage};
use gusset_health::{InFlight, InFlightCall, Phase};
use gusset_http::{Http, HttpClientClassifier, RequestHead, Route, UrlTemplate};
use gusset_testkit::EventRecorder;
use http::Request;
use tracing::Level;

use crate::support::{SECOND, Time, settle};

type Call = CallTracker<Http, InFlightCall>;

/// Starts a request on this route.
fn start(in_flight: &InFlight, route: &'static str) -> Call {
    let mut request = Request::new(());
    request.extensions_mut().insert(Route::new(route));
    CallTracker::start(in_flight, RequestHead::from(&request), Clock::system())
}

#[test]
fn every_completion_decrements_the_count() {
    let in_flight = InFlight::default();
    let mut calls: Vec<_> = (0..4).map(|_| start(&in_flight, "/a")).collect();
    assert_eq!(in_flight.count(), 4);
    assert_eq!(in_flight.by_route(), [("/a".to_owned(), 4)]);
    calls.pop().unwrap().end(End::Complete(None));
    calls.pop().unwrap().end(End::Cancelled(Stage::Headers));
    drop(calls.pop());
    assert_eq!(in_flight.count(), 1);
    let mut last = calls.pop().unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        last.in_scope(|| std::panic::resume_unwind(Box::new("quietly")));
    }));
    assert!(panicked.is_err());
    assert_eq!(in_flight.count(), 0);
    assert!(in_flight.by_route().is_empty());
}

#[test]
fn routes_over_the_limit_are_counted_together() {
    let in_flight = InFlight::default();
    let calls: Vec<_> = (0..1500)
        .map(|n| {
            let mut request = Request::builder()
                .uri(format!("/items/{n}"))
                .body(())
                .unwrap();
            if n < 1400 {
                request
                    .extensions_mut()
                    .insert(Route::from_arc(format!("/r{n}")));
            }
            Call::start(&in_flight, RequestHead::from(&request), Clock::system())
        })
        .collect();
    let routes = in_flight.by_route();
    assert_eq!(routes.len(), 1001);
    assert_eq!(routes.iter().map(|(_, calls)| calls).sum::<usize>(), 1500);
    assert!(routes.iter().all(|(route, _)| !route.starts_with("/items")));
    drop(calls);
    assert_eq!(in_flight.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_requests_in_flight() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let runtime = health.start().unwrap();
    let mut request = start(&health.in_flight(), "/report");
    health.lifecycle().begin_shutdown();
    let report = tokio::spawn({
        let signal = runtime.shutdown_signal();
        async move { runtime.serve(signal).await }
    });
    time.pass(10 * SECOND).await;
    assert!(!report.is_finished(), "a request is in flight");
    assert_eq!(health.lifecycle().phase(), Phase::Stopping);
    request.end(End::Complete(None));
    settle().await;
    assert!(report.is_finished(), "no longer than necessary");
    let report = report.await.unwrap();
    assert!(report.is_clean());
    assert_eq!(report.server_output(), Some(&()));
}

#[test]
fn client_requests_are_counted_by_their_template() {
    let in_flight = InFlight::default();
    let start = |request: &Request<()>| {
        CallTracker::<Http<HttpClientClassifier>, InFlightCall>::start(
            &in_flight,
            RequestHead::from(request),
            Clock::system(),
        )
    };
    // A service that forwards a request sends it with the route that it matched itself.
    let mut request = Request::new(());
    request.extensions_mut().insert(Route::new("/in/{id}"));
    let unnamed = start(&request);
    request
        .extensions_mut()
        .insert(UrlTemplate::new("/out/{id}"));
    let named = start(&request);
    let routes = in_flight.by_route();
    assert_eq!(
        routes,
        [("(no route)".to_owned(), 1), ("/out/{id}".to_owned(), 1)]
    );
    drop((unnamed, named));
}

#[tokio::test(start_paused = true)]
async fn unfinished_requests_are_reported_by_route() {
    let log = EventRecorder::new(Level::WARN);
    let _recording = log.set_default();
    let time = Time::new();
    let health = time
        .builder()
        .in_flight_deadline(10 * SECOND)
        .build()
        .unwrap();
    let runtime = health.start().unwrap();
    let _unfinished = [
        start(&health.in_flight(), "/report"),
        start(&health.in_flight(), "/report"),
        start(&health.in_flight(), "/feed/{id}"),
    ];
    health.lifecycle().begin_shutdown();
    let start = tokio::time::Instant::now();
    let report = runtime.serve(runtime.shutdown_signal()).await;
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(report.server_output(), None);
    let expected = [("/feed/{id}".to_owned(), 1), ("/report".to_owned(), 2)];
    assert_eq!(report.unfinished_requests(), expected);
    assert!(!report.is_clean());
    let entries = log.lines();
    assert!(
        entries
            .iter()
            .any(|entry| entry.contains("/feed/{id}: 1, /report: 2")),
        "{entries:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn idle_connection_is_a_clean_shutdown() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let runtime = health.start().unwrap();
    health.lifecycle().begin_shutdown();
    let report = runtime.serve(pending::<()>()).await;
    assert_eq!(report.server_output(), None);
    assert!(report.is_clean());
}

#[tokio::test(start_paused = true)]
async fn telemetry_is_flushed_after_the_last_request() {
    let time = Time::new();
    let flushed = Arc::new(AtomicBool::new(false));
    let flag = flushed.clone();
    let health = time
        .builder()
        .flush(move || {
            flag.store(true, Ordering::SeqCst);
            std::future::ready(())
        })
        .flush(pending)
        .flush_deadline(3 * SECOND)
        .build()
        .unwrap();
    let runtime = health.start().unwrap();
    let mut request = start(&health.in_flight(), "/report");
    health.lifecycle().begin_shutdown();
    let report = tokio::spawn({
        let signal = runtime.shutdown_signal();
        async move { runtime.serve(signal).await }
    });
    time.pass(5 * SECOND).await;
    assert!(!flushed.load(Ordering::SeqCst), "a request is in flight");
    request.end(End::Complete(None));
    settle().await;
    assert!(flushed.load(Ordering::SeqCst));
    time.pass(2 * SECOND).await;
    assert!(!report.is_finished());
    time.pass(2 * SECOND).await;
    let report = report.await.unwrap();
    assert!(!report.is_flushed() && !report.is_clean());
    assert!(report.unfinished_requests().is_empty());
}

/// A future that panics when it is dropped.
struct PanicOnDrop;

impl Future for PanicOnDrop {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

impl Drop for PanicOnDrop {
    fn drop(&mut self) {
        panic!("on purpose");
    }
}

#[tokio::test(start_paused = true)]
async fn other_telemetry_is_flushed_if_one_function_panics() {
    fn panic_when_called() -> Ready<()> {
        panic!("on purpose");
    }
    let time = Time::new();
    let runs = Arc::new(AtomicUsize::new(0));
    let count = || {
        let runs = runs.clone();
        move || {
            runs.fetch_add(1, Ordering::SeqCst);
            ready(())
        }
    };
    let health = time
        .builder()
        .flush(panic_when_called)
        .flush(count())
        .flush(|| async { panic!("on purpose") })
        .flush(count())
        .flush(|| PanicOnDrop)
        .flush(count())
        .build()
        .unwrap();
    let runtime = health.start().unwrap();
    health.lifecycle().begin_shutdown();
    let report = runtime.serve(ready("closed")).await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    assert_eq!(report.server_output(), Some(&"closed"));
    assert!(!report.is_flushed() && !report.is_clean());
    assert_eq!(health.lifecycle().phase(), Phase::Stopped);
}

#[tokio::test(start_paused = true)]
async fn stopped_server_is_not_ready() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    let report = runtime.serve(async { Err::<(), _>("address lost") }).await;
    assert_eq!(report.into_server_output(), Some(Err("address lost")));
    assert!(!health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn requests_in_flight_are_logged_every_five_seconds() {
    let log = EventRecorder::new(Level::INFO);
    let _recording = log.set_default();
    let time = Time::new();
    let builder = time.builder().in_flight_deadline(17 * SECOND);
    let health = builder.build().unwrap();
    let runtime = health.start().unwrap();
    let _unfinished = start(&health.in_flight(), "/report");
    health.lifecycle().begin_shutdown();
    let _report = runtime.serve(runtime.shutdown_signal()).await;
    let entries = log.lines();
    let matching = entries.iter().filter(|entry| {
        entry.contains("waiting for requests in flight") && entry.contains("routes=/report: 1")
    });
    assert_eq!(matching.count(), 3, "{entries:?}");
}
