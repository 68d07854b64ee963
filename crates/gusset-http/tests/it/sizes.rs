//! What the driver adds to a body, as it is moved about with it.

use std::mem::size_of;

use gusset_core::{CallContext, CallObserver, End, Protocol};
use gusset_http::{GrpcServerClassifier, HttpClassifier, HttpServerClassifier, ObservedBody};

struct Bytes<const N: usize>(#[allow(dead_code, reason = "its size")] [u8; N]);

impl<P: Protocol, const N: usize> CallObserver<P> for Bytes<N> {
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

/// What a tracked body has beyond the service's own.
fn added<R: HttpClassifier, const N: usize>() -> usize {
    type Inner = [u64; 4];
    size_of::<ObservedBody<Inner, R, Bytes<N>>>() - size_of::<Inner>()
}

#[test]
#[cfg(target_pointer_width = "64")]
fn a_body_grows_by_no_more_than_the_facts_of_a_call() {
    let (unit, small) = (
        added::<HttpServerClassifier, 0>(),
        added::<HttpServerClassifier, 32>(),
    );
    let grpc = added::<GrpcServerClassifier, 0>();
    println!("added: {unit} bytes with a unit call, {small} with one of 32, {grpc} in gRPC");
    assert!(unit <= 112, "{unit}");
    assert!(small <= 104, "{small}");
    assert!(grpc <= 112, "{grpc}");
}
