//! Types have exactly the auto traits of their parts.

use std::cell::Cell;
use std::marker::PhantomPinned;
use std::rc::Rc;

use gusset_core::{CallContext, CallObserver, End, Protocol};
use gusset_http::{
    EndpointFuture, EndpointService, Grpc, GrpcServerClassifier, Http, HttpClientClassifier,
    HttpServerClassifier, ObservedBody, PathFilter, PropagateRoute, PropagateRouteLayer, Route,
};

/// A negative assertion is ambiguous, and does not compile, if the type has the trait.
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

/// `Send`, as all calls are, but not `Sync`.
struct Unshared(#[allow(dead_code, reason = "not Sync")] Cell<u8>);
/// `Send`, as all calls are, but not `Unpin`. The driver does not pin it.
struct Pinned(#[allow(dead_code, reason = "not Unpin")] PhantomPinned);

impl<P: Protocol> CallObserver<P> for Unshared {
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

impl<P: Protocol> CallObserver<P> for Pinned {
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

#[test]
fn observed_body_has_the_auto_traits_of_its_parts() {
    assert_auto!(ObservedBody<u8, HttpServerClassifier, ()>: Send);
    assert_auto!(ObservedBody<u8, HttpServerClassifier, ()>: Sync);
    assert_auto!(ObservedBody<u8, HttpServerClassifier, ()>: Unpin);
    assert_auto!(ObservedBody<u8, HttpClientClassifier, ()>: Send);
    assert_auto!(ObservedBody<u8, GrpcServerClassifier, ()>: Send);
    assert_auto!(ObservedBody<Rc<u8>, HttpServerClassifier, ()>: !Send);
    assert_auto!(ObservedBody<Rc<u8>, HttpServerClassifier, ()>: !Sync);
    assert_auto!(ObservedBody<Cell<u8>, HttpServerClassifier, ()>: Send);
    assert_auto!(ObservedBody<Cell<u8>, HttpServerClassifier, ()>: !Sync);
    assert_auto!(ObservedBody<PhantomPinned, HttpServerClassifier, ()>: !Unpin);
    assert_auto!(ObservedBody<u8, HttpServerClassifier, Unshared>: Send);
    assert_auto!(ObservedBody<u8, HttpServerClassifier, Unshared>: !Sync);
    assert_auto!(ObservedBody<u8, HttpServerClassifier, Pinned>: Unpin);
}

#[test]
fn services_have_the_auto_traits_of_their_parts() {
    assert_auto!(PropagateRouteLayer: Send);
    assert_auto!(PropagateRoute<u8>: Sync);
    assert_auto!(PropagateRoute<Rc<u8>>: !Send);
    assert_auto!(EndpointService<u8>: Sync);
    assert_auto!(EndpointService<Rc<u8>>: !Send);
    assert_auto!(EndpointFuture<u8>: Send);
    assert_auto!(EndpointFuture<Rc<u8>>: !Send);
    assert_auto!(EndpointFuture<PhantomPinned>: !Unpin);
}

#[test]
fn extensions_and_layers_are_send_and_sync() {
    assert_auto!(Route: Send);
    assert_auto!(Route: Sync);
    assert_auto!(PathFilter: Send);
    assert_auto!(PathFilter: Sync);
    assert_auto!(Http: Send);
    assert_auto!(Grpc: Sync);
}
