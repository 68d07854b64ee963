//! Whatever observers are put together in, every hook reaches each of them once, in order.

use std::sync::Arc;

use gusset_core::{
    BoxObserver, CallTracker, CatchPanic, Clock, End, FilteredObserver, Observer, PooledObserver,
};

use crate::support::{Job, Log};

/// Drives one call through every hook, and compares what these scribes wrote:
/// all but exits and ends in their order, exits and ends reversed.
fn assert_forwards<O: Observer<Job>>(observer: &O, log: &Log, names: &[&str]) {
    let mut track = CallTracker::<Job, _>::start(observer, &1, Clock::system());
    let polled = track.in_scope(|| {
        log.write("poll".to_owned());
        7
    });
    assert_eq!(polled, 7);
    track.on_response(&"done");
    track.on_data(3);
    track.on_data(0);
    track.end(End::Complete(None));
    drop(track);

    let all = |what: &str| {
        names
            .iter()
            .map(|name| format!("{name}.{what}"))
            .collect::<Vec<_>>()
    };
    let reversed = |what: &str| all(what).into_iter().rev().collect::<Vec<_>>();
    let expected = [
        all("start"),
        all("enter"),
        vec!["poll".to_owned()],
        reversed("exit"),
        all("response"),
        all("data 3"),
        all("data 0"),
        reversed("end Complete success"),
    ];
    assert_eq!(log.take(), expected.concat());
}

/// As many scribes as there are names, as a tuple.
macro_rules! assert_tuple_forwards {
    ($($name:ident)+) => {{
        let log = Log::default();
        let tuple = ($(log.scribe(stringify!($name)),)+);
        assert_forwards(&tuple, &log, &[$(stringify!($name)),+]);
    }};
}

#[test]
fn tuples_of_any_length_forward_every_hook() {
    assert_tuple_forwards!(a);
    assert_tuple_forwards!(a b);
    assert_tuple_forwards!(a b c);
    assert_tuple_forwards!(a b c d);
    assert_tuple_forwards!(a b c d e);
    assert_tuple_forwards!(a b c d e f);
    assert_tuple_forwards!(a b c d e f g);
    assert_tuple_forwards!(a b c d e f g h);
}

#[test]
fn nested_tuples_are_called_in_reading_order() {
    let log = Log::default();
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| log.scribe(name));
    assert_forwards(&((a, b), (c, (d,))), &log, &["a", "b", "c", "d"]);
}

#[test]
fn option_forwards_every_hook_to_its_observer() {
    let log = Log::default();
    assert_forwards(&Some(log.scribe("a")), &log, &["a"]);
    assert_forwards(
        &(log.scribe("a"), None::<()>, Some(log.scribe("b"))),
        &log,
        &["a", "b"],
    );
    assert_forwards(&None::<()>, &log, &[]);
}

#[test]
fn vecs_of_any_length_forward_every_hook() {
    let log = Log::default();
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    for count in 0..=names.len() {
        let scribes: Vec<_> = names[..count].iter().map(|name| log.scribe(name)).collect();
        assert_forwards(&scribes, &log, &names[..count]);
    }
}

#[test]
fn arc_box_and_catch_panic_forward_every_hook() {
    let log = Log::default();
    assert_forwards(&Arc::new(log.scribe("a")), &log, &["a"]);
    assert_forwards(&BoxObserver::<Job>::new(log.scribe("a")), &log, &["a"]);
    assert_forwards(&CatchPanic::new(log.scribe("a")), &log, &["a"]);
    let pooled = PooledObserver::new((log.scribe("a"), log.scribe("b")));
    // The second call has the memory of the first one.
    for _ in 0..2 {
        assert_forwards(&pooled, &log, &["a", "b"]);
    }
}

#[test]
fn nested_compositions_forward_every_hook() {
    let log = Log::default();
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| log.scribe(name));
    let boxes: Vec<BoxObserver<Job>> = vec![
        BoxObserver::new((a, Some(b))),
        BoxObserver::new(()),
        BoxObserver::new(Arc::new(CatchPanic::new(vec![c]))),
        BoxObserver::new(BoxObserver::new(FilteredObserver::new(d, |_: &u32| true))),
    ];
    assert_forwards(&boxes, &log, &["a", "b", "c", "d"]);
}

#[test]
fn filter_forwards_every_hook_of_selected_calls_only() {
    let log = Log::default();
    let inside = FilteredObserver::new((log.scribe("a"), log.scribe("b")), |job: &u32| *job == 1);
    assert_forwards(&inside, &log, &["a", "b"]);
    let outside = FilteredObserver::new((log.scribe("a"), log.scribe("b")), |job: &u32| *job != 1);
    assert_forwards(&outside, &log, &[]);
}

#[test]
fn call_is_observed_if_the_filter_panics() {
    let log = Log::default();
    let panics = || gusset_core::predicate_panics();
    let before = panics();
    let filter = FilteredObserver::new(log.scribe("a"), |_: &u32| panic!("on purpose"));
    assert_forwards(&filter, &log, &["a"]);
    assert!(panics() > before);
}

#[test]
fn unreported_end_reaches_observers_in_reverse_order() {
    let log = Log::default();
    let observer = (log.scribe("a"), vec![log.scribe("b"), log.scribe("c")]);
    drop(CallTracker::<Job, _>::start(&observer, &1, Clock::system()));
    let end = "end Cancelled(Headers) cancelled";
    let expected = ["a.start", "b.start", "c.start"]
        .map(str::to_owned)
        .into_iter();
    let expected = expected.chain(["c", "b", "a"].map(|name| format!("{name}.{end}")));
    assert_eq!(log.take(), expected.collect::<Vec<_>>());
}

#[test]
fn no_hook_runs_after_the_end() {
    let log = Log::default();
    let mut track = CallTracker::<Job, _>::start(&log.scribe("a"), &1, Clock::system());
    track.end(End::Upgraded);
    assert!(!track.is_active());
    log.take();

    assert_eq!(track.in_scope(|| 7), 7);
    track.on_response(&"done");
    track.on_data(3);
    track.mark_delivered();
    track.end(End::Complete(None));
    drop(track);
    assert_eq!(log.take(), [""; 0]);
}
