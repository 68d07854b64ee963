//! Calls that are woken: their scheduled time, and the tasks that poll them.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use gusset_core::ObserveLayer;
use gusset_http::Http;
use gusset_system::CallMonitor;
use http::Request;
use http_body_util::BodyExt as _;
use tokio::sync::{Notify, oneshot};
use tower::{Service as _, service_fn};
use tower_layer::Layer as _;

use crate::{Call, Monitored, ROUTE, ms, poll, reply, request, respond};

/// Counts how often a task was woken.
#[derive(Default)]
struct Task(AtomicU32);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Task {
    fn take(&self) -> u32 {
        self.0.swap(0, Ordering::Relaxed)
    }

    fn poll(self: &Arc<Self>, call: &mut Call) -> bool {
        let waker = Waker::from(self.clone());
        let polled = Pin::new(call).poll(&mut Context::from_waker(&waker));
        polled.is_ready()
    }
}

/// Returns a call that keeps the wakers it is polled with, the wakers, and what makes the call answer.
fn keeping(it: &Monitored) -> (Call, Arc<Mutex<Vec<Waker>>>, Arc<Notify>) {
    let wakers = Arc::new(Mutex::new(Vec::new()));
    let answer = Arc::new(Notify::new());
    let (kept, answered) = (wakers.clone(), answer.clone());
    let call = it.call(ROUTE, move || {
        let (kept, answered) = (kept.clone(), answered.clone());
        async move {
            let mut answered = Box::pin(answered.notified());
            poll_fn(|cx| {
                kept.lock().unwrap().push(cx.waker().clone());
                answered.as_mut().poll(cx)
            })
            .await;
            reply()
        }
    });
    (call, wakers, answer)
}

#[test]
fn time_from_wake_to_poll_is_scheduled() {
    let it = Monitored::new();
    let (answer, answered) = oneshot::channel::<()>();
    let answered = Mutex::new(Some(answered));
    let mut call = it.call(ROUTE, move || {
        let answered = answered.lock().unwrap().take().unwrap();
        async move {
            answered.await.unwrap();
            reply()
        }
    });
    assert!(poll(&mut call).is_pending());
    it.advance(300);
    answer.send(()).unwrap();
    it.advance(40);
    drop(respond(call));
    let times = it.times(ROUTE);
    assert_eq!((times.scheduled, times.waiting), (ms(40), ms(300)));
}

#[test]
fn first_of_several_wakes_counts() {
    let it = Monitored::new();
    let (mut call, wakers, answer) = keeping(&it);
    let task = Arc::<Task>::default();
    assert!(!task.poll(&mut call));
    for _ in 0..3 {
        it.advance(10);
        let waker = wakers.lock().unwrap()[0].clone();
        waker.wake();
    }
    assert_eq!(task.take(), 3, "each wake reaches the task");
    answer.notify_one();
    assert!(task.poll(&mut call));
    let times = it.times(ROUTE);
    assert_eq!((times.scheduled, times.waiting), (ms(20), ms(10)));
}

#[test]
fn cancelled_call_that_was_woken_was_scheduled() {
    let it = Monitored::new();
    let (mut call, wakers, _answer) = keeping(&it);
    assert!(poll(&mut call).is_pending());
    it.advance(10);
    wakers.lock().unwrap()[0].wake_by_ref();
    it.advance(5);
    drop(call);
    let times = it.times(ROUTE);
    assert_eq!((times.scheduled, times.waiting), (ms(5), ms(10)));
}

#[test]
fn wake_of_a_poll_that_is_ready_is_not_one_of_the_body() {
    let it = Monitored::new();
    let call = it.call(ROUTE, || {
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::Ready(reply())
        })
    });
    let response = respond(call);
    // The client reads late.
    it.advance(60);
    assert!(poll(&mut Box::pin(response.into_body().collect())).is_ready());
    let times = it.times(ROUTE);
    assert_eq!((times.scheduled, times.waiting), (ms(0), ms(60)));
}

#[test]
fn task_that_polls_last_is_woken() {
    let it = Monitored::new();
    let (mut call, wakers, _answer) = keeping(&it);
    let [first, last] = [Arc::<Task>::default(), Arc::<Task>::default()];
    assert!(!first.poll(&mut call));
    assert!(!last.poll(&mut call));
    wakers.lock().unwrap()[1].wake_by_ref();
    assert_eq!((first.take(), last.take()), (0, 1));
}

#[test]
fn waker_that_is_kept_wakes_its_own_task() {
    let it = Monitored::new();
    let task = Arc::<Task>::default();
    let (mut call, wakers, answer) = keeping(&it);
    answer.notify_one();
    assert!(task.poll(&mut call));
    drop(call);
    // A later call has memory of its own meanwhile.
    let (mut later, _wakers, _answer) = keeping(&it);
    let other = Arc::<Task>::default();
    assert!(!other.poll(&mut later));
    wakers.lock().unwrap()[0].wake_by_ref();
    assert_eq!((task.take(), other.take()), (1, 0));
}

#[test]
fn ended_call_keeps_no_task() {
    let it = Monitored::new();
    let (mut call, wakers, answer) = keeping(&it);
    let task = Arc::<Task>::default();
    answer.notify_one();
    assert!(task.poll(&mut call));
    wakers.lock().unwrap().clear();
    drop(call);
    assert_eq!(Arc::strong_count(&task), 1);
}

#[tokio::test(flavor = "current_thread")]
#[expect(clippy::disallowed_methods, reason = "the thread is really busy")]
async fn call_is_scheduled_while_its_thread_is_busy() {
    const BUSY: Duration = Duration::from_millis(30);
    let monitor = CallMonitor::builder().build();
    let answer = Arc::new(Notify::new());
    let answered = answer.clone();
    let service = service_fn(move |_: Request<()>| {
        let answered = answered.clone();
        async move {
            answered.notified().await;
            reply()
        }
    });
    let mut service = ObserveLayer::<Http, _>::new(monitor.clone()).layer(service);
    let call = tokio::spawn(service.call(request(ROUTE)));
    tokio::task::yield_now().await;
    answer.notify_one();
    std::thread::sleep(BUSY);
    drop(call.await.unwrap());
    let times = monitor.times();
    let (_, times) = times.iter().find(|(name, _)| name == ROUTE).unwrap();
    // The wake is within the first microseconds.
    assert!(times.scheduled > BUSY / 2, "{times:?}");
    assert!(times.scheduled > times.waiting + times.polled, "{times:?}");
}
