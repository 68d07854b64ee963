//! Conversions of values that several formats share.

use std::borrow::Cow;
use std::fmt::{Debug, Write as _};

use super::line_buffer::{Escape, LineBuffer};
use crate::redact::Redaction;

/// Writes a value by its `Debug` implementation, without its secrets.
#[inline]
pub(super) fn debug<E: Escape>(
    line: &mut LineBuffer,
    redaction: Option<&Redaction>,
    value: &dyn Debug,
) {
    let start = line.len();
    // It fails if the value is cut, which the line records.
    let _ = write!(line.value::<E>(), "{value:?}");
    if let Some(redaction) = redaction {
        if redaction.may_contain_secret(&line.bytes()[start..]) {
            line.truncate(start);
            let redacted = redaction.redact_debug(value);
            line.text::<E>(&redacted);
        }
    }
}

/// Returns bytes as text. Only as many are converted as can be logged: there may be megabytes.
pub(super) fn lossy(value: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(&value[..value.len().min(1 << 16)])
}

/// Returns the whole nanoseconds of a duration in seconds.
#[inline]
pub(super) fn seconds_to_nanos(seconds: f64) -> u64 {
    (seconds * 1e9 + 0.5) as u64
}
