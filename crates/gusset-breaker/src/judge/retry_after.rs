//! How long the remote asks to be left alone.

use std::time::Duration;

use http::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). A date is taken beside the response's own
/// `Date`, so that it does not matter whose clock is right; without that it says nothing.
pub(super) fn http(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?;
    if let Some(seconds) = digits(value) {
        return Some(Duration::from_secs(seconds));
    }
    let (until, now) = (date(value)?, date(headers.get(DATE)?)?);
    Some(Duration::from_secs(until.saturating_sub(now)))
}

/// `grpc-retry-pushback-ms` (gRFC A6), in headers or trailers. What is negative or no number asks not
/// to retry at all, which a breaker does not do anyway.
pub(super) fn grpc(headers: &HeaderMap) -> Option<Duration> {
    digits(headers.get("grpc-retry-pushback-ms")?).map(Duration::from_millis)
}

/// Digits alone, where `parse` would take a sign too. What does not fit is for ever.
fn digits(value: &HeaderValue) -> Option<u64> {
    let text = value.to_str().ok()?.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX / 1_000_000))
}

/// Seconds since year 0 of a date in the one form that is still sent: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(value: &HeaderValue) -> Option<u64> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let text = value.to_str().ok()?;
    let (_weekday, rest) = text.split_once(", ")?;
    let mut words = rest.split(' ');
    let mut number = |digits: usize| {
        let word = words.next().filter(|word| word.len() == digits)?;
        word.parse::<u64>().ok()
    };
    let day = number(2).filter(|day| (1..=31).contains(day))?;
    let month = words.next().filter(|name| name.len() == 3)?;
    let month = MONTHS.find(month).filter(|at| at % 3 == 0)? as u64 / 3 + 1;
    let year = words
        .next()?
        .parse::<u64>()
        .ok()
        .filter(|year| *year < 10_000)?;
    let mut time = words.next()?.splitn(3, ':').map(str::parse::<u64>);
    let mut part = |most: u64| time.next()?.ok().filter(|part| *part <= most);
    let seconds = part(23)? * 3600 + part(59)? * 60 + part(60)?;
    (words.next() == Some("GMT")).then_some(())?;
    // Days of a year that begins in March, so that the leap day is its last.
    let (year, month) = if month < 3 {
        (year.checked_sub(1)?, month + 9)
    } else {
        (year, month - 3)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    Some(days * 86_400 + seconds)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn after(retry: &'static str, date: Option<&'static str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static(retry));
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_static(date));
        }
        http(&headers).map(|after| after.as_secs())
    }

    #[test]
    fn seconds_are_taken_as_they_are_and_nothing_else_is_a_number() {
        assert_eq!(after("120", None), Some(120));
        assert_eq!(after("0", None), Some(0));
        assert!(after("99999999999999999999999", None) > Some(1 << 40));
        for wrong in ["-1", "+1", "1.5", "soon", ""] {
            assert_eq!(after(wrong, None), None, "{wrong}");
        }
    }

    #[test]
    fn a_date_is_taken_beside_the_date_of_the_response() {
        let now = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(after("Sun, 06 Nov 1994 08:50:37 GMT", Some(now)), Some(60));
        assert_eq!(
            after("Mon, 07 Nov 1994 08:49:37 GMT", Some(now)),
            Some(86_400)
        );
        assert_eq!(after("Sun, 06 Nov 1994 08:00:00 GMT", Some(now)), Some(0));
        assert_eq!(after("Sun, 06 Nov 1994 08:50:37 GMT", None), None);
        let leap = "Wed, 28 Feb 2024 00:00:00 GMT";
        assert_eq!(
            after("Fri, 01 Mar 2024 00:00:00 GMT", Some(leap)),
            Some(2 * 86_400)
        );
        let year = "Sun, 31 Dec 2023 23:59:59 GMT";
        assert_eq!(after("Mon, 01 Jan 2024 00:00:00 GMT", Some(year)), Some(1));
        for wrong in [
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "Sun, 06 ovD 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:61:37 GMT",
        ] {
            assert_eq!(after(wrong, Some(now)), None, "{wrong}");
        }
    }
}
