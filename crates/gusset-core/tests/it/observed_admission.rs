//! Observers and a policy in one driver: what two layers are, to each of them.

use std::panic::panic_any;
use std::pin::pin;
use std::task::{Context, Waker};

use gusset_core::{AdmissionLayer, ObserveLayer, Rejected};
use tower_layer::Layer;
use tower_service::Service;

use crate::admission::Doorman;
use crate::support::{Failed, Job, Log, Step, Thrown, Worker, now, throws};

/// Polls a call of a service until it is ready, unwinds or waits, and drops it.
fn drive<S: Service<u32, Response = &'static str, Error = Failed>>(mut service: S) -> bool {
    throws(|| {
        let mut call = pin!(service.call(1));
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..2 {
            if call.as_mut().poll(&mut cx).is_ready() {
                break;
            }
        }
    })
}

/// Returns the lines of the observer and of the permit, each in order. Those of polls are left out for rejected
/// calls: one driver has no service to poll then.
fn lines(log: &Log, has_polls: bool) -> [Vec<String>; 2] {
    let mut written = log.take();
    written.retain(|line| has_polls || !(line.ends_with(".enter") || line.ends_with(".exit")));
    ["o.", "a."].map(|of| {
        let own = written.iter().filter(|line| line.starts_with(of));
        own.cloned().collect()
    })
}

fn worker(script: &[Step]) -> Worker {
    Worker::new(script)
}

#[test]
fn one_driver_reports_what_two_report() {
    let scripts: [&[Step]; 5] = [
        &[Step::Done],
        &[Step::Pending, Step::Done],
        &[Step::Fail],
        &[Step::Pending, Step::Pending],
        &[Step::Throw],
    ];
    let log = Log::default();
    for (script, is_open) in scripts.into_iter().flat_map(|it| [(it, true), (it, false)]) {
        let admission = || {
            AdmissionLayer::<Job, _>::new(match is_open {
                true => Doorman::open(&log),
                false => Doorman::closed(&log),
            })
        };
        let observe = || ObserveLayer::<Job, _>::new(log.scribe("o"));
        // Rejected calls fail, are answered, or unwind.
        let panicking = |_: Rejected| -> &'static str { panic_any(Thrown) };
        let two = [
            drive(observe().layer(admission().layer(worker(script)))),
            drive(observe().layer(admission().respond_with(|_| "no").layer(worker(script)))),
            drive(observe().layer(admission().respond_with(panicking).layer(worker(script)))),
        ];
        let of_two = lines(&log, is_open);
        let one = [
            drive(observe().admit(admission()).layer(worker(script))),
            drive(
                observe()
                    .admit(admission().respond_with(|_| "no"))
                    .layer(worker(script)),
            ),
            drive(
                observe()
                    .admit(admission().respond_with(panicking))
                    .layer(worker(script)),
            ),
        ];
        assert_eq!(one, two, "{script:?}");
        assert_eq!(lines(&log, is_open), of_two, "{script:?}");
        assert_eq!(
            of_two[1].is_empty(),
            !is_open,
            "a permit is that of an admitted call"
        );
    }
}

#[test]
fn observers_further_out_recognise_the_rejection() {
    let log = Log::default();
    let admission = AdmissionLayer::<Job, _>::new(Doorman::closed(&log));
    let inner = ObserveLayer::<Job, _>::new(log.scribe("i")).admit(admission);
    let outer = ObserveLayer::<Job, _>::new(log.scribe("a"));
    let answer = now(outer.layer(inner.layer(worker(&[]))).call(1));
    assert_eq!(answer, Err(Failed));
    assert_eq!(log.ends().len(), 1);
    assert_eq!(
        now(outer.layer(inner.layer(worker(&[]))).call(1)),
        Err(Failed)
    );
    assert_eq!(
        log.ends(),
        [r#"Failed(Headers, Failure("_OTHER")) rejected"#]
    );
}
