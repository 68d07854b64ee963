//! Polls that block their thread.

use std::future::ready;

use gusset_testkit::EventRecorder;
use tracing::Level;

use crate::{Monitored, ROUTE, ms, poll, reply, respond};

fn call_for(it: &Monitored, millis: u64) {
    let hand = it.hand.clone();
    drop(respond(it.call(ROUTE, move || {
        let hand = hand.clone();
        async move {
            hand.advance(ms(millis));
            reply()
        }
    })));
}

fn long_polls(it: &Monitored) -> Option<u64> {
    use gusset_system::{Snapshot, Source as _};
    let mut snapshot = Snapshot::default();
    it.monitor.source().read(&mut snapshot);
    snapshot.service.routes.unwrap()[0].slow_polls
}

#[test]
fn poll_over_the_limit_is_counted_and_logged_with_route_and_thread() {
    let it = Monitored::new();
    let events = EventRecorder::new(Level::WARN);
    events.record(|| {
        call_for(&it, 100);
        assert!(events.events().is_empty(), "not over the limit");
        call_for(&it, 101);
    });
    assert_eq!(long_polls(&it), Some(1));
    let [event] = &events.events()[..] else {
        panic!("{:?}", events.events());
    };
    assert_eq!(event.level, Level::WARN);
    assert_eq!(event.field("http.route"), Some(ROUTE));
    assert_eq!(event.field("gusset.poll.duration"), Some("0.101"));
    let name = std::thread::current().name().map(str::to_owned);
    assert_eq!(event.field("thread.name"), name.as_deref());
    let is_known = event.field("thread.id") != Some("0");
    assert_eq!(is_known, cfg!(target_os = "linux"), "{event}");
    let message = event.field("message").unwrap();
    assert!(
        message.contains("101ms") && message.contains("spawn_blocking"),
        "{message}"
    );
}

#[test]
fn events_are_limited_to_one_a_second_and_counted_all() {
    let it = Monitored::new();
    let events = EventRecorder::new(Level::WARN);
    events.record(|| {
        for _ in 0..6 {
            call_for(&it, 300);
        }
    });
    assert_eq!(long_polls(&it), Some(6));
    assert_eq!(events.events().len(), 2, "in 1.8 s: {:?}", events.events());
}

#[test]
fn limit_can_be_set() {
    let it = Monitored::with(|builder| builder.long_poll(ms(10)));
    let events = EventRecorder::new(Level::WARN);
    events.record(|| call_for(&it, 11));
    assert_eq!((long_polls(&it), events.events().len()), (Some(1), 1));
}

#[test]
fn long_waiting_is_no_long_poll() {
    let it = Monitored::new();
    let mut call = it.call(ROUTE, std::future::pending);
    for _ in 0..3 {
        assert!(poll(&mut call).is_pending());
        it.advance(5_000);
    }
    drop(call);
    drop(respond(it.call(ROUTE, || ready(reply()))));
    assert_eq!(long_polls(&it), Some(0));
}

#[test]
fn poll_that_has_not_returned_is_seen_from_inside() {
    let it = std::sync::Arc::new(Monitored::new());
    let inside = it.clone();
    drop(respond(it.call(ROUTE, move || {
        let it = inside.clone();
        async move {
            it.advance(250);
            let poll = it.in_flight(ROUTE).longest_poll.unwrap();
            assert_eq!(poll.duration, ms(250));
            reply()
        }
    })));
    assert_eq!(it.in_flight(ROUTE).longest_poll, None);
}
