//! The service that was polled ready is the one that is called, without further requirements.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use gusset_core::{AdmissionLayer, ObserveLayer};
use tower_layer::Layer;
use tower_service::Service;

use crate::admission::Doorman;
use crate::support::{Failed, Job, Log, now};

/// Panics if it is called before it was readied. A clone starts unready.
#[derive(Debug, Default)]
struct Picky {
    ready: bool,
    fails: bool,
}

impl Clone for Picky {
    fn clone(&self) -> Self {
        Self {
            ready: false,
            fails: self.fails,
        }
    }
}

impl Service<u32> for Picky {
    type Response = &'static str;
    type Error = Failed;
    type Future = Ready<Result<&'static str, Failed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        if self.fails {
            return Poll::Ready(Err(Failed));
        }
        if self.ready {
            return Poll::Ready(Ok(()));
        }
        self.ready = true;
        Poll::Pending
    }

    fn call(&mut self, _: u32) -> Self::Future {
        assert!(
            std::mem::take(&mut self.ready),
            "called without being ready"
        );
        ready(Ok("done"))
    }
}

fn ready_then_call<S>(mut service: S)
where
    S: Service<u32, Response = &'static str, Error = Failed> + Clone,
{
    let cx = &mut Context::from_waker(Waker::noop());
    for _ in 0..2 {
        assert!(
            service.poll_ready(cx).is_pending(),
            "back-pressure is passed on"
        );
        assert_eq!(service.poll_ready(cx), Poll::Ready(Ok(())));
        // Clones do not affect the service that was polled ready.
        let mut clone = service.clone();
        assert!(
            clone.poll_ready(cx).is_pending(),
            "a clone is not ready because its origin is"
        );
        assert_eq!(now(service.call(1)), Ok("done"));
    }
}

#[test]
fn observe_calls_the_service_that_was_ready() {
    let log = Log::default();
    let layer = ObserveLayer::<Job, _>::new(log.scribe("a"));
    ready_then_call(layer.layer(Picky::default()));
    assert_eq!(log.ends(), ["Complete success"; 2]);
}

#[test]
fn admission_calls_the_service_that_was_ready() {
    let log = Log::default();
    let layer = AdmissionLayer::<Job, _>::new(Doorman::open(&log));
    ready_then_call(layer.layer(Picky::default()));
    assert_eq!(log.ends(), ["Complete success"; 2]);
}

#[test]
fn readiness_error_is_returned_and_not_recorded() {
    let (log, cx) = (Log::default(), &mut Context::from_waker(Waker::noop()));
    let fails = || Picky {
        ready: false,
        fails: true,
    };
    let mut observed = ObserveLayer::<Job, _>::new(log.scribe("a")).layer(fails());
    assert_eq!(observed.poll_ready(cx), Poll::Ready(Err(Failed)));
    let mut guarded = AdmissionLayer::<Job, _>::new(Doorman::open(&log)).layer(fails());
    assert_eq!(guarded.poll_ready(cx), Poll::Ready(Err(Failed)));
    assert_eq!(log.take(), [""; 0]);
}

/// Neither `Clone` nor `Send` nor `Sync` nor `Debug`, and its future is no better.
struct Homebody(Rc<str>);

struct Stays(Rc<str>, PhantomData<*const ()>);

impl Service<u32> for Homebody {
    type Response = &'static str;
    type Error = Failed;
    type Future = Stays;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: u32) -> Stays {
        Stays(self.0.clone(), PhantomData)
    }
}

impl Future for Stays {
    type Output = Result<&'static str, Failed>;

    fn poll(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(if &*self.0 == "home" {
            Ok("done")
        } else {
            Err(Failed)
        })
    }
}

#[test]
fn services_that_are_neither_clone_nor_send_are_accepted() {
    let log = Log::default();
    let observe = ObserveLayer::<Job, _>::new(log.scribe("a"));
    let guard = AdmissionLayer::<Job, _>::new(Doorman::open(&log));
    let mut service = observe.layer(guard.layer(Homebody("home".into())));
    assert_eq!(now(service.call(1)), Ok("done"));
    // The permit ends first: it is further in.
    assert_eq!(log.ends(), ["Complete success"; 2]);
}
