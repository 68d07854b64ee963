//! `Send`, `Sync` and `Unpin` are those of the parts, neither more nor less.

use std::cell::Cell;
use std::future::{Pending, Ready};
use std::marker::PhantomPinned;
use std::rc::Rc;

use gusset_core::admission::{AdmissionFuture, Admitted};
use gusset_core::observe::{Observe, ObserveFuture};
use gusset_core::{AdmissionLayer, CallTracker, ObserveLayer};
use gusset_core::{
    BoxCall, BoxObserver, CallContext, CallObserver, CatchPanic, Clock, End, FilteredObserver,
    Protocol, StaticStr,
};

use crate::admission::Doorman;
use crate::support::{Job, Scribe};

/// Two ways to have it if the trait is there, so that only one is a proof that it is not.
macro_rules! assert_auto {
    ($type:ty: $auto:ident) => {{
        fn has<T: ?Sized + $auto>() {}
        has::<$type>();
    }};
    ($type:ty: !$auto:ident) => {{
        trait Ambiguous<A> {
            fn has_not() {}
        }
        impl<T: ?Sized> Ambiguous<()> for T {}
        struct Has;
        impl<T: ?Sized + $auto> Ambiguous<Has> for T {}
        <$type as Ambiguous<_>>::has_not();
    }};
}

/// `Send` as all calls are, and not `Sync`.
struct Unshared(#[allow(dead_code, reason = "not Sync")] Cell<u8>);
/// `Send` as all calls are, and not `Unpin`, because the driver does not pin it.
struct Pinned(#[allow(dead_code, reason = "not Unpin")] PhantomPinned);

impl<P: Protocol> CallObserver<P> for Unshared {
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

impl<P: Protocol> CallObserver<P> for Pinned {
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

type Sound = Ready<Result<(), ()>>;
type Local = Ready<Result<Rc<u8>, ()>>;
type Fixed = (Pending<()>, PhantomPinned);

#[test]
fn layers_are_send_sync_and_unpin() {
    assert_auto!(ObserveLayer<Job, Scribe>: Send);
    assert_auto!(ObserveLayer<Job, Scribe>: Sync);
    assert_auto!(ObserveLayer<Job, Scribe>: Unpin);
    assert_auto!(AdmissionLayer<Job, Doorman>: Send);
    assert_auto!(AdmissionLayer<Job, Doorman>: Sync);
    assert_auto!(AdmissionLayer<Job, Doorman>: Unpin);
    // The protocol type does not matter.
    assert_auto!(ObserveLayer<*const (), Scribe>: Send);
    assert_auto!(ObserveLayer<*const (), Scribe>: Sync);
}

#[test]
fn services_have_the_auto_traits_of_the_inner_service() {
    assert_auto!(Observe<u8, Job, Scribe>: Send);
    assert_auto!(Observe<u8, Job, Scribe>: Sync);
    assert_auto!(Observe<u8, Job, Scribe>: Unpin);
    assert_auto!(Observe<u8, *const (), Scribe>: Send);
    assert_auto!(Observe<Rc<u8>, Job, Scribe>: !Send);
    assert_auto!(Observe<Cell<u8>, Job, Scribe>: Send);
    assert_auto!(Observe<Cell<u8>, Job, Scribe>: !Sync);
    assert_auto!(Observe<PhantomPinned, Job, Scribe>: !Unpin);

    assert_auto!(Admitted<u8, Job, Doorman, u8>: Send);
    assert_auto!(Admitted<u8, Job, Doorman, u8>: Sync);
    assert_auto!(Admitted<u8, Job, Doorman, u8>: Unpin);
    assert_auto!(Admitted<Rc<u8>, Job, Doorman, u8>: !Send);
    assert_auto!(Admitted<u8, Job, Doorman, Rc<u8>>: !Send);
    assert_auto!(Admitted<Cell<u8>, Job, Doorman, u8>: !Sync);
}

#[test]
fn futures_have_the_auto_traits_of_the_inner_future() {
    assert_auto!(ObserveFuture<Sound, Job, Scribe>: Send);
    assert_auto!(ObserveFuture<Sound, Job, Scribe>: Sync);
    assert_auto!(ObserveFuture<Sound, Job, Scribe>: Unpin);
    assert_auto!(ObserveFuture<Local, Job, Scribe>: !Send);
    assert_auto!(ObserveFuture<Local, Job, Scribe>: !Sync);
    assert_auto!(ObserveFuture<Fixed, Job, Scribe>: !Unpin);
    assert_auto!(ObserveFuture<Sound, Job, Unshared>: Send);
    assert_auto!(ObserveFuture<Sound, Job, Unshared>: !Sync);
    assert_auto!(ObserveFuture<Sound, Job, Pinned>: Unpin);

    assert_auto!(AdmissionFuture<Sound, Job, Scribe, u8, u8>: Send);
    assert_auto!(AdmissionFuture<Sound, Job, Scribe, u8, u8>: Sync);
    assert_auto!(AdmissionFuture<Sound, Job, Scribe, u8, u8>: Unpin);
    assert_auto!(AdmissionFuture<Local, Job, Scribe, u8, u8>: !Send);
    assert_auto!(AdmissionFuture<Sound, Job, Scribe, Rc<u8>, u8>: !Send);
    assert_auto!(AdmissionFuture<Sound, Job, Scribe, u8, Rc<u8>>: !Send);
    assert_auto!(AdmissionFuture<Fixed, Job, Scribe, u8, u8>: !Unpin);
    assert_auto!(AdmissionFuture<Sound, Job, Scribe, PhantomPinned, u8>: Unpin);
}

#[test]
fn hook_arguments_and_calls_are_send() {
    assert_auto!(CallContext: Send);
    assert_auto!(CallContext: Sync);
    assert_auto!(Clock: Send);
    assert_auto!(Clock: Sync);
    assert_auto!(StaticStr: Send);
    assert_auto!(StaticStr: Sync);
    assert_auto!(CallTracker<Job, Unshared>: Send);
    assert_auto!(CallTracker<Job, Unshared>: !Sync);
    assert_auto!(BoxObserver<Job>: Send);
    assert_auto!(BoxObserver<Job>: Sync);
    assert_auto!(BoxCall<Job>: Send);
    assert_auto!(FilteredObserver<Scribe, fn(&u32) -> bool>: Sync);
    assert_auto!(CatchPanic<Scribe>: Sync);
    // An end borrows the service's error, of which only `'static` is known: it stays in its hook.
    assert_auto!(End<'static, Job>: !Send);
}
