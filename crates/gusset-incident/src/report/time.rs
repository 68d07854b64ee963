//! Times by RFC 3339, with microseconds, in UTC.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serializer};

/// The first second that the format does not have: the year 10000.
const END: Duration = Duration::from_secs(253_402_300_800);

/// Returns a time as text. One outside of the years 1970 to 9999 becomes the nearest that is not.
pub(crate) fn text(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    let since = since
        .unwrap_or_default()
        .min(END - Duration::from_micros(1));
    humantime::format_rfc3339_micros(SystemTime::UNIX_EPOCH + since).to_string()
}

/// Returns the time of the day: `21:53:03.123`.
pub(crate) fn clock(time: SystemTime) -> String {
    text(time)[11..23].to_owned()
}

/// Returns a time for the name of a file, to the second: `20261127T215303Z`.
pub(crate) fn compact(time: SystemTime) -> String {
    let text = text(time);
    let digits = text[..19].chars().filter(|c| !matches!(c, '-' | ':'));
    digits.chain(['Z']).collect()
}

pub(crate) fn serialize<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text(*time))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_rfc3339(&text).map_err(serde::de::Error::custom)
}

/// Rounds a time to what the format has, so that a report is equal to itself after it was read.
pub(crate) fn rounded(time: SystemTime) -> SystemTime {
    let text = text(time);
    humantime::parse_rfc3339(&text).expect("it was formatted so")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_has_microseconds() {
        let time = SystemTime::UNIX_EPOCH + Duration::new(1_795_816_383, 123_456_789);
        assert_eq!(text(time), "2026-11-27T21:53:03.123456Z");
        assert_eq!(clock(time), "21:53:03.123");
        assert_eq!(compact(time), "20261127T215303Z");
        assert_eq!(text(rounded(time)), text(time));
    }

    #[test]
    fn clock_that_is_far_off_is_no_panic() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(text(before), "1970-01-01T00:00:00.000000Z");
        let after = SystemTime::UNIX_EPOCH + END;
        assert_eq!(text(after), "9999-12-31T23:59:59.999999Z");
    }
}
