//! A layer has one state.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use gusset_core::{CallContext, ObserveLayer, Observer};
use gusset_http::{Http, RequestHead};
use gusset_testkit::RecordingObserver;

use crate::positions::{Position, get_all};

const PATHS: [&str; 4] = ["/", "/items/1", "/items/2", "/inner/items/3"];

#[test]
fn one_layer_has_one_state() {
    for position in Position::ALL {
        let recorder = RecordingObserver::new();
        let layer = ObserveLayer::<Http, _>::new(recorder.clone());
        let server = position.serve(&layer);
        for _ in 0..3 {
            get_all(&server, &PATHS);
        }
        drop(server);
        let recorded = recorder.calls();
        assert_eq!(
            (recorded.len(), recorder.in_flight()),
            (12, 0),
            "{position:?}"
        );
        assert!(
            recorded
                .iter()
                .all(|call| call.end == "Complete" && call.status == Some("200"))
        );
    }
}

/// An observer with its own count. It cannot be cloned, so a copy for each route or connection
/// would start again.
struct Counter {
    own: AtomicUsize,
    counted: Arc<Mutex<Vec<usize>>>,
}

impl Observer<Http> for Counter {
    type Call = ();

    fn start(&self, _: RequestHead<'_>, _: &mut CallContext) {
        let number = self.own.fetch_add(1, Ordering::Relaxed);
        self.counted
            .lock()
            .expect("the lock is not poisoned")
            .push(number);
    }
}

#[test]
fn layer_clones_share_the_observer() {
    for position in Position::ALL {
        let counted = Arc::new(Mutex::new(Vec::new()));
        let counter = Counter {
            own: AtomicUsize::new(0),
            counted: counted.clone(),
        };
        let layer = ObserveLayer::<Http, _>::new(counter);
        let server = position.serve(&layer);
        for _ in 0..3 {
            get_all(&server, &PATHS);
        }
        drop(server);
        let counted = counted.lock().expect("the lock is not poisoned");
        assert_eq!(*counted, Vec::from_iter(0..12), "{position:?}");
    }
}

#[test]
fn servers_share_the_state_of_a_layer() {
    let recorder = RecordingObserver::new();
    let layer = ObserveLayer::<Http, _>::new(recorder.clone());
    let servers = Position::ALL.map(|position| position.serve(&layer));
    for server in &servers {
        get_all(server, &PATHS);
    }
    drop(servers);
    assert_eq!((recorder.calls().len(), recorder.in_flight()), (20, 0));
}

#[test]
fn two_layers_have_separate_states() {
    let [one, two] = [RecordingObserver::new(), RecordingObserver::new()];
    let servers = [&one, &two]
        .map(|recorder| Position::Layer.serve(&ObserveLayer::<Http, _>::new(recorder.clone())));
    get_all(&servers[0], &PATHS);
    get_all(&servers[1], &PATHS[..1]);
    drop(servers);
    assert_eq!((one.calls().len(), two.calls().len()), (4, 1));
}

#[test]
fn observers_of_one_layer_record_the_same() {
    let [one, two] = [RecordingObserver::new(), RecordingObserver::new()];
    let layer = ObserveLayer::<Http, _>::new((one.clone(), Some(two.clone())));
    let server = Position::Around.serve(&layer);
    get_all(&server, &PATHS);
    drop(server);
    assert_eq!(one.calls().len(), 4);
    assert_eq!(
        one.calls(),
        two.calls(),
        "to the nanosecond: there is one clock"
    );
}

#[test]
fn unmatched_path_is_recorded_outside_routes() {
    for position in Position::ALL {
        let recorder = RecordingObserver::new();
        let layer = ObserveLayer::<Http, _>::new(recorder.clone());
        let server = position.serve(&layer);
        get_all(&server, &["/nowhere", "/"]);
        drop(server);
        let statuses: Vec<_> = recorder
            .calls()
            .iter()
            .filter_map(|call| call.status)
            .collect();
        let expected: &[_] = match position {
            // axum applies a route layer only to routes.
            Position::RouteLayer => &["200"],
            Position::Hyper => &["200", "200"],
            Position::Layer | Position::Around | Position::AroundPropagated => &["404", "200"],
        };
        assert_eq!(statuses, expected, "{position:?}");
    }
}

#[test]
fn bytes_are_the_same_in_every_position() {
    let of = |position: Position| {
        let layer = ObserveLayer::<Http, _>::new(RecordingObserver::new());
        let responses = get_all(
            &position.serve(&layer),
            &["/", "/items/1", "/named", "/nowhere", "/"],
        );
        gusset_tests::wire::http1(responses.as_bytes())
    };
    let expected = of(Position::Layer);
    for position in [
        Position::RouteLayer,
        Position::Around,
        Position::AroundPropagated,
    ] {
        assert_eq!(of(position), expected, "{position:?}");
    }
}
