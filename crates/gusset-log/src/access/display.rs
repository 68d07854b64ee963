//! Parts of a request in the form in which they are logged.

use std::fmt::{self, Write as _};
use std::time::Duration;

use gusset_http::{MAX_HEADER_VALUE_BYTES, truncate_str};
use http::HeaderValue;

/// Longer route templates are cut.
pub(super) const MAX_ROUTE_BYTES: usize = 256;

/// A header value in which bytes that are not UTF-8 are replaced.
#[derive(Clone, Copy)]
pub(super) struct LossyHeader<'a>(&'a [u8]);

/// Returns a duration in nanoseconds: 584 years fit.
#[inline]
pub(super) fn nanos(time: Duration) -> u64 {
    time.as_secs() * 1_000_000_000 + u64::from(time.subsec_nanos())
}

/// Returns a duration in seconds. It is one division, so that the digits are those of the nanoseconds.
pub(super) fn seconds(time: Duration) -> f64 {
    nanos(time) as f64 / 1e9
}

// === impl LossyHeader ===

impl<'a> LossyHeader<'a> {
    /// Returns the scheme and the authority of a `Referer`.
    pub(super) fn origin(value: &'a HeaderValue) -> Self {
        let value = value.as_bytes();
        let authority = value.windows(3).position(|three| three == b"://");
        let start = authority.map_or(0, |at| at + 3);
        let end = value[start..]
            .iter()
            .position(|byte| matches!(byte, b'/' | b'?' | b'#'));
        Self(&value[..end.map_or(value.len(), |len| start + len)])
    }

    /// Returns a `Referer` without its query, which may contain secrets.
    pub(super) fn without_query(value: &'a HeaderValue) -> Self {
        let value = value.as_bytes();
        let end = value.iter().position(|byte| matches!(byte, b'?' | b'#'));
        Self(&value[..end.unwrap_or(value.len())])
    }
}

impl fmt::Display for LossyHeader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = MAX_HEADER_VALUE_BYTES;
        for chunk in self.0.utf8_chunks() {
            let valid = truncate_str(chunk.valid(), left);
            f.write_str(valid)?;
            left -= valid.len();
            // The replacement character has three bytes.
            if !chunk.invalid().is_empty() && left >= 3 {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
                left -= 3;
            }
        }
        Ok(())
    }
}
