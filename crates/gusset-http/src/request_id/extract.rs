//! The request id as an argument of axum's handlers.

use std::convert::Infallible;
use std::future::{Future, ready};

use axum::extract::OptionalFromRequestParts;
use http::request::Parts;

use super::{RequestId, current_request_id};

/// `Option<RequestId>`: the id of the request, or `None` without a [`RequestIdLayer`](crate::RequestIdLayer).
///
/// ```
/// use axum::{Router, routing::get};
/// use gusset_http::RequestId;
///
/// async fn show(id: Option<RequestId>) -> String {
///     id.map_or_else(String::new, |id| id.to_string())
/// }
///
/// let app: Router = Router::new().route("/id", get(show)).layer(gusset_http::RequestIdLayer::new());
/// ```
impl<S: Sync> OptionalFromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    fn from_request_parts(
        parts: &mut Parts,
        _: &S,
    ) -> impl Future<Output = Result<Option<Self>, Infallible>> + Send {
        let id = current_request_id().or_else(|| parts.extensions.get().cloned());
        ready(Ok(id))
    }
}
