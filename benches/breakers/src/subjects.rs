//! The subjects that are measured.

use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gusset_benches::{Scenario, WorkFactory};
use gusset_breaker::{CircuitBreaker, Config};
use gusset_core::{Admission, AdmissionLayer, CallContext, Protocol, Rejected, RequestResponse};
use tower_layer::Layer;
use tower_service::Service;

/// The scenario of a service without a breaker.
const BARE: &str = "bare";

macro_rules! scenarios {
    ($($name:literal, $about:literal, $make:expr;)+) => {
        /// Returns all scenarios. The threads of a scenario share one breaker.
        pub fn all() -> Vec<Scenario> {
            vec![$(Scenario {
                name: $name,
                about: $about,
                baseline: ($name != BARE).then_some(BARE),
                times: 2000,
                make: || $make,
            }),+]
        }
    };
}

scenarios! {
    "bare", "a plain service", service(|| Plain);
    "admission", "gusset's driver, admits all", service(|| AdmissionLayer::<Job, _>::new(AdmitAll).layer(Plain));
    "gusset/consecutive", "gusset, consecutive failures", gusset(Config::consecutive(5));
    "gusset/count", "gusset, window of 100 calls", gusset(Config::new().count_window(100));
    "gusset/time", "gusset, window of ten seconds", gusset(Config::new());
    "gusset/all", "gusset, window of ten seconds, slow calls, consecutive failures", gusset(Config::new().slow_calls(Duration::from_secs(5), 0.5).consecutive_failures(5));
    "gusset/open", "gusset, open", gusset_open();
    "recloser", "recloser, window of 100 calls", recloser();
    "failsafe/consecutive", "failsafe, consecutive failures", failsafe_consecutive();
    "failsafe/rate", "failsafe, success rate", failsafe_rate();
    "tower-resilience/count", "tower-resilience, window of 100 calls", resilience(false);
    "tower-resilience/time", "tower-resilience, window of ten seconds", resilience(true);
}

/// A service that responds immediately.
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

struct AdmitAll;

impl<P: Protocol> Admission<P> for AdmitAll {
    type Permit = ();
    type Rejection = Rejected;

    #[inline]
    fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<(), Rejected> {
        Ok(())
    }
}

/// Polls a future until it is ready, because tower-resilience waits for a lock with two threads.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        std::hint::spin_loop();
    }
}

/// Returns calls of a service, which `make` creates for each thread.
fn service<S>(make: impl Fn() -> S + Send + Sync + 'static) -> WorkFactory
where
    S: Service<u64, Response = u64> + 'static,
{
    Box::new(move || {
        let mut service = make();
        Box::new(move || {
            let mut cx = Context::from_waker(Waker::noop());
            while service.poll_ready(&mut cx).is_pending() {}
            let _ = black_box(block_on(service.call(black_box(7))));
        })
    })
}

fn gusset(config: Config) -> WorkFactory {
    let breaker = CircuitBreaker::builder("bench")
        .config(config)
        .build()
        .expect("the configuration is valid");
    let layer = breaker.layer::<Job>();
    service(move || layer.layer(Plain))
}

fn gusset_open() -> WorkFactory {
    let breaker = CircuitBreaker::builder("bench")
        .build()
        .expect("the defaults are valid");
    breaker.force_open();
    let layer = breaker.layer::<Job>().respond_with(|open| {
        black_box(&open);
        0u64
    });
    service(move || layer.layer(Plain))
}

fn recloser() -> WorkFactory {
    let breaker = recloser::Recloser::custom()
        .error_rate(0.5)
        .closed_len(100)
        .build();
    let breaker = recloser::AsyncRecloser::from(breaker);
    Box::new(move || {
        let breaker = breaker.clone();
        Box::new(move || {
            let _ = black_box(block_on(breaker.call(Plain.call(black_box(7)))));
        })
    })
}

fn failsafe<P>(policy: P) -> WorkFactory
where
    P: failsafe::FailurePolicy + Send + Sync + 'static,
{
    use failsafe::futures::CircuitBreaker as _;
    let breaker = failsafe::Config::new().failure_policy(policy).build();
    Box::new(move || {
        let breaker = breaker.clone();
        Box::new(move || {
            let _ = black_box(block_on(breaker.call(Plain.call(black_box(7)))));
        })
    })
}

fn failsafe_consecutive() -> WorkFactory {
    let backoff = failsafe::backoff::constant(Duration::from_secs(5));
    failsafe(failsafe::failure_policy::consecutive_failures(5, backoff))
}

fn failsafe_rate() -> WorkFactory {
    let backoff = failsafe::backoff::constant(Duration::from_secs(5));
    failsafe(failsafe::failure_policy::success_rate_over_time_window(
        0.5,
        20,
        Duration::from_secs(10),
        backoff,
    ))
}

fn resilience(time: bool) -> WorkFactory {
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
    let layer = builder.build().expect("the configuration is valid");
    // The service has the state, and its clones share it.
    let shared = layer.layer_fn(PlainWithIoError);
    service(move || shared.clone())
}

/// The same service, with an error that tower-resilience can wrap.
#[derive(Clone, Copy, Debug)]
struct PlainWithIoError;

impl Service<u64> for PlainWithIoError {
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
