//! The timestamp of a log entry.

use std::time::{SystemTime, UNIX_EPOCH};

use super::fast_digits::eight_digits;

/// A time since 1970. Earlier times are 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timestamp {
    pub(crate) seconds: u64,
    pub(crate) nanos: u32,
}

/// Formats timestamps. The date is formatted once per second.
pub(crate) struct TimestampFormatter {
    seconds: u64,
    /// `{"timestamp":"2026-11-22T17:00:00.000000Z`
    text: [u8; OPEN_LEN + 27],
}

/// The length of the start of a JSON entry. It is stored before the time, so that both are one copy.
const OPEN_LEN: usize = br#"{"timestamp":""#.len();

// === impl Timestamp ===

impl Timestamp {
    #[inline]
    pub(crate) fn from_system(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            // RFC 3339 has four digits for the year.
            seconds: since.as_secs().min(253_402_300_799),
            nanos: since.subsec_nanos(),
        }
    }

    /// Returns year, month and day (Howard Hinnant's `civil_from_days`).
    fn date(self) -> (u64, u64, u64) {
        let days = self.seconds / 86_400 + 719_468;
        let era = days / 146_097;
        let of_era = days % 146_097;
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        (year + era * 400 + u64::from(month <= 2), month, day)
    }

    fn time(self) -> (u64, u64, u64) {
        let of_day = self.seconds % 86_400;
        (of_day / 3600, of_day / 60 % 60, of_day % 60)
    }

    /// Returns the time in the Common Log Format: `22/Nov/2026:17:00:00 +0000`.
    pub(crate) fn clf(self) -> [u8; 26] {
        const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
        let (year, month, day) = self.date();
        let (hour, minute, second) = self.time();
        let mut text = *b"00/Jan/0000:00:00:00 +0000";
        let at = 3 * (month as usize - 1);
        text[3..6].copy_from_slice(&MONTHS[at..at + 3]);
        digits(&mut text[..2], day);
        digits(&mut text[7..11], year);
        digits(&mut text[12..14], hour);
        digits(&mut text[15..17], minute);
        digits(&mut text[18..20], second);
        text
    }
}

// === impl TimestampFormatter ===

impl TimestampFormatter {
    pub(crate) fn new() -> Self {
        Self {
            seconds: u64::MAX,
            text: *br#"{"timestamp":"0000-00-00T00:00:00.000000Z"#,
        }
    }

    /// Returns the time by RFC 3339, in UTC, in microseconds.
    #[inline]
    pub(crate) fn format(&mut self, at: Timestamp) -> &[u8] {
        &self.open_json(at)[OPEN_LEN..]
    }

    /// Returns the start of a JSON entry with the time.
    #[inline]
    pub(crate) fn open_json(&mut self, at: Timestamp) -> &[u8; OPEN_LEN + 27] {
        if at.seconds != self.seconds {
            self.format_date(at);
        }
        let [_, _, micros @ ..] = eight_digits(u64::from(at.nanos / 1000));
        self.text[OPEN_LEN + 20..OPEN_LEN + 26].copy_from_slice(&micros);
        &self.text
    }

    fn format_date(&mut self, at: Timestamp) {
        self.seconds = at.seconds;
        let text = &mut self.text[OPEN_LEN..];
        let (year, month, day) = at.date();
        let (hour, minute, second) = at.time();
        digits(&mut text[..4], year);
        digits(&mut text[5..7], month);
        digits(&mut text[8..10], day);
        digits(&mut text[11..13], hour);
        digits(&mut text[14..16], minute);
        digits(&mut text[17..19], second);
    }
}

fn digits(field: &mut [u8], mut number: u64) {
    for digit in field.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(seconds: u64, nanos: u32) -> String {
        let mut formatter = TimestampFormatter::new();
        String::from_utf8(formatter.format(Timestamp { seconds, nanos }).to_vec()).unwrap()
    }

    #[test]
    fn timestamp_is_rfc_3339() {
        assert_eq!(text(0, 999), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(951_782_400, 1000), "2000-02-29T00:00:00.000001Z");
        assert_eq!(
            text(1_795_366_799, 999_999_999),
            "2026-11-22T16:59:59.999999Z"
        );
        assert_eq!(text(253_402_300_799, 0), "9999-12-31T23:59:59.000000Z");
    }

    #[test]
    fn clf_date_is_formatted() {
        let timestamp = Timestamp {
            seconds: 971_211_336,
            nanos: 0,
        };
        assert_eq!(&timestamp.clf(), b"10/Oct/2000:20:55:36 +0000");
    }
}
