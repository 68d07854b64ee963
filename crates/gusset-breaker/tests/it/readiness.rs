//! The second placement: pending while the breaker refuses, and woken for real.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use gusset_breaker::{Breaker, Open, PendLayer, Vote};
use gusset_core::RequestResponse;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{breaker, fail, in_a_row, now, secs, serve};

/// Timers that fire when a test says so.
#[derive(Clone, Default)]
struct Timers(Arc<Mutex<Vec<Timer>>>);

/// Its time, whether it has fired, and who waits for it.
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
    breaker: &Breaker,
    timers: &Timers,
) -> impl Service<u32, Response = u32, Error = Open> + Clone {
    let timers = timers.clone();
    let pend = PendLayer::new(breaker, move |time| timers.sleep(time));
    pend.layer(breaker.layer::<Job>().layer(serve(|| Ok(7))))
}

fn ready<S: Service<u32>>(service: &mut S, woken: &Arc<Woken>) -> bool {
    let waker = woken.clone().into();
    service
        .poll_ready(&mut Context::from_waker(&waker))
        .is_ready()
}

#[test]
fn it_is_pending_while_open_and_woken_by_the_timer() {
    let (breaker, hand) = breaker(in_a_row(1));
    let (timers, woken) = (Timers::default(), Arc::<Woken>::default());
    let mut service = stack(&breaker, &timers);
    assert!(ready(&mut service, &woken));
    fail(&breaker, 1);
    assert!(!ready(&mut service, &woken));
    assert!(!ready(&mut service, &woken));
    assert_eq!(
        timers.times(),
        [secs(1)],
        "one timer, however often it is asked"
    );
    assert_eq!(woken.0.load(Ordering::Relaxed), 0, "nobody spins");
    hand.advance(secs(1));
    timers.fire();
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert!(ready(&mut service, &woken));
    assert_eq!(now(service.call(1)), Ok(7));
}

#[test]
fn a_hand_that_closes_it_wakes_at_once() {
    let (breaker, _) = breaker(in_a_row(1));
    let (timers, woken) = (Timers::default(), Arc::<Woken>::default());
    let mut service = stack(&breaker, &timers);
    breaker.force_open();
    assert!(!ready(&mut service, &woken));
    assert!(timers.times().is_empty(), "only a hand ends it");
    breaker.close();
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert!(ready(&mut service, &woken));
}

#[test]
fn a_probe_that_is_given_back_wakes() {
    let (breaker, hand) = breaker(in_a_row(1));
    let (timers, woken) = (Timers::default(), Arc::<Woken>::default());
    let mut service = stack(&breaker, &timers);
    fail(&breaker, 1);
    hand.advance(secs(1));
    let probe = breaker.try_acquire().unwrap();
    assert!(!ready(&mut service, &woken));
    drop(probe);
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert!(ready(&mut service, &woken));
}

#[test]
fn readiness_is_not_shared_by_clones_and_holds_no_permit() {
    let (breaker, hand) = breaker(in_a_row(1));
    let (timers, woken) = (Timers::default(), Arc::<Woken>::default());
    let mut service = stack(&breaker, &timers);
    fail(&breaker, 1);
    hand.advance(secs(1));
    let mut clone = service.clone();
    assert!(ready(&mut service, &woken) && ready(&mut clone, &woken));
    assert_eq!(breaker.in_flight(), 0);
    let probe = breaker.try_acquire().unwrap();
    // Told too much: the guard has the last word.
    assert!(now(service.call(1)).is_err());
    assert!(!ready(&mut clone, &woken));
    probe.vote(Vote::Success);
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    drop((service, clone));
    breaker.force_open();
    assert_eq!(
        woken.0.load(Ordering::Relaxed),
        1,
        "nobody waits who is gone"
    );
}
