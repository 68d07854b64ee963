//! The kinds of calls: what a layer reads of a request, and how it responds.

use crate::injection::Injection;
use crate::{Chaos, Fault};

/// A kind of calls: [`HttpCalls`](crate::HttpCalls) or [`ServiceCalls`](crate::ServiceCalls). Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no requests of type `{Req}` with responses of type `{Res}`",
    label = "not a service that this layer can be added to",
    note = "layers for HTTP and gRPC are for `http::Request<B>` and `http::Response<D>` with `D: Body<Data = Bytes>`; `Chaos::service` is for any other service"
)]
pub trait CallKind<Req, Res>: Clone + Sealed<Req, Res> {
    /// The response of the layer.
    type Response;

    /// Returns the response of a call that is not altered.
    #[doc(hidden)]
    fn untouched(res: Res) -> Self::Response;

    /// Returns the response of the service, with the faults of its body and its marks.
    #[doc(hidden)]
    fn finish(res: Res, injection: OneInjection) -> Self::Response;

    /// Returns a response instead of that of the service, or `None` if there is none for this fault.
    #[doc(hidden)]
    fn respond(fault: &Fault, injection: OneInjection) -> Option<Self::Response>;
}

/// What is injected into a call, of a private type.
#[derive(Debug)]
pub struct OneInjection(pub(crate) Injection);

#[diagnostic::on_unimplemented(
    message = "`{Self}` does not inject faults into calls from `{Req}` to `{Res}`",
    label = "not a kind of calls",
    note = "use `Chaos::http_server`, `Chaos::http_client` or their siblings for gRPC, or `Chaos::service` for other calls"
)]
pub trait Sealed<Req, Res> {
    /// Decides about a call.
    fn decide(&self, chaos: &Chaos, req: &mut Req, makes_errors: bool) -> Option<OneInjection>;
}
