//! The error of a service is not `From` the rejection, and the layer has no response.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use gusset_core::{
    Admission, AdmissionLayer, CallContext, CallObserver, End, Protocol, Rejected, RequestResponse,
};
use tower_layer::Layer;
use tower_service::Service;

#[derive(Clone)]
struct Handler;

impl Service<String> for Handler {
    type Response = usize;
    type Error = Infallible;
    type Future = Ready<Result<usize, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, text: String) -> Self::Future {
        ready(Ok(text.len()))
    }
}

struct Closed;
struct Permit;

impl<P: Protocol> Admission<P> for Closed {
    type Permit = Permit;
    type Rejection = Rejected;
    fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<Permit, Rejected> {
        Err(Rejected::new("closed"))
    }
}

impl<P: Protocol> CallObserver<P> for Permit {
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

fn assert_service<S: Service<String>>(_: S) {}

fn main() {
    let layer = AdmissionLayer::<RequestResponse<String, usize>, _>::new(Closed);
    assert_service(layer.layer(Handler));
}
