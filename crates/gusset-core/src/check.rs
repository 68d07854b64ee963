//! A compile-time check with a readable error.

use tower_service::Service;

use crate::{ProtocolRequest, ProtocolResponse};

/// Returns the service if gusset can observe it as `P`. If not, the compile error names the missing
/// part, instead of a router's "the trait `Handler` is not implemented".
///
/// ```
/// use gusset_core::{RequestResponse, assert_observable};
/// # use std::{convert::Infallible, future::{Ready, ready}, task::{Context, Poll}};
/// # struct Upper;
/// # impl tower_service::Service<String> for Upper {
/// #     type Response = String;
/// #     type Error = Infallible;
/// #     type Future = Ready<Result<String, Infallible>>;
/// #     fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> { Poll::Ready(Ok(())) }
/// #     fn call(&mut self, req: String) -> Self::Future { ready(Ok(req.to_uppercase())) }
/// # }
///
/// let service = assert_observable::<RequestResponse<String, String>, String, _>(Upper);
/// ```
pub fn assert_observable<P, Req, S>(service: S) -> S
where
    S: Service<Req>,
    S::Error: 'static,
    P: ProtocolRequest<Req> + ProtocolResponse<S::Response>,
{
    service
}
