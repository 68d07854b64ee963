//! Admission, rejection, permits, and what outer observers see.

use std::panic::panic_any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gusset_core::{
    Admission, AdmissionLayer, CallContext, CallObserver, End, ObserveLayer, Protocol, Rejected,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Failed, Job, Log, Scribe, Step, Thrown, Worker, now, throws};

/// Admits all calls or none; its permits are scribes.
pub(crate) struct Doorman {
    permit: Scribe,
    open: bool,
}

impl Doorman {
    pub(crate) fn open(log: &Log) -> Self {
        Self {
            permit: log.scribe("a"),
            open: true,
        }
    }

    pub(crate) fn closed(log: &Log) -> Self {
        Self {
            permit: log.scribe("a"),
            open: false,
        }
    }
}

impl<P: Protocol> Admission<P> for Doorman {
    type Permit = Scribe;
    type Rejection = Rejected;

    fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<Scribe, Rejected> {
        let refused = Rejected::new("doorman").with_retry_after(Duration::from_secs(2));
        self.open.then(|| self.permit.clone()).ok_or(refused)
    }
}

impl From<Rejected> for Failed {
    fn from(_: Rejected) -> Self {
        Self
    }
}

#[test]
fn permit_receives_every_kind_of_end() {
    let ends = [
        (Step::Done, "Complete success"),
        (
            Step::Fail,
            r#"Failed(Headers, Failure("_OTHER")) server_error"#,
        ),
        (Step::Pending, "Cancelled(Headers) cancelled"),
        (Step::Throw, "Panicked(Headers) server_error"),
    ];
    for (step, end) in ends {
        let log = Log::default();
        let mut service =
            AdmissionLayer::<Job, _>::new(Doorman::open(&log)).layer(Worker::new([step]));
        let future = service.call(1);
        throws(|| Box::pin(future).as_mut().poll(&mut context()).is_ready());
        assert_eq!(log.ends(), [end]);
    }
}

#[test]
fn panic_in_call_is_reported_to_the_permit() {
    let log = Log::default();
    let worker = Worker {
        throws_in_call: true,
        script: vec![],
    };
    let mut service = AdmissionLayer::<Job, _>::new(Doorman::open(&log)).layer(worker);
    assert!(throws(|| drop(service.call(1))));
    assert_eq!(log.ends(), ["Panicked(Headers) server_error"]);
}

#[test]
fn rejected_call_is_answered_without_the_service() {
    let log = Log::default();
    // Would panic if it were called.
    let worker = || Worker {
        throws_in_call: true,
        script: vec![],
    };
    let layer = AdmissionLayer::<Job, _>::new(Doorman::closed(&log));
    assert_eq!(
        now(layer.layer(worker()).call(1)),
        Err(Failed),
        "with the service's own error"
    );

    let answering = layer.respond_with(|refused: Rejected| {
        assert_eq!(
            (refused.rejected_by(), refused.retry_after()),
            ("doorman", Some(Duration::from_secs(2)))
        );
        "no"
    });
    assert_eq!(
        now(answering.layer(worker()).call(1)),
        Ok("no"),
        "with an answer"
    );
    assert_eq!(
        log.take(),
        [""; 0],
        "there is no permit, so there is no call"
    );
}

#[test]
fn panic_in_a_response_without_default_goes_on_and_is_counted() {
    /// Rejects every call and counts the panics.
    struct Counting(Arc<AtomicUsize>);

    impl<P: Protocol> Admission<P> for Counting {
        type Permit = ();
        type Rejection = Rejected;

        fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<(), Rejected> {
            Err(Rejected::new("counting"))
        }

        fn on_respond_panic(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    let panics = Arc::new(AtomicUsize::new(0));
    let layer = AdmissionLayer::<Job, _>::new(Counting(panics.clone()));
    let layer = layer.respond_with(|_: Rejected| panic_any(Thrown));
    let mut service = layer.layer(Worker::new([]));
    assert!(throws(|| drop(service.call(1))));
    assert_eq!(panics.load(Ordering::Relaxed), 1);
}

#[test]
fn rejected_call_dropped_before_its_first_poll_is_not_reported() {
    let log = Log::default();
    let layer = AdmissionLayer::<Job, _>::new(Doorman::closed(&log));
    drop(layer.layer(Worker::new([])).call(1));
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn outer_observers_see_a_rejection_and_not_a_failure() {
    /// Fails with whatever a guard fails with, as services with a boxed error do.
    struct Boxed(Worker);
    impl Service<u32> for Boxed {
        type Response = &'static str;
        type Error = Box<dyn std::error::Error + Send + Sync>;
        type Future = std::future::Ready<Result<&'static str, Self::Error>>;
        fn poll_ready(
            &mut self,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), Self::Error>> {
            std::task::Poll::Ready(Ok(()))
        }
        fn call(&mut self, job: u32) -> Self::Future {
            drop(self.0.call(job));
            std::future::ready(Ok("done"))
        }
    }

    let log = Log::default();
    let observe = ObserveLayer::<Job, _>::new(log.scribe("a"));
    let guard = AdmissionLayer::<Job, _>::new(Doorman::closed(&log));
    let mut service = observe.layer(guard.layer(Boxed(Worker::new([]))));
    assert!(now(service.call(1)).unwrap_err().is::<Rejected>());
    assert_eq!(
        log.ends(),
        [r#"Failed(Headers, Failure("_OTHER")) rejected"#]
    );
}

#[test]
fn service_runs_in_the_scope_of_its_permit() {
    let log = Log::default();
    let layer = AdmissionLayer::<Job, _>::new(Doorman::open(&log));
    assert_eq!(
        now(layer.layer(Worker::new([Step::Done])).call(1)),
        Ok("done")
    );
    let written = [
        "a.enter",
        "a.exit",
        "a.enter",
        "a.exit",
        "a.response",
        "a.end Complete success",
    ];
    assert_eq!(log.take(), written);
}

#[test]
fn services_of_one_layer_share_its_policy() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Admits a limited number of calls.
    struct Places(AtomicUsize);
    impl<P: Protocol> Admission<P> for Places {
        type Permit = Nothing;
        type Rejection = Rejected;
        fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<Nothing, Rejected> {
            let taken = self
                .0
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
            taken.map(|_| Nothing).map_err(|_| Rejected::new("places"))
        }
    }
    struct Nothing;
    impl<P: Protocol> CallObserver<P> for Nothing {
        fn on_end(self, _: End<'_, P>, _: &CallContext) {}
    }

    let layer = AdmissionLayer::<Job, _>::new(Places(2.into())).respond_with(|_: Rejected| "no");
    let worker = || Worker::new([Step::Done]);
    assert_eq!(now(layer.layer(worker()).call(1)), Ok("done"));
    assert_eq!(now(layer.clone().layer(worker()).call(1)), Ok("done"));
    assert_eq!(now(layer.layer(worker()).call(1)), Ok("no"));
}

/// Closed while its switch is on.
struct Shutter(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Admission<Job> for Shutter {
    type Permit = ();
    type Rejection = Rejected;

    fn admit(&self, _: &u32, _: &mut CallContext) -> Result<(), Rejected> {
        Ok(())
    }
    fn is_closed(&self, _: &gusset_core::Clock) -> bool {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
    fn reject(&self, _: &u32, _: &mut CallContext) -> Option<Rejected> {
        Some(Rejected::new("shutter"))
    }
}

/// Counts how often it is touched, and is never ready.
#[derive(Clone, Default)]
struct Hanging(std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl Service<u32> for Hanging {
    type Response = &'static str;
    type Error = Failed;
    type Future = std::future::Ready<Result<&'static str, Failed>>;
    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Failed>> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        std::task::Poll::Pending
    }
    fn call(&mut self, _: u32) -> Self::Future {
        unreachable!("it was never ready")
    }
}

#[test]
fn closed_admission_rejects_without_polling_the_service() {
    let shut = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let hanging = Hanging::default();
    let mut service = AdmissionLayer::<Job, _>::new(Shutter(shut.clone())).layer(hanging.clone());
    assert_eq!(
        service.poll_ready(&mut context()),
        std::task::Poll::Ready(Ok(()))
    );
    let mut clone = service.clone();
    // Opens before the call: the service was not readied, so it cannot be called.
    shut.store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(now(service.call(1)), Err(Failed));
    assert_eq!(hanging.0.load(std::sync::atomic::Ordering::Relaxed), 0);
    // Neither the next call nor a clone inherits that readiness.
    assert!(service.poll_ready(&mut context()).is_pending());
    assert!(clone.poll_ready(&mut context()).is_pending());
}

fn context() -> std::task::Context<'static> {
    std::task::Context::from_waker(std::task::Waker::noop())
}
