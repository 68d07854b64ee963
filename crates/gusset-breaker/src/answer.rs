//! What a refused call may be answered with.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use crate::Open;

/// The answer to a refused call over HTTP: 503 with `Retry-After` and a problem of RFC 9457.
///
/// `Retry-After` is in whole seconds, rounded up and one at least (RFC 9110, 10.2.3), after it was
/// lengthened by up to a tenth by chance, so that callers do not come back at once. Without it, if
/// only a hand knows. Says nothing of the breaker: its name is not the caller's business.
///
/// ```
/// use gusset_breaker::{Breaker, unavailable};
///
/// let breaker = Breaker::builder("payments").build()?;
/// breaker.trip();
/// let open = breaker.try_acquire().unwrap_err();
/// let response: http::Response<String> = unavailable(&open);
/// assert_eq!(response.status(), 503);
/// assert!(response.headers().contains_key("retry-after"));
/// assert_eq!(response.headers()["content-type"], "application/problem+json");
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
pub fn unavailable<B: From<&'static str>>(open: &Open) -> Response<B> {
    const PROBLEM: &str = concat!(
        r#"{"title":"Service Unavailable","status":503,"#,
        r#""detail":"The service is resting after failures. Try again later."}"#
    );
    let mut response = Response::new(B::from(PROBLEM));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/problem+json");
    headers.insert(CONTENT_TYPE, json);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(after) = open.retry_after() {
        headers.insert(RETRY_AFTER, whole_seconds(lengthened(after, dice())).into());
    }
    response
}

/// The answer to a refused call over gRPC: UNAVAILABLE in headers alone, with
/// `grpc-retry-pushback-ms` (gRFC A6), lengthened as [`unavailable`] says.
///
/// ```
/// use gusset_breaker::{Breaker, grpc_unavailable};
///
/// let breaker = Breaker::builder("payments").build()?;
/// breaker.trip();
/// let open = breaker.try_acquire().unwrap_err();
/// let response: http::Response<String> = grpc_unavailable(&open);
/// assert_eq!((response.status().as_u16(), &response.headers()["grpc-status"]), (200, &"14".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn grpc_unavailable<B: Default>(open: &Open) -> Response<B> {
    let mut response = Response::new(B::default());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-status", HeaderValue::from_static("14"));
    let message = HeaderValue::from_static("the service is resting after failures");
    headers.insert("grpc-message", message);
    if let Some(after) = open.retry_after() {
        let millis = lengthened(after, dice()).as_nanos().div_ceil(1_000_000);
        let millis = u64::try_from(millis).unwrap_or(u64::MAX);
        headers.insert("grpc-retry-pushback-ms", millis.into());
    }
    response
}

fn lengthened(after: Duration, dice: u32) -> Duration {
    // A tenth at most: 34 years and a tenth fit.
    let chance = f64::from(dice) / f64::from(u32::MAX) / 10.0;
    after.saturating_add(Duration::from_nanos(
        (after.as_nanos() as f64 * chance) as u64,
    ))
}

fn whole_seconds(after: Duration) -> u64 {
    let begun = u64::from(after.subsec_nanos() > 0);
    after.as_secs().saturating_add(begun).max(1)
}

/// Chance that no stranger foresees; the standard library's, so that it costs no dependency.
fn dice() -> u32 {
    RandomState::new().hash_one(0) as u32
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_rounded_up_and_lengthened_by_a_tenth_at_most() {
        let seconds = |millis, dice| whole_seconds(lengthened(Duration::from_millis(millis), dice));
        assert_eq!(seconds(0, 0), 1);
        assert_eq!(seconds(1, u32::MAX), 1);
        assert_eq!(seconds(1000, 0), 1);
        assert_eq!(seconds(1001, 0), 2);
        assert_eq!(seconds(100_000, u32::MAX), 110);
        assert_eq!(seconds(100_000, u32::MAX / 2), 105);
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }
}
