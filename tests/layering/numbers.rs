//! One layer's value, one set of numbers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use gusset_core::{CallContext, ObserveLayer, Observer};
use gusset_http::{Http, RequestHead};
use gusset_testkit::RecordingObserver;

use crate::serving::{Place, ask};

const PATHS: [&str; 4] = ["/", "/items/1", "/items/2", "/inner/items/3"];

#[test]
fn all_routes_and_all_connections_of_a_layer_count_into_one_set() {
    for place in Place::ALL {
        let witness = RecordingObserver::new();
        let layer = ObserveLayer::<Http, _>::new(witness.clone());
        let server = place.serve(&layer);
        for _ in 0..3 {
            ask(&server, &PATHS);
        }
        drop(server);
        let facts = witness.calls();
        assert_eq!((facts.len(), witness.in_flight()), (12, 0), "{place:?}");
        assert!(
            facts
                .iter()
                .all(|fact| fact.end == "Complete" && fact.status == Some("200"))
        );
    }
}

/// An observer whose number is its own, and which cannot be cloned: were it made anew for a route
/// or a connection, it would begin to count again.
struct Counter {
    own: AtomicUsize,
    told: Arc<Mutex<Vec<usize>>>,
}

impl Observer<Http> for Counter {
    type Call = ();

    fn start(&self, _: RequestHead<'_>, _: &mut CallContext) {
        let number = self.own.fetch_add(1, Ordering::Relaxed);
        self.told
            .lock()
            .expect("nobody panics with it")
            .push(number);
    }
}

#[test]
fn the_state_of_an_observer_is_there_once_for_a_layer_and_its_clones() {
    for place in Place::ALL {
        let told = Arc::new(Mutex::new(Vec::new()));
        let counter = Counter {
            own: AtomicUsize::new(0),
            told: told.clone(),
        };
        let layer = ObserveLayer::<Http, _>::new(counter);
        let server = place.serve(&layer);
        for _ in 0..3 {
            ask(&server, &PATHS);
        }
        drop(server);
        let told = told.lock().expect("nobody panics with it");
        assert_eq!(*told, Vec::from_iter(0..12), "{place:?}");
    }
}

#[test]
fn all_servers_of_a_layer_count_into_one_set() {
    let witness = RecordingObserver::new();
    let layer = ObserveLayer::<Http, _>::new(witness.clone());
    let servers = Place::ALL.map(|place| place.serve(&layer));
    for server in &servers {
        ask(server, &PATHS);
    }
    drop(servers);
    assert_eq!((witness.calls().len(), witness.in_flight()), (20, 0));
}

#[test]
fn two_layers_count_into_two_sets() {
    let [one, two] = [RecordingObserver::new(), RecordingObserver::new()];
    let servers = [&one, &two]
        .map(|witness| Place::Layer.serve(&ObserveLayer::<Http, _>::new(witness.clone())));
    ask(&servers[0], &PATHS);
    ask(&servers[1], &PATHS[..1]);
    drop(servers);
    assert_eq!((one.calls().len(), two.calls().len()), (4, 1));
}

#[test]
fn two_observers_in_one_layer_are_told_the_same() {
    let [one, two] = [RecordingObserver::new(), RecordingObserver::new()];
    let layer = ObserveLayer::<Http, _>::new((one.clone(), Some(two.clone())));
    let server = Place::Around.serve(&layer);
    ask(&server, &PATHS);
    drop(server);
    assert_eq!(one.calls().len(), 4);
    assert_eq!(
        one.calls(),
        two.calls(),
        "to the nanosecond: there is one clock"
    );
}

#[test]
fn a_path_without_a_route_is_counted_where_the_layer_sees_it() {
    for place in Place::ALL {
        let witness = RecordingObserver::new();
        let layer = ObserveLayer::<Http, _>::new(witness.clone());
        let server = place.serve(&layer);
        ask(&server, &["/nowhere", "/"]);
        drop(server);
        let statuses: Vec<_> = witness
            .calls()
            .iter()
            .filter_map(|fact| fact.status)
            .collect();
        let expected: &[_] = match place {
            // axum puts a route layer on routes alone.
            Place::RouteLayer => &["200"],
            Place::Hyper => &["200", "200"],
            Place::Layer | Place::Around | Place::AroundNamed => &["404", "200"],
        };
        assert_eq!(statuses, expected, "{place:?}");
    }
}

#[test]
fn the_bytes_are_the_same_wherever_the_layer_is() {
    let of = |place: Place| {
        let layer = ObserveLayer::<Http, _>::new(RecordingObserver::new());
        let answers = ask(
            &place.serve(&layer),
            &["/", "/items/1", "/named", "/nowhere", "/"],
        );
        gusset_tests::wire::http1(answers.as_bytes())
    };
    let expected = of(Place::Layer);
    for place in [Place::RouteLayer, Place::Around, Place::AroundNamed] {
        assert_eq!(of(place), expected, "{place:?}");
    }
}
