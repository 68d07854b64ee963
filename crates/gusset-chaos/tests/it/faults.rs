//! Each fault does what it is named after.

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use gusset_chaos::{Delay, Fault, FaultKind, Injected, InjectedError, Latency, OnDisarm, Rule};
use http::{Request, StatusCode};
use tokio::time::Instant;
use tower::{ServiceExt, service_fn};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::support::*;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn delay_is_before_the_call() {
    let chaos = armed([Rule::new("slow").delay(Delay::fixed(SECOND))]);
    let hello = Hello::default();
    let mut service = chaos.http_server().layer(hello.clone());
    let started = Instant::now();
    let mut future = pin!(service.call(get("/a")));
    assert!(poll_once(future.as_mut()).is_pending());
    assert_eq!((hello.count(), chaos.status().active), (0, 1));
    let response = future.await.unwrap();
    assert_eq!((hello.count(), chaos.status().active), (1, 0));
    assert_eq!(started.elapsed(), SECOND);
    let marked: &Injected = response.extensions().get().unwrap();
    assert_eq!(
        (marked.rule(), marked.faults()),
        ("slow", &[FaultKind::Latency][..])
    );
    assert_eq!(response.headers()["x-gusset-chaos"], "latency");
    assert_eq!(read(response.into_body()).await.text, "hello, world");
}

#[tokio::test(start_paused = true)]
async fn delay_can_be_after_the_response_headers() {
    let chaos = armed([Rule::new("slow").delay(Delay::fixed(SECOND).after())]);
    let hello = Hello::default();
    let mut service = chaos.http_server().layer(hello.clone());
    let started = Instant::now();
    let mut future = pin!(service.call(get("/a")));
    assert!(poll_once(future.as_mut()).is_pending());
    assert_eq!(hello.count(), 1);
    assert!(future.await.is_ok());
    assert_eq!(started.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn latencies_are_within_their_distribution() {
    let (min, max) = (Duration::from_millis(20), Duration::from_millis(900));
    for latency in [
        Latency::Uniform { min, max },
        Latency::LongTail {
            min,
            shape: 1.2,
            max,
        },
    ] {
        let chaos = armed([Rule::new("slow").delay(Delay::new(latency.clone()))]);
        let mut service = chaos.http_server().layer(Hello::default());
        let mut different = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let started = Instant::now();
            call(&mut service, get("/a")).await.unwrap();
            let took = started.elapsed();
            // tokio rounds up to milliseconds.
            assert!(
                took >= min && took <= max + Duration::from_millis(1),
                "{took:?} of {latency:?}"
            );
            different.insert(took);
        }
        assert!(different.len() > 10, "{latency:?}");
    }
}

#[tokio::test]
async fn status_is_a_response_without_a_body() {
    let chaos = armed([Rule::new("down").fault(Fault::Status { status: 503 })]);
    let hello = Hello::default();
    let mut service = chaos.http_server().layer(hello.clone());
    let response = call(&mut service, get("/a")).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(hello.count(), 0);
    let body = read(response.into_body()).await;
    assert_eq!((body.text.as_str(), body.error), ("", None));
}

#[tokio::test]
async fn error_is_of_the_services_own_type() {
    let chaos = armed([Rule::new("failing").fault(Fault::Error)]);
    let layer = chaos
        .service::<u32>("database")
        .errors(io::Error::other::<InjectedError>);
    let mut service = layer.layer(service_fn(async |id: u32| Ok::<_, io::Error>(id)));
    let error = call(&mut service, 7).await.unwrap_err();
    assert_eq!(error.to_string(), "injected error, by the rule `failing`");
}

#[tokio::test]
async fn error_that_the_layer_cannot_make_is_skipped_and_counted() {
    let recorded = Recorded::new();
    let rules = [Rule::new("failing").fault(Fault::Error)];
    let chaos = builder(rules).metrics(recorded.recorder.clone());
    let chaos = chaos.build_with(|_| None).unwrap();
    chaos.arm(arming()).unwrap();
    let mut service = chaos.http_server().layer(Hello::default());
    let response = call(&mut service, get("/a")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.extensions().get::<Injected>().is_none());
    let skipped = recorded.read(
        "gusset.chaos.skipped_calls",
        &["failing", "error", "unsupported"],
    );
    assert_eq!(skipped, 1.0);
    assert_eq!(chaos.status().rules[0].skipped, 1);
}

#[tokio::test]
async fn abort_is_a_connection_error_of_the_service() {
    type BoxError = Box<dyn std::error::Error + Send + Sync>;
    let chaos = armed([Rule::new("reset").fault(Fault::Abort)]);
    let layer = chaos.http_client().errors(BoxError::from);
    let inner = service_fn(async |_: Request<()>| Ok::<_, BoxError>(hello()));
    let mut service = layer.layer(inner);
    let error = call(&mut service, get("/a")).await.unwrap_err();
    let failure = gusset_core::Failure::new(&error);
    assert_eq!(failure.error_type().as_str(), "connection_reset");
}

#[tokio::test]
async fn abort_without_errors_breaks_the_response_body() {
    let chaos = armed([Rule::new("reset").fault(Fault::Abort)]);
    let mut service = chaos.http_server().layer(Hello::default());
    let response = call(&mut service, get("/a")).await.unwrap();
    let body = read(response.into_body()).await;
    let expected = "injected end of the connection, by the rule `reset`";
    assert_eq!(
        (body.text.as_str(), body.error.as_deref()),
        ("", Some(expected))
    );
}

#[tokio::test(start_paused = true)]
async fn hang_ends_only_by_disarming() {
    let chaos = armed([Rule::new("stuck").fault(Fault::Hang)]);
    let hello = Hello::default();
    let mut service = chaos.http_server().layer(hello.clone());
    let mut future = pin!(service.call(get("/a")));
    let waited = tokio::time::timeout(SECOND * 500, future.as_mut()).await;
    assert!(waited.is_err());
    assert_eq!(hello.count(), 0);
    chaos.disarm();
    assert_eq!(future.await.unwrap().status(), 200);
    assert_eq!(hello.count(), 1, "a released call is served");
}

#[tokio::test(start_paused = true)]
async fn hang_that_is_finished_outlives_the_arming() {
    let rule = Rule::new("stuck")
        .fault(Fault::Hang)
        .on_disarm(OnDisarm::Finish);
    let chaos = armed([rule]);
    let mut service = chaos.http_server().layer(Hello::default());
    let mut future = Box::pin(service.call(get("/a")));
    assert!(poll_once(future.as_mut()).is_pending());
    chaos.disarm();
    assert!(
        tokio::time::timeout(TIME_LIMIT * 2, future.as_mut())
            .await
            .is_err()
    );
    assert_eq!(chaos.status().active, 1);
    drop(future);
    assert_eq!(chaos.status().active, 0);
}

#[tokio::test]
async fn cancelled_call_is_dropped_after_its_polls() {
    struct SetOnDrop(Arc<AtomicBool>);
    impl Drop for SetOnDrop {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let chaos = armed([Rule::new("cancel").fault(Fault::Cancel { polls: 3 })]);
    let (polls, dropped) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
    let (seen, flag) = (polls.clone(), dropped.clone());
    let inner = service_fn(move |_: u32| {
        let (seen, guard) = (seen.clone(), SetOnDrop(flag.clone()));
        async move {
            let _guard = guard;
            poll_fn(|cx| {
                seen.fetch_add(1, Ordering::Relaxed);
                cx.waker().wake_by_ref();
                Poll::<()>::Pending
            })
            .await;
            pending::<Result<(), InjectedError>>().await
        }
    });
    let mut service = chaos.service("job").errors(|error| error).layer(inner);
    let error = call(&mut service, 1).await.unwrap_err();
    assert_eq!(error.rule(), "cancel");
    assert_eq!(polls.load(Ordering::Relaxed), 3);
    assert!(dropped.load(Ordering::Relaxed));
}

#[tokio::test]
async fn call_that_completes_before_its_cancellation_is_not_altered() {
    let chaos = armed([Rule::new("cancel").fault(Fault::Cancel { polls: 1 })]);
    let mut service = chaos.http_server().layer(Hello::default());
    let response = call(&mut service, get("/a")).await.unwrap();
    assert_eq!(read(response.into_body()).await.text, "hello, world");
}

#[test]
fn panic_is_in_the_poll_and_leaves_nothing_active() {
    let chaos = armed([Rule::new("bug").fault(Fault::Panic)]);
    let mut service = chaos.http_server().layer(Hello::default());
    let future = service.call(get("/a"));
    assert_eq!(chaos.status().active, 1);
    let thrown = catch_unwind(AssertUnwindSafe(|| now(future))).unwrap_err();
    let message = thrown.downcast_ref::<String>().unwrap();
    assert_eq!(message, "injected panic, by the rule `bug`");
    assert_eq!(chaos.status().active, 0);
}

#[test]
fn delay_without_a_runtime_is_skipped() {
    let chaos = armed([Rule::new("slow").delay(Delay::fixed(SECOND))]);
    let mut service = chaos.http_server().layer(Hello::default());
    let response = now(service.call(get("/a"))).unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(chaos.status().rules[0].skipped, 1);
}

#[test]
fn delay_in_a_runtime_without_a_timer_is_skipped() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let chaos = armed([Rule::new("slow").delay(Delay::fixed(SECOND))]);
        let mut service = chaos.http_server().layer(Hello::default());
        let response = call(&mut service, get("/a")).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(chaos.status().rules[0].skipped, 1);
    });
}

#[tokio::test]
async fn readied_service_is_dropped_when_it_is_not_called() {
    let chaos = armed([Rule::new("down").fault(Fault::Status { status: 503 })]);
    let limited = tower::limit::ConcurrencyLimit::new(Hello::default(), 1);
    let mut other = limited.clone();
    let mut service = chaos.http_server().layer(limited);
    let response = call(&mut service, get("/a")).await.unwrap();
    assert_eq!(response.status(), 503);
    // The only permit is free again, although `service` is still there.
    let ready = ServiceExt::<Request<()>>::ready(&mut other);
    assert!(poll_once(pin!(ready)).is_ready());
}

#[tokio::test]
async fn readied_service_is_the_one_that_is_called() {
    #[derive(Clone)]
    struct MustBeReady(bool);
    impl tower_service::Service<u32> for MustBeReady {
        type Response = ();
        type Error = Infallible;
        type Future = std::future::Ready<Result<(), Infallible>>;
        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Infallible>> {
            self.0 = true;
            Poll::Ready(Ok(()))
        }
        fn call(&mut self, _: u32) -> Self::Future {
            assert!(self.0, "called without being ready");
            std::future::ready(Ok(()))
        }
    }
    let delay = Delay::fixed(Duration::from_millis(1));
    let chaos = armed([Rule::new("slow").delay(delay)]);
    let mut service = chaos.service("job").layer(MustBeReady(false));
    call(&mut service, 1).await.unwrap();
}
