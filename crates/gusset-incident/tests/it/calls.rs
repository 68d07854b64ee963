//! The recorder in memory.

use gusset_core::{CallContext, Observer, Outcome, SpanIds, StaticStr};
use gusset_http::{Http, RequestHead};
use gusset_incident::FlightRecorder;

use crate::support::{Call, call, observed, poll, run};

fn recorder() -> FlightRecorder {
    FlightRecorder::builder().build().unwrap()
}

#[test]
fn ended_call_has_its_facts_and_no_path() {
    let recorder = recorder();
    run(&recorder, "/items/{status}", "/items/404?password=secret");
    let [entry] = recorder.calls()[..] else {
        panic!("one call")
    };
    assert_eq!((entry.method(), entry.route()), ("GET", "/items/{status}"));
    assert_eq!(entry.status().map(StaticStr::as_str), Some("404"));
    assert_eq!(entry.outcome(), Some(Outcome::ClientError));
    assert_eq!(entry.bytes(), 5);
    assert!(entry.time_to_headers().is_some());
    assert!(recorder.active_calls().is_empty());
    let debug = format!("{recorder:?}");
    assert!(
        !debug.contains("secret") && !debug.contains("/items/404"),
        "{debug}"
    );
}

#[test]
fn call_under_way_is_listed_with_its_ids_until_it_ends() {
    let recorder = recorder();
    let ids = SpanIds::new([7; 16], [8; 8], true);
    let mut waiting = ids.scope(|| call(&recorder, "/wait", "/wait"));
    assert!(!poll(&mut waiting));
    let active = recorder.active_calls();
    assert_eq!(active.len(), 1);
    assert_eq!((active[0].method(), active[0].route()), ("GET", "/wait"));
    assert_eq!(active[0].span_ids(), Some(ids));

    drop(waiting);
    assert!(recorder.active_calls().is_empty());
    assert_eq!(recorder.calls()[0].outcome(), Some(Outcome::Cancelled));
}

#[test]
fn call_that_is_never_polled_is_recorded_at_its_end() {
    let recorder = recorder();
    drop(call(&recorder, "/wait", "/wait"));
    assert_eq!(recorder.calls().len(), 1);
}

#[test]
fn oldest_calls_make_room() {
    let recorder = FlightRecorder::builder().max_bytes(65_536).build().unwrap();
    for _ in 0..10_000 {
        run(&recorder, "/old", "/200");
    }
    let kept = recorder.calls().len();
    assert!(
        kept * size_of_val(&recorder.calls()[0]) <= 65_536 / 2,
        "{kept}"
    );
    for _ in 0..kept {
        run(&recorder, "/new", "/200");
    }
    let calls = recorder.calls();
    assert_eq!(calls.len(), kept);
    assert!(
        calls.iter().all(|call| call.route() == "/new"),
        "on one thread"
    );
}

#[test]
fn calls_under_way_are_bounded() {
    let recorder = FlightRecorder::builder()
        .max_active_calls(8)
        .build()
        .unwrap();
    let mut waiting: Vec<_> = (0..20).map(|_| call(&recorder, "/wait", "/wait")).collect();
    for call in &mut waiting {
        poll(call);
    }
    assert!(recorder.active_calls().len() <= 8);
    drop(waiting);
    assert_eq!(recorder.calls().len(), 20, "each is recorded at its end");
    assert!(recorder.active_calls().is_empty());
}

#[test]
fn long_route_is_cut_between_characters() {
    const ROUTE: &str = "/größe/größe/größe/größe/größe/größe/größe/größe/größe/größe/größe";
    let recorder = recorder();
    run(&recorder, ROUTE, "/200");
    let calls = recorder.calls();
    assert!(ROUTE.starts_with(calls[0].route()) && calls[0].route().len() >= 62);
}

/// An observer that does nothing.
struct Nothing;

impl Observer<Http> for Nothing {
    type Call = ();

    fn start(&self, _: RequestHead<'_>, _: &mut CallContext) {}
}

#[test]
fn steady_state_allocates_nothing() {
    let recorder = FlightRecorder::builder().max_bytes(65_536).build().unwrap();
    let count = |make: &dyn Fn() -> Call| {
        let run_all = || {
            let mut calls: Vec<_> = (0..100).map(|_| make()).collect();
            assert!(calls.iter_mut().all(poll));
        };
        // The rings fill up.
        (0..20).for_each(|_| run_all());
        allocation_counter::measure(run_all).count_total
    };
    let observer = recorder.calls_of_server();
    let bare = count(&|| observed(Nothing, "/a", "/200"));
    assert_eq!(count(&|| observed(observer.clone(), "/a", "/200")), bare);
}

#[test]
fn threads_record_all_their_calls() {
    let recorder = recorder();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|_| run(&recorder, "/a", "/200")));
        }
    });
    assert_eq!(recorder.calls().len(), 400);
    assert!(recorder.active_calls().is_empty());
}
