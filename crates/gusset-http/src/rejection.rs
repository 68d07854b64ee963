//! The response to a rejected call.

use std::time::Duration;

use gusset_core::Rejected;
use http::{HeaderValue, Response, StatusCode, header};

/// Returns the response to a rejected call: 503 and `cache-control: no-store`.
///
/// `Retry-After` is in whole seconds, rounded up and at least one (RFC 9110, 10.2.3). It is absent
/// if the rejection has no such time.
///
/// For [`AdmissionLayer::respond_with`](gusset_core::AdmissionLayer::respond_with). The driver marks
/// the response as rejected for the observers.
///
/// ```
/// use gusset_core::Rejected;
/// use gusset_http::service_unavailable;
/// use std::time::Duration;
///
/// let rejected = Rejected::new("stock").with_retry_after(Duration::from_millis(1200));
/// let response: http::Response<String> = service_unavailable(&rejected);
/// assert_eq!(response.status(), 503);
/// assert_eq!(response.headers()["retry-after"], "2");
/// ```
pub fn service_unavailable<B: Default>(rejected: &Rejected) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    if let Some(after) = rejected.retry_after() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, round_up_to_seconds(after).into());
    }
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn round_up_to_seconds(duration: Duration) -> u64 {
    let begun = u64::from(duration.subsec_nanos() > 0);
    duration.as_secs().saturating_add(begun).max(1)
}
