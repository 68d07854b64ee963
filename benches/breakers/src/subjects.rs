//! What is measured.

use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gusset_benches::{Scenario, Works};
use gusset_breaker::{CircuitBreaker, Config};
use gusset_core::{CallContext, Admission, AdmissionLayer, Protocol, Rejected, RequestResponse};
use tower_layer::Layer;
use tower_service::Service;

/// What all others are compared with.
const OVER: &str = "bare";

macro_rules! scenarios {
    ($($name:literal, $about:literal, $make:expr;)+) => {
        /// All scenarios. What one makes in several threads shares one breaker.
        pub fn all() -> Vec<Scenario> {
            vec![$(Scenario {
                name: $name,
                about: $about,
                over: ($name != OVER).then_some(OVER),
                times: 2000,
                make: || $make,
            }),+]
        }
    };
}

scenarios! {
    "bare", "a plain service", service(|| Plain);
    "guard", "the driver of gusset, with a guard that admits all", service(|| AdmissionLayer::<Job, _>::new(Nobody).layer(Plain));
    "gusset/run", "gusset, failures in a row", ours(Config::consecutive(5));
    "gusset/count", "gusset, the last 100 calls", ours(Config::new().count_window(100));
    "gusset/time", "gusset, ten seconds", ours(Config::new());
    "gusset/all", "gusset, ten seconds, slow calls, failures in a row", ours(Config::new().slow_calls(Duration::from_secs(5), 0.5).consecutive_failures(5));
    "gusset/open", "gusset, refusing", refusing();
    "recloser", "recloser, the last 100 calls", recloser();
    "failsafe/run", "failsafe, failures in a row", failsafe_run();
    "failsafe/rate", "failsafe, success rate", failsafe_rate();
    "tower-resilience/count", "tower-resilience, 100 calls", resilience(false);
    "tower-resilience/time", "tower-resilience, ten seconds", resilience(true);
}

/// A service that answers at once.
#[derive(Clone, Copy, Debug)]

pub(crate) struct Plain;

impl Service<u64> for Plain {
    type Response = u64;
    type Error = BoxError;
    type Future = Ready<Result<u64, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, req: u64) -> Self::Future {
        ready(Ok(black_box(req)))
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Job = RequestResponse<u64, u64>;

struct Nobody;

impl<P: Protocol> Admission<P> for Nobody {
    type Permit = ();
    type Rejection = Rejected;

    #[inline]
    fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<(), Rejected> {
        Ok(())
    }
}

/// Polls until it is ready: with two threads, tower-resilience waits for a lock.
fn poll<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        std::hint::spin_loop();
    }
}

/// Calls of a service that `make` makes for each thread.
fn service<S>(make: impl Fn() -> S + Send + Sync + 'static) -> Works
where
    S: Service<u64, Response = u64> + 'static,
{
    Box::new(move || {
        let mut service = make();
        Box::new(move || {
            let mut cx = Context::from_waker(Waker::noop());
            while service.poll_ready(&mut cx).is_pending() {}
            let _ = black_box(poll(service.call(black_box(7))));
        })
    })
}

fn ours(config: Config) -> Works {
    let breaker = CircuitBreaker::builder("bench")
        .config(config)
        .build()
        .expect("a good configuration");
    let layer = breaker.layer::<Job>();
    service(move || layer.layer(Plain))
}

fn refusing() -> Works {
    let breaker = CircuitBreaker::builder("bench").build().expect("by convention");
    breaker.force_open();
    let layer = breaker.layer::<Job>().respond_with(|open| {
        black_box(&open);
        0u64
    });
    service(move || layer.layer(Plain))
}

fn recloser() -> Works {
    let breaker = recloser::Recloser::custom()
        .error_rate(0.5)
        .closed_len(100)
        .build();
    let breaker = recloser::AsyncRecloser::from(breaker);
    Box::new(move || {
        let breaker = breaker.clone();
        Box::new(move || {
            let _ = black_box(poll(breaker.call(Plain.call(black_box(7)))));
        })
    })
}

fn failsafe<P>(policy: P) -> Works
where
    P: failsafe::FailurePolicy + Send + Sync + 'static,
{
    use failsafe::futures::CircuitBreaker as _;
    let breaker = failsafe::Config::new().failure_policy(policy).build();
    Box::new(move || {
        let breaker = breaker.clone();
        Box::new(move || {
            let _ = black_box(poll(breaker.call(Plain.call(black_box(7)))));
        })
    })
}

fn failsafe_run() -> Works {
    let backoff = failsafe::backoff::constant(Duration::from_secs(5));
    failsafe(failsafe::failure_policy::consecutive_failures(5, backoff))
}

fn failsafe_rate() -> Works {
    let backoff = failsafe::backoff::constant(Duration::from_secs(5));
    failsafe(failsafe::failure_policy::success_rate_over_time_window(
        0.5,
        20,
        Duration::from_secs(10),
        backoff,
    ))
}

fn resilience(time: bool) -> Works {
    use tower_resilience_circuitbreaker::{CircuitBreakerLayer, SlidingWindowType};
    let builder = CircuitBreakerLayer::builder().failure_rate_threshold(0.5);
    let builder = if time {
        builder
            .sliding_window_type(SlidingWindowType::TimeBased)
            .sliding_window_duration(Duration::from_secs(10))
            .minimum_number_of_calls(20)
    } else {
        builder.sliding_window_size(100)
    };
    let layer = builder.build().expect("a good configuration");
    // Its state is in the service: clones of one share it.
    let one = layer.layer_fn(Unboxed);
    service(move || one.clone())
}

/// The same service, with an error that tower-resilience can wrap.
#[derive(Clone, Copy, Debug)]
struct Unboxed;

impl Service<u64> for Unboxed {
    type Response = u64;
    type Error = io::Error;
    type Future = Ready<Result<u64, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: u64) -> Self::Future {
        ready(Ok(black_box(req)))
    }
}
