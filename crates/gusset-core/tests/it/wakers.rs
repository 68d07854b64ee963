//! Observers that see when a call is woken.

use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use gusset_core::{
    BoxObserver, CallContext, CallObserver, CatchPanic, End, FilteredObserver, ObserveLayer,
    Observer, PooledObserver, Protocol,
};
use tower_layer::Layer as _;
use tower_service::Service;

use crate::support::{Job, throw};

/// Counts the wakes of each call.
#[derive(Clone, Debug, Default)]
struct Wakes(Arc<AtomicU32>);

struct CountingWaker {
    task: Waker,
    wakes: Wakes,
}

impl Wakes {
    fn take(&self) -> u32 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

impl Wake for CountingWaker {
    fn wake(self: Arc<Self>) {
        self.wakes.0.fetch_add(1, Ordering::Relaxed);
        self.task.wake_by_ref();
    }
}

impl<P: Protocol> Observer<P> for Wakes {
    type Call = Self;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        self.clone()
    }
}

impl<P: Protocol> CallObserver<P> for Wakes {
    fn waker(&mut self, task: &Waker) -> Option<Waker> {
        let waker = CountingWaker {
            task: task.clone(),
            wakes: self.clone(),
        };
        Some(Arc::new(waker).into())
    }

    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

/// A task that was or was not woken.
#[derive(Default)]
struct Task(AtomicBool);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A service of which each call wakes its task in its first poll, and is complete in the second.
struct Yields;

/// A call of [`Yields`]: whether it was polled.
struct Yielding(bool);

impl Service<u32> for Yields {
    type Response = &'static str;
    type Error = Infallible;
    type Future = Yielding;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: u32) -> Yielding {
        Yielding(false)
    }
}

impl Future for Yielding {
    type Output = Result<&'static str, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(Ok("done"));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Runs a call that is woken once, and returns whether its task was woken.
fn task_is_woken<O: Observer<Job>>(observer: O) -> bool {
    let task = Arc::new(Task::default());
    let mut service = ObserveLayer::<Job, _>::new(observer).layer(Yields);
    let mut call = pin!(service.call(1));
    let waker = Waker::from(task.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(call.as_mut().poll(&mut cx).is_pending());
    assert!(call.poll(&mut cx).is_ready());
    task.0.load(Ordering::Relaxed)
}

#[test]
fn service_wakes_its_task_without_observers_of_wakes() {
    assert!(task_is_woken(()));
}

#[test]
fn every_composition_forwards_wakes() {
    let [a, b] = [Wakes::default(), Wakes::default()];
    let pair = || (a.clone(), b.clone());
    let both = |forwards: bool| {
        assert!(forwards, "the task is woken");
        assert_eq!((a.take(), b.take()), (1, 1));
    };
    both(task_is_woken(pair()));
    both(task_is_woken((Some(a.clone()), (), b.clone(), None::<()>)));
    both(task_is_woken(vec![a.clone(), b.clone()]));
    both(task_is_woken(Arc::new(pair())));
    both(task_is_woken(PooledObserver::new(pair())));
    both(task_is_woken(BoxObserver::new(pair())));
    both(task_is_woken(CatchPanic::new(pair())));
    both(task_is_woken(FilteredObserver::new(pair(), |_: &u32| true)));

    assert!(task_is_woken(FilteredObserver::new(pair(), |_: &u32| {
        false
    })));
    assert_eq!((a.take(), b.take()), (0, 0), "the call is not observed");
}

#[test]
fn wakes_of_a_call_in_two_layers_reach_both_observers() {
    let [outer, inner] = [Wakes::default(), Wakes::default()];
    let service = ObserveLayer::<Job, _>::new(inner.clone()).layer(Yields);
    let mut service = ObserveLayer::<Job, _>::new(outer.clone()).layer(service);
    let mut call = pin!(service.call(1));
    assert!(
        call.as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    assert_eq!((outer.take(), inner.take()), (1, 1));
}

/// Panics in place of a waker.
struct Throws;

impl<P: Protocol> Observer<P> for Throws {
    type Call = Self;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        Self
    }
}

impl<P: Protocol> CallObserver<P> for Throws {
    fn waker(&mut self, _: &Waker) -> Option<Waker> {
        throw()
    }

    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

#[test]
fn contained_panic_leaves_the_waker_of_the_task() {
    assert!(task_is_woken(CatchPanic::new(Throws)));
}
