//! The retry delay that the remote service requests.

use std::time::{Duration, SystemTime};

use http::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

/// Parses `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
///
/// A date is relative to the `Date` of the same response, so the clocks need not agree. Without a
/// `Date` it is ignored.
pub(super) fn from_http(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?;
    if let Some(seconds) = parse_digits(value) {
        return Some(Duration::from_secs(seconds));
    }
    let (until, now) = (parse_date(value)?, parse_date(headers.get(DATE)?)?);
    Some(until.duration_since(now).unwrap_or(Duration::ZERO))
}

/// Parses `grpc-retry-pushback-ms` (gRFC A6), from headers or trailers.
///
/// A negative value means that the client must not retry, which does not concern a breaker.
pub(super) fn from_grpc(headers: &HeaderMap) -> Option<Duration> {
    parse_digits(headers.get("grpc-retry-pushback-ms")?).map(Duration::from_millis)
}

/// Parses digits without a sign, which `parse` would accept. A number that is too large saturates.
fn parse_digits(value: &HeaderValue) -> Option<u64> {
    const MAX: u64 = u64::MAX / 1_000_000;
    let text = value.to_str().ok()?.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(MAX))
}

fn parse_date(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn seconds(retry_after: &'static str, date: Option<&'static str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static(retry_after));
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_static(date));
        }
        from_http(&headers).map(|after| after.as_secs())
    }

    #[test]
    fn only_unsigned_seconds_are_accepted() {
        assert_eq!(seconds("120", None), Some(120));
        assert_eq!(seconds("0", None), Some(0));
        assert!(seconds("99999999999999999999999", None) > Some(1 << 40));
        for invalid in ["-1", "+1", "1.5", "soon", ""] {
            assert_eq!(seconds(invalid, None), None, "{invalid}");
        }
    }

    #[test]
    fn date_is_relative_to_response_date() {
        let now = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(
            seconds("Sun, 06 Nov 1994 08:50:37 GMT", Some(now)),
            Some(60)
        );
        assert_eq!(
            seconds("Mon, 07 Nov 1994 08:49:37 GMT", Some(now)),
            Some(86_400)
        );
        // The obsolete formats, which recipients must accept (RFC 9110, 5.6.7).
        assert_eq!(
            seconds("Sunday, 06-Nov-94 08:50:37 GMT", Some(now)),
            Some(60)
        );
        assert_eq!(seconds("Sun Nov  6 08:50:37 1994", Some(now)), Some(60));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:00:00 GMT", Some(now)), Some(0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:37 GMT", None), None);
        let leap = "Wed, 28 Feb 2024 00:00:00 GMT";
        assert_eq!(
            seconds("Fri, 01 Mar 2024 00:00:00 GMT", Some(leap)),
            Some(2 * 86_400)
        );
        let year = "Sun, 31 Dec 2023 23:59:59 GMT";
        assert_eq!(
            seconds("Mon, 01 Jan 2024 00:00:00 GMT", Some(year)),
            Some(1)
        );
        for invalid in [
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "Fri, 31 Feb 1995 08:49:37 GMT",
            "Sun, 06 ovD 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:61:37 GMT",
        ] {
            assert_eq!(seconds(invalid, Some(now)), None, "{invalid}");
        }
    }
}
