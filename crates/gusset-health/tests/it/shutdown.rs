//! A shutdown loses nothing, and ends in time.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gusset_core::{CallTracker, Clock, End, Stage};
use gusset_health::{InFlight, InFlightCall, Phase};
use gusset_http::{Http, RequestHead, Route};
use http::Request;

use crate::support::{SECOND, Time, Warnings, settle};

type Under = CallTracker<Http, InFlightCall>;

/// A call under way, as the driver has it.
fn call(in_flight: &InFlight, route: &'static str) -> Under {
    let mut request = Request::new(());
    request.extensions_mut().insert(Route::new(route));
    CallTracker::start(in_flight, RequestHead::from(&request), Clock::system())
}

#[test]
fn each_kind_of_end_ends_the_count() {
    let in_flight = InFlight::default();
    let mut calls: Vec<_> = (0..4).map(|_| call(&in_flight, "/a")).collect();
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
fn routes_beyond_a_thousand_are_counted_together_and_paths_never() {
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
            Under::start(&in_flight, RequestHead::from(&request), Clock::system())
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
async fn calls_under_way_are_waited_for_and_no_longer() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let running = health.start().unwrap();
    let mut one = call(&health.in_flight(), "/report");
    health.lifecycle().begin_shutdown();
    let report = tokio::spawn({
        let signal = running.shutdown_signal();
        async move { running.serve(signal).await }
    });
    time.pass(10 * SECOND).await;
    assert!(
        !report.is_finished(),
        "the listener is closed, a call is not done"
    );
    assert_eq!(health.lifecycle().phase(), Phase::Stopping);
    one.end(End::Complete(None));
    settle().await;
    assert!(report.is_finished(), "at once");
    let report = report.await.unwrap();
    assert!(report.is_clean());
    assert_eq!(report.server_output(), Some(&()));
}

#[tokio::test(start_paused = true)]
async fn a_straggler_that_never_ends_is_named_by_route_and_not_waited_for() {
    let warned = Warnings::default();
    let _default = tracing::subscriber::set_default(warned.clone());
    let time = Time::new();
    let health = time
        .builder()
        .in_flight_deadline(10 * SECOND)
        .build()
        .unwrap();
    let running = health.start().unwrap();
    let _stuck = [
        call(&health.in_flight(), "/report"),
        call(&health.in_flight(), "/report"),
        call(&health.in_flight(), "/feed/{id}"),
    ];
    health.lifecycle().begin_shutdown();
    let start = tokio::time::Instant::now();
    let report = running.serve(running.shutdown_signal()).await;
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(report.server_output(), None);
    let stragglers = [("/feed/{id}".to_owned(), 1), ("/report".to_owned(), 2)];
    assert_eq!(report.unfinished_requests(), stragglers);
    assert!(!report.is_clean());
    let lines = warned.lines();
    assert!(
        lines
            .iter()
            .any(|line| line.contains("/feed/{id}: 1, /report: 2")),
        "{lines:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_that_stays_open_is_no_loss() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let running = health.start().unwrap();
    health.lifecycle().begin_shutdown();
    let report = running.serve(pending::<()>()).await;
    assert_eq!(report.server_output(), None);
    assert!(report.is_clean());
}

#[tokio::test(start_paused = true)]
async fn telemetry_is_flushed_after_the_last_call_and_within_its_time() {
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
    let running = health.start().unwrap();
    let mut one = call(&health.in_flight(), "/report");
    health.lifecycle().begin_shutdown();
    let report = tokio::spawn({
        let signal = running.shutdown_signal();
        async move { running.serve(signal).await }
    });
    time.pass(5 * SECOND).await;
    assert!(
        !flushed.load(Ordering::SeqCst),
        "a call is still to be told of"
    );
    one.end(End::Complete(None));
    settle().await;
    assert!(flushed.load(Ordering::SeqCst));
    time.pass(2 * SECOND).await;
    assert!(!report.is_finished());
    time.pass(2 * SECOND).await;
    let report = report.await.unwrap();
    assert!(!report.is_flushed() && !report.is_clean());
    assert!(report.unfinished_requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_by_itself_is_not_ready_any_more() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let running = health.start().unwrap();
    health.lifecycle().mark_started();
    let report = running.serve(async { Err::<(), _>("address lost") }).await;
    assert_eq!(report.into_server_output(), Some(Err("address lost")));
    assert!(!health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn who_is_under_way_is_named_every_five_seconds() {
    let told = Warnings::and_what_informs();
    let _default = tracing::subscriber::set_default(told.clone());
    let time = Time::new();
    let builder = time.builder().in_flight_deadline(17 * SECOND);
    let health = builder.build().unwrap();
    let running = health.start().unwrap();
    let _stuck = call(&health.in_flight(), "/report");
    health.lifecycle().begin_shutdown();
    let _report = running.serve(running.shutdown_signal()).await;
    let lines = told.lines();
    let named = lines.iter().filter(|line| {
        line.contains("calls are under way") && line.contains("routes=\"/report: 1\"")
    });
    assert_eq!(named.count(), 3, "{lines:?}");
}
