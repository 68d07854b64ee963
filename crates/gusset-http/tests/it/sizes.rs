//! The size that the driver adds to a body, because bodies are moved often.

use std::mem::size_of;

use gusset_core::{CallContext, CallObserver, End, Protocol};
use gusset_http::{GrpcServerClassifier, HttpClassifier, HttpServerClassifier, ObservedBody};

struct Bytes<const N: usize>(#[allow(dead_code, reason = "its size")] [u8; N]);

impl<P: Protocol, const N: usize> CallObserver<P> for Bytes<N> {
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

/// Returns the bytes that an observed body has more than the service's body.
fn added<R: HttpClassifier, const N: usize>() -> usize {
    type Inner = [u64; 4];
    size_of::<ObservedBody<Inner, R, Bytes<N>>>() - size_of::<Inner>()
}

#[test]
#[cfg(target_pointer_width = "64")]
fn observed_body_adds_only_the_state_of_a_call() {
    let (unit, small) = (
        added::<HttpServerClassifier, 0>(),
        added::<HttpServerClassifier, 32>(),
    );
    let grpc = added::<GrpcServerClassifier, 0>();
    println!("added: {unit} bytes with an empty call, {small} with one of 32, {grpc} in gRPC");
    assert!(unit <= 112, "{unit}");
    assert!(small <= 104, "{small}");
    assert!(grpc <= 112, "{grpc}");
}
