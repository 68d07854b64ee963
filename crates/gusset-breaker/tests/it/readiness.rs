//! The readiness gate.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use gusset_breaker::{CallResult, CircuitBreaker, CircuitOpen, ReadinessGateLayer};
use gusset_core::RequestResponse;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{breaker, consecutive, fail, now, secs, serve};

/// Timers that the test fires.
#[derive(Clone, Default)]
struct Timers(Arc<Mutex<Vec<Timer>>>);

/// Its duration, whether it has fired, and the waker of its task.
type Timer = (Duration, bool, Option<Waker>);

struct Sleep(Timers, usize);

impl Timers {
    fn sleep(&self, time: Duration) -> Sleep {
        let mut timers = self.0.lock().unwrap();
        timers.push((time, false, None));
        Sleep(self.clone(), timers.len() - 1)
    }

    fn fire(&self) {
        let wakers: Vec<_> = {
            let mut timers = self.0.lock().unwrap();
            let fire = |timer: &mut Timer| {
                timer.1 = true;
                timer.2.take()
            };
            timers.iter_mut().filter_map(fire).collect()
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    fn times(&self) -> Vec<Duration> {
        self.0.lock().unwrap().iter().map(|timer| timer.0).collect()
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let timer = &mut self.0.0.lock().unwrap()[self.1];
        if timer.1 {
            return Poll::Ready(());
        }
        timer.2 = Some(cx.waker().clone());
        Poll::Pending
    }
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

type Job = RequestResponse<u32, u32>;

fn stack(
    breaker: &CircuitBreaker,
    timers: &Timers,
) -> impl Service<u32, Response = u32, Error = CircuitOpen> + Clone {
    let timers = timers.clone();
    let gate = ReadinessGateLayer::new(breaker, move |time| timers.sleep(time));
    gate.layer(breaker.layer::<Job>().layer(serve(|| Ok(7))))
}

fn ready<S: Service<u32>>(service: &mut S, woken: &Arc<Woken>) -> bool {
    let waker = woken.clone().into();
    service
        .poll_ready(&mut Context::from_waker(&waker))
        .is_ready()
}

#[test]
fn gate_is_pending_until_timer_fires() {
    let (breaker, mock_clock) = breaker(consecutive(1));
    let (timers, woken) = (Timers::default(), Arc::<Woken>::default());
    let mut service = stack(&breaker, &timers);
    assert!(ready(&mut service, &woken));
    fail(&breaker, 1);
    assert!(!ready(&mut service, &woken));
    assert!(!ready(&mut service, &woken));
    assert_eq!(timers.times(), [secs(1)], "one timer for all polls");
    assert_eq!(woken.0.load(Ordering::Relaxed), 0, "no busy loop");
    mock_clock.advance(secs(1));
    timers.fire();
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert!(ready(&mut service, &woken));
    assert_eq!(now(service.call(1)), Ok(7));
}

#[test]
fn manual_close_wakes_task() {
    let (breaker, _) = breaker(consecutive(1));
    let (timers, woken) = (Timers::default(), Arc::<Woken>::default());
    let mut service = stack(&breaker, &timers);
    breaker.force_open();
    assert!(!ready(&mut service, &woken));
    assert!(timers.times().is_empty(), "forced open has no timeout");
    breaker.close();
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert!(ready(&mut service, &woken));
}

#[test]
fn released_probe_wakes_task() {
    let (breaker, mock_clock) = breaker(consecutive(1));
    let (timers, woken) = (Timers::default(), Arc::<Woken>::default());
    let mut service = stack(&breaker, &timers);
    fail(&breaker, 1);
    mock_clock.advance(secs(1));
    let probe = breaker.try_acquire().unwrap();
    assert!(!ready(&mut service, &woken));
    drop(probe);
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert!(ready(&mut service, &woken));
}

#[test]
fn readiness_reserves_no_permit() {
    let (breaker, mock_clock) = breaker(consecutive(1));
    let (timers, woken) = (Timers::default(), Arc::<Woken>::default());
    let mut service = stack(&breaker, &timers);
    fail(&breaker, 1);
    mock_clock.advance(secs(1));
    let mut clone = service.clone();
    assert!(ready(&mut service, &woken) && ready(&mut clone, &woken));
    assert_eq!(breaker.in_flight(), 0);
    let probe = breaker.try_acquire().unwrap();
    // The layer decides, although the service was ready.
    assert!(now(service.call(1)).is_err());
    assert!(!ready(&mut clone, &woken));
    probe.record(CallResult::Success);
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    drop((service, clone));
    breaker.force_open();
    assert_eq!(
        woken.0.load(Ordering::Relaxed),
        1,
        "dropped services are not woken"
    );
}
