//! What a refused call is answered with.

use std::time::Duration;

use gusset_core::Rejected;
use http::{HeaderValue, Response, StatusCode, header};

/// The answer to a refused call: 503 with `Retry-After` in whole seconds, rounded up and at least
/// one (RFC 9110, 10.2.3), or without it if the guard does not know.
///
/// Meant for [`AdmissionLayer::respond_with`](gusset_core::AdmissionLayer::respond_with); the mark that
/// tells observers of the refusal is put there by the driver.
///
/// ```
/// use gusset_core::Rejected;
/// use gusset_http::service_unavailable;
/// use std::time::Duration;
///
/// let refused = Rejected::new("stock").with_retry_after(Duration::from_millis(1200));
/// let response: http::Response<String> = service_unavailable(&refused);
/// assert_eq!(response.status(), 503);
/// assert_eq!(response.headers()["retry-after"], "2");
/// ```
pub fn service_unavailable<B: Default>(refused: &Rejected) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    if let Some(after) = refused.retry_after() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, whole_seconds(after).into());
    }
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn whole_seconds(duration: Duration) -> u64 {
    let begun = u64::from(duration.subsec_nanos() > 0);
    duration.as_secs().saturating_add(begun).max(1)
}
