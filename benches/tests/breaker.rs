//! The limits on what a circuit breaker allocates.

use gusset_breaker::{CircuitBreaker, CircuitBreakerBuilder, CircuitOpen, Config};
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

/// Returns the allocations of [`CALLS`] calls through a layer of this breaker.
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
fn calls_and_rejections_allocate_nothing() {
    for config in [
        Config::consecutive(5),
        Config::new().count_window(100),
        Config::new()
            .slow_calls(Duration::from_secs(1), 0.5)
            .consecutive_failures(5),
    ] {
        // A name created at run time, as in a registry.
        let breaker = CircuitBreaker::builder(String::from("payments")).config(config);
        let breaker = breaker.build().expect("the configuration is valid");
        assert_eq!(allocated(&breaker), 0);
        breaker.force_open();
        assert_eq!(allocated(&breaker), 0);
    }
}

#[test]
fn breaker_is_at_most_two_kibibytes() {
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
