//! Panics of an observer are contained.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use gusset_core::{
    BoxObserver, CallContext, CallObserver, CallTracker, CatchPanic, Clock, End, ObserveLayer,
    Observer, Protocol,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Job, Log, Step, Worker, now, throw, throws};

/// Where a [`Faulty`] panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Nowhere,
    Start,
    Enter,
    Exit,
    Response,
    Data,
    End,
}

const HOOKS: [At; 6] = [
    At::Start,
    At::Enter,
    At::Exit,
    At::Response,
    At::Data,
    At::End,
];

/// Panics in one hook, and if asked to again when its call is dropped for it.
#[derive(Clone, Copy, Debug)]
struct Faulty {
    at: At,
    in_drop: bool,
}

struct FaultyCall(Faulty);

impl Faulty {
    fn reach(self, at: At) {
        if self.at == at {
            throw();
        }
    }
}

impl<P: Protocol> Observer<P> for Faulty {
    type Call = FaultyCall;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> FaultyCall {
        self.reach(At::Start);
        FaultyCall(*self)
    }
}

impl<P: Protocol> CallObserver<P> for FaultyCall {
    fn enter(&mut self) {
        self.0.reach(At::Enter);
    }

    fn exit(&mut self) {
        self.0.reach(At::Exit);
    }

    fn on_response(&mut self, _: P::Response<'_>, _: &CallContext) {
        self.0.reach(At::Response);
    }

    fn on_data(&mut self, _: usize, _: &CallContext) {
        self.0.reach(At::Data);
    }

    fn on_end(self, _: End<'_, P>, _: &CallContext) {
        self.0.reach(At::End);
    }
}

impl Drop for FaultyCall {
    fn drop(&mut self) {
        if self.0.in_drop {
            throw();
        }
    }
}

/// Drives a call through every hook with a scribe on each side of the faulty one.
fn others_hear_all(faulty: Faulty) {
    let log = Log::default();
    let observer = (log.scribe("a"), CatchPanic::new(faulty), log.scribe("b"));
    let polls = Cell::new(0);
    let mut track = CallTracker::<Job, _>::start(&observer, &1, Clock::system());
    for _ in 0..2 {
        let polled = track.in_scope(|| {
            polls.set(polls.get() + 1);
            polls.get()
        });
        assert_eq!(polled, polls.get());
    }
    track.on_response(&"done");
    track.on_data(3);
    track.on_data(4);
    track.end(End::Complete(None));

    assert_eq!(polls.get(), 2, "{faulty:?}: each poll happens once");
    let written = [
        "a.start",
        "b.start",
        "a.enter",
        "b.enter",
        "b.exit",
        "a.exit",
        "a.enter",
        "b.enter",
        "b.exit",
        "a.exit",
        "a.response",
        "b.response",
        "a.data 3",
        "b.data 3",
        "a.data 4",
        "b.data 4",
        "b.end Complete success",
        "a.end Complete success",
    ];
    assert_eq!(log.take(), written, "{faulty:?}");
}

#[test]
fn panicking_hook_does_not_affect_other_observers() {
    for at in HOOKS {
        others_hear_all(Faulty { at, in_drop: false });
    }
}

#[test]
fn panicking_drop_does_not_affect_other_observers() {
    others_hear_all(Faulty {
        at: At::Nowhere,
        in_drop: true,
    });
}

#[test]
fn second_panic_in_drop_does_not_abort_the_process() {
    // Without those that own the call: to drop it is theirs to survive.
    for at in [At::Enter, At::Exit, At::Response, At::Data] {
        others_hear_all(Faulty { at, in_drop: true });
    }
}

#[test]
fn panicking_hook_does_not_change_the_response() {
    for at in HOOKS {
        let log = Log::default();
        let observer = (
            CatchPanic::new(Faulty { at, in_drop: false }),
            log.scribe("a"),
        );
        let layer = ObserveLayer::<Job, _>::new(observer);
        assert_eq!(
            now(layer.layer(Worker::new([Step::Done])).call(1)),
            Ok("done"),
            "{at:?}"
        );
        assert_eq!(log.ends(), ["Complete success"], "{at:?}");
    }
}

#[test]
fn panic_of_the_service_reaches_other_observers_despite_a_panicking_one() {
    for at in HOOKS {
        let log = Log::default();
        let observer = (
            CatchPanic::new(Faulty { at, in_drop: false }),
            log.scribe("a"),
        );
        let layer = ObserveLayer::<Job, _>::new(observer);
        let mut service = layer.layer(Worker::new([Step::Throw]));
        assert!(throws(|| now(service.call(1))), "{at:?}");
        assert_eq!(log.ends(), ["Panicked(Headers) server_error"], "{at:?}");
    }
}

#[test]
fn panic_of_the_service_is_reported_to_a_wrapped_observer() {
    let log = Log::default();
    let layer = ObserveLayer::<Job, _>::new(CatchPanic::new(log.scribe("a")));
    let mut service = layer.layer(Worker::new([Step::Throw]));
    assert!(throws(|| now(service.call(1))));
    assert_eq!(log.ends(), ["Panicked(Headers) server_error"]);
}

#[test]
fn observer_that_panicked_is_skipped_until_the_next_call() {
    /// Panics in the first piece of a body, whichever call it is of, and writes down the ends.
    struct Once(Log, std::sync::atomic::AtomicBool);
    struct OnceCall(Log, bool);
    impl<P: Protocol> Observer<P> for Once {
        type Call = OnceCall;
        fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> OnceCall {
            let first = !self.1.swap(true, std::sync::atomic::Ordering::Relaxed);
            OnceCall(self.0.clone(), first)
        }
    }
    impl<P: Protocol> CallObserver<P> for OnceCall {
        fn on_data(&mut self, len: usize, _: &CallContext) {
            self.0.write(format!("data {len}"));
            if self.1 {
                throw();
            }
        }
        fn on_end(self, end: End<'_, P>, _: &CallContext) {
            self.0.write(format!("{end:?}"));
        }
    }

    let log = Log::default();
    let observer = CatchPanic::new(Once(log.clone(), false.into()));
    for _ in 0..2 {
        let mut track = CallTracker::<Job, _>::start(&observer, &1, Clock::system());
        track.on_data(1);
        track.on_data(2);
        track.end(End::Complete(None));
    }
    assert_eq!(log.take(), ["data 1", "data 1", "data 2", "Complete"]);
}

#[test]
fn panicking_panic_payload_is_contained() {
    struct Payload;
    impl Drop for Payload {
        fn drop(&mut self) {
            throw();
        }
    }

    #[derive(Clone, Copy)]
    struct Mean(At);
    impl<P: Protocol> Observer<P> for Mean {
        type Call = Self;
        fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
            self.reach(At::Start);
            *self
        }
    }
    impl<P: Protocol> CallObserver<P> for Mean {
        fn enter(&mut self) {
            self.reach(At::Enter);
        }
        fn on_response(&mut self, _: P::Response<'_>, _: &CallContext) {
            self.reach(At::Response);
        }
        fn on_end(self, _: End<'_, P>, _: &CallContext) {
            self.reach(At::End);
        }
    }
    impl Mean {
        fn reach(self, at: At) {
            if self.0 == at {
                std::panic::resume_unwind(Box::new(Payload));
            }
        }
    }

    for at in [At::Start, At::Enter, At::Response, At::End] {
        let log = Log::default();
        let layer = ObserveLayer::<Job, _>::new((CatchPanic::new(Mean(at)), log.scribe("a")));
        let mut service = layer.layer(Worker::new([Step::Done]));
        let answer = catch_unwind(AssertUnwindSafe(|| now(service.call(1))));
        // Forgotten, or it would throw once more, at the harness.
        let answer = answer.map_err(std::mem::forget);
        assert_eq!(answer, Ok(Ok("done")), "{at:?}");
        assert_eq!(log.ends(), ["Complete success"], "{at:?}");
    }
}

#[test]
fn observers_that_have_entered_exit_if_a_later_one_panics() {
    for at in [At::Enter, At::Exit] {
        let log = Log::default();
        let faulty = Faulty { at, in_drop: false };
        let observer = CatchPanic::new((log.scribe("a"), faulty, log.scribe("b")));
        let mut track = CallTracker::<Job, _>::start(&observer, &1, Clock::system());
        log.take();
        for poll in 0..2 {
            assert_eq!(track.in_scope(|| poll), poll);
        }
        let written = match at {
            At::Enter => vec!["a.enter", "a.exit"],
            _ => vec!["a.enter", "b.enter", "b.exit", "a.exit"],
        };
        assert_eq!(
            log.take(),
            written,
            "{at:?}: the group is given up after that"
        );
    }
}

#[test]
fn observers_of_a_list_exit_if_one_of_them_panics() {
    for at in [At::Enter, At::Exit] {
        let log = Log::default();
        let faulty = Faulty { at, in_drop: false };
        let observers: Vec<BoxObserver<Job>> = vec![
            BoxObserver::new(log.scribe("a")),
            BoxObserver::new(faulty),
            BoxObserver::new(log.scribe("b")),
        ];
        let observer = CatchPanic::new(observers);
        let mut track = CallTracker::<Job, _>::start(&observer, &1, Clock::system());
        log.take();
        track.in_scope(|| ());
        let written = match at {
            At::Enter => vec!["a.enter", "a.exit"],
            _ => vec!["a.enter", "b.enter", "b.exit", "a.exit"],
        };
        assert_eq!(log.take(), written, "{at:?}");
    }
}
