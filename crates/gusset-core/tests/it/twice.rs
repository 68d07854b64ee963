//! A request that passes two layers is observed once, and every other request is observed.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use gusset_core::{
    BoxObserver, CallContext, CallObserver, CatchPanic, End, FilteredObserver, ObserveLayer,
    Observer, ObserverId, Protocol, RequestResponse,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{now, throws};

type Job = RequestResponse<u32, u32>;

/// Counts the starts and the ends of calls.
#[derive(Clone, Default)]
struct Count(Arc<[AtomicUsize; 2]>);

impl Count {
    fn calls(&self) -> usize {
        let [started, ended] = &*self.0;
        assert_eq!(
            started.load(Ordering::Relaxed),
            ended.load(Ordering::Relaxed)
        );
        ended.load(Ordering::Relaxed)
    }
}

impl<P: Protocol> Observer<P> for Count {
    type Call = Self;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        self.0[0].fetch_add(1, Ordering::Relaxed);
        self.clone()
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.0)
    }
}

impl<P: Protocol> CallObserver<P> for Count {
    fn on_end(self, _: End<'_, P>, _: &CallContext) {
        self.0[1].fetch_add(1, Ordering::Relaxed);
    }
}

/// As `Count`, and without an identity that its clones share.
#[derive(Clone, Default)]
struct Anonymous(Count);

impl<P: Protocol> Observer<P> for Anonymous {
    type Call = Count;

    fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> Count {
        Observer::<P>::start(&self.0, req, cx)
    }
}

/// A service that runs a function in `call`, or in the first poll.
#[derive(Clone)]
struct Run<F> {
    function: F,
    lazily: bool,
}

impl<F: FnMut(u32) -> u32 + Clone + Unpin> Service<u32> for Run<F> {
    type Response = u32;
    type Error = Infallible;
    type Future = futures_either::Either<F>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, job: u32) -> Self::Future {
        if self.lazily {
            futures_either::Either::Lazy(self.function.clone(), job)
        } else {
            futures_either::Either::Ready(ready(Ok((self.function)(job))))
        }
    }
}

mod futures_either {
    use super::*;
    use std::future::Future;
    use std::pin::Pin;

    pub(super) enum Either<F> {
        Ready(Ready<Result<u32, Infallible>>),
        Lazy(F, u32),
    }

    impl<F: FnMut(u32) -> u32 + Unpin> Future for Either<F> {
        type Output = Result<u32, Infallible>;

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            match &mut *self {
                Self::Ready(ready) => Pin::new(ready).poll(cx),
                Self::Lazy(function, job) => Poll::Ready(Ok(function(*job))),
            }
        }
    }
}

fn identity() -> Run<impl FnMut(u32) -> u32 + Clone + Unpin> {
    Run {
        function: |job| job,
        lazily: false,
    }
}

fn layer<O: Observer<Job>>(observer: O) -> ObserveLayer<Job, O> {
    ObserveLayer::new(observer)
}

fn call<S: Service<u32, Response = u32, Error = Infallible>>(mut service: S, job: u32) -> u32 {
    let Ok(result) = now(service.call(job));
    result
}

#[test]
fn layer_put_on_twice_counts_once() {
    let count = Count::default();
    let one = layer(Anonymous(count.clone()));
    call(one.layer(one.clone().layer(one.layer(identity()))), 1);
    assert_eq!(count.calls(), 1);
}

#[test]
fn observer_shared_by_two_layers_counts_once() {
    let (shared, inner_only, outer_only) = (Count::default(), Count::default(), Count::default());
    let outer = layer((Some(shared.clone()), outer_only.clone()));
    let between = layer(Count::default());
    let inner = layer(vec![
        BoxObserver::new(FilteredObserver::new(
            CatchPanic::new(shared.clone()),
            |_: &u32| true,
        )),
        BoxObserver::new(inner_only.clone()),
    ]);
    call(outer.layer(between.layer(inner.layer(identity()))), 1);
    assert_eq!(
        (shared.calls(), outer_only.calls(), inner_only.calls()),
        (1, 1, 1)
    );
}

#[test]
fn distinct_observers_all_count() {
    let (one, other) = (Count::default(), Count::default());
    let outer = layer(Anonymous(one.clone()));
    let inner = layer(Anonymous(other.clone()));
    call(outer.layer(inner.layer(identity())), 1);
    assert_eq!((one.calls(), other.calls()), (1, 1));
}

#[test]
fn calls_made_within_a_call_are_counted() {
    let count = Count::default();
    let one = layer(count.clone());
    let inner = one.layer(identity());
    let batch = Run {
        function: move |jobs| (0..jobs).map(|job| call(inner.clone(), job)).sum(),
        lazily: true,
    };
    assert_eq!(call(one.layer(batch), 10), 45);
    assert_eq!(count.calls(), 11);
}

#[test]
fn nested_call_of_another_type_is_counted() {
    let count = Count::default();
    let inner = layer(count.clone()).layer(identity());
    let outer = ObserveLayer::<RequestResponse<u32, u32, Other>, _>::new(count.clone());
    let service = Run {
        function: move |job| call(inner.clone(), job),
        lazily: false,
    };
    call(outer.layer(service), 1);
    assert_eq!(count.calls(), 2);
}

#[test]
fn call_after_a_nested_panic_is_counted() {
    let count = Count::default();
    let one = layer(count.clone());
    let thrower = Run {
        function: |_| crate::support::throw(),
        lazily: false,
    };
    assert!(throws(|| call(one.layer(one.layer(thrower)), 1)));
    call(one.layer(identity()), 1);
    assert_eq!(count.calls(), 2);
}

#[derive(Clone, Copy)]
struct Other;

impl gusset_core::Classify<RequestResponse<u32, u32, Other>> for Other {
    fn start(_: &u32) -> Self {
        Self
    }

    fn on_response(&mut self, _: &u32) -> gusset_core::ResponseKind {
        gusset_core::ResponseKind::NoBody
    }

    fn on_end(&self, _: &End<'_, RequestResponse<u32, u32, Other>>) -> gusset_core::Classification {
        gusset_core::Classification::new(gusset_core::Outcome::Success)
    }
}
