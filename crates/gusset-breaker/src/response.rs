//! Responses to rejected calls.

use std::time::Duration;

use gusset_core::admission::Respond;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use crate::CircuitOpen;

/// Returns the HTTP response for a rejected call: 503 with `Retry-After` and a problem document
/// (RFC 9457).
///
/// `Retry-After` is in whole seconds, rounded up and at least one (RFC 9110, 10.2.3). Up to a tenth
/// is added at random, so that clients do not all retry at the same time. It is absent if the breaker
/// is forced open. The response does not contain the name of the breaker.
///
/// ```
/// use gusset_breaker::{CircuitBreaker, http_response};
///
/// let breaker = CircuitBreaker::builder("payments").build()?;
/// breaker.trip();
/// let open = breaker.try_acquire().unwrap_err();
/// let response: http::Response<String> = http_response(&open);
/// assert_eq!(response.status(), 503);
/// assert!(response.headers().contains_key("retry-after"));
/// assert_eq!(response.headers()["content-type"], "application/problem+json");
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
pub fn http_response<B: From<&'static str>>(open: &CircuitOpen) -> Response<B> {
    const PROBLEM: &str = concat!(
        r#"{"title":"Service Unavailable","status":503,"#,
        r#""detail":"The circuit breaker is open. Try again later."}"#
    );
    let mut response = Response::new(B::from(PROBLEM));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/problem+json");
    headers.insert(CONTENT_TYPE, json);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(after) = open.retry_after() {
        let after = with_jitter(after, fastrand::u32(..));
        headers.insert(RETRY_AFTER, whole_seconds(after).into());
    }
    response
}

/// Returns the gRPC response for a rejected call: `UNAVAILABLE` in the headers, with
/// `grpc-retry-pushback-ms` (gRFC A6).
///
/// The pushback has the same jitter as in [`http_response`].
///
/// ```
/// use gusset_breaker::{CircuitBreaker, grpc_response};
///
/// let breaker = CircuitBreaker::builder("payments").build()?;
/// breaker.trip();
/// let open = breaker.try_acquire().unwrap_err();
/// let response: http::Response<String> = grpc_response(&open);
/// assert_eq!((response.status().as_u16(), &response.headers()["grpc-status"]), (200, &"14".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn grpc_response<B: Default>(open: &CircuitOpen) -> Response<B> {
    let mut response = Response::new(B::default());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-status", HeaderValue::from_static("14"));
    let message = HeaderValue::from_static("circuit breaker is open");
    headers.insert("grpc-message", message);
    if let Some(after) = open.retry_after() {
        let after = with_jitter(after, fastrand::u32(..));
        let millis = after.as_nanos().div_ceil(1_000_000);
        let millis = u64::try_from(millis).unwrap_or(u64::MAX);
        headers.insert("grpc-retry-pushback-ms", millis.into());
    }
    response
}

/// Answers rejected gRPC calls with UNAVAILABLE: the [`grpc_response`].
///
/// The default of [`CircuitBreaker::grpc_client`](crate::CircuitBreaker::grpc_client) and `grpc_server`. The
/// type of the body has to be `Default`, as tonic's is. hyper's `Incoming` is not: there, set
/// [`respond_with`](gusset_core::AdmissionLayer::respond_with), or fail the call with
/// `respond_by(IntoServiceError::default())`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RespondUnavailable;

// The compiler then reports how to respond in another way, and not the missing `Default`.
#[diagnostic::do_not_recommend]
impl<B: Default, E> Respond<CircuitOpen, Response<B>, E> for RespondUnavailable {
    fn respond(&self, open: CircuitOpen) -> Result<Response<B>, E> {
        Ok(grpc_response(&open))
    }
}

/// Adds up to a tenth, in proportion to `random`.
fn with_jitter(after: Duration, random: u32) -> Duration {
    let share = f64::from(random) / f64::from(u32::MAX) / 10.0;
    after.saturating_add(Duration::from_nanos(
        (after.as_nanos() as f64 * share) as u64,
    ))
}

fn whole_seconds(after: Duration) -> u64 {
    let partial = u64::from(after.subsec_nanos() > 0);
    after.as_secs().saturating_add(partial).max(1)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_rounded_up_with_jitter() {
        let seconds =
            |millis, random| whole_seconds(with_jitter(Duration::from_millis(millis), random));
        assert_eq!(seconds(0, 0), 1);
        assert_eq!(seconds(1, u32::MAX), 1);
        assert_eq!(seconds(1000, 0), 1);
        assert_eq!(seconds(1001, 0), 2);
        assert_eq!(seconds(100_000, u32::MAX), 110);
        assert_eq!(seconds(100_000, u32::MAX / 2), 105);
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }
}
