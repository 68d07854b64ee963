//! What a circuit breaker may allocate. A promise, so it is guarded to the last byte.

use gusset_breaker::{CircuitBreaker, CircuitBreakerBuilder, Config, CircuitOpen};
use gusset_core::RequestResponse;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tower_layer::Layer;
use tower_service::Service;

const CALLS: u64 = 1000;

struct Plain;

impl Service<u64> for Plain {
    type Response = u64;
    type Error = Infallible;
    type Future = Ready<Result<u64, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: u64) -> Self::Future {
        ready(Ok(req))
    }
}

/// Allocations of so many calls through a layer of that breaker.
fn allocated(breaker: &CircuitBreaker) -> u64 {
    let layer = breaker.layer::<RequestResponse<u64, u64>>();
    let mut service = layer.respond_with(|_: CircuitOpen| 0u64).layer(Plain);
    let mut call = || {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(service.poll_ready(&mut cx).is_ready());
        assert!(pin!(service.call(7)).poll(&mut cx).is_ready());
    };
    call();
    allocation_counter::measure(|| (0..CALLS).for_each(|_| call())).count_total
}

#[test]
fn a_call_allocates_nothing_whether_it_is_admitted_or_refused() {
    for config in [
        Config::consecutive(5),
        Config::new().count_window(100),
        Config::new()
            .slow_calls(Duration::from_secs(1), 0.5)
            .consecutive_failures(5),
    ] {
        // A name that is made at run time, as those of a registry are.
        let breaker = CircuitBreaker::builder(String::from("payments")).config(config);
        let breaker = breaker.build().expect("a good configuration");
        assert_eq!(allocated(&breaker), 0);
        breaker.force_open();
        assert_eq!(allocated(&breaker), 0);
    }
}

#[test]
fn a_breaker_takes_two_kibibytes_at_most() {
    let bytes = |builder: CircuitBreakerBuilder| {
        let mut built = None;
        let info = allocation_counter::measure(|| built = builder.build().ok());
        assert!(built.is_some());
        info.bytes_current
    };
    for config in [
        Config::consecutive(5),
        Config::new(),
        Config::new().count_window(1000),
    ] {
        for shards in [1, 2, 4] {
            let builder = CircuitBreaker::builder("payments").config(config.clone());
            let bytes = bytes(builder.shards(shards));
            assert!(
                bytes <= 2048,
                "{bytes} bytes in {shards} shards with {config:?}"
            );
        }
    }
}
