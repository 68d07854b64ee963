//! The size that the driver adds to a future.

use std::mem::size_of;

use gusset_core::observe::ObserveFuture;
use gusset_core::{CallContext, CallObserver, CallTracker, End, Protocol, StaticStr};

use crate::support::Job;

struct Bytes<const N: usize>(#[allow(dead_code, reason = "its size")] [u8; N]);

impl<P: Protocol, const N: usize> CallObserver<P> for Bytes<N> {
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

/// Returns the size of an observed future, without the service's future and the call.
fn own<const N: usize>() -> usize {
    type Inner = std::future::Ready<[u64; 4]>;
    size_of::<ObserveFuture<Inner, Job, Bytes<N>>>() - size_of::<Inner>() - N
}

#[test]
#[cfg(target_pointer_width = "64")]
fn future_grows_by_the_state_of_a_call_only() {
    println!(
        "own part: {} bytes with a unit call, {} with one of 32",
        own::<0>(),
        own::<32>()
    );
    assert!(own::<0>() <= 72, "{}", own::<0>());
    assert!(own::<32>() <= 72, "{}", own::<32>());
}

#[test]
fn disabled_tracker_and_absent_permit_take_no_space() {
    assert_eq!(
        size_of::<CallTracker<Job, ()>>(),
        size_of::<ObserveFuture<(), Job, ()>>()
    );
    assert_eq!(size_of::<Option<StaticStr>>(), size_of::<usize>());
}
