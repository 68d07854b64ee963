//! What the formats have in common in writing a value.

use std::borrow::Cow;
use std::fmt::{Debug, Write as _};

use super::line::{Escape, Line};
use crate::redact::Redaction;

/// Writes a value as it shows itself, without what looks like a secret.
#[inline]
pub(super) fn debug<E: Escape>(line: &mut Line, redaction: Option<&Redaction>, value: &dyn Debug) {
    let start = line.len();
    // An error is a line without room.
    let _ = write!(line.value::<E>(), "{value:?}");
    if let Some(redaction) = redaction {
        if redaction.suspects(&line.bytes()[start..]) {
            line.truncate(start);
            let scrubbed = redaction.scrub_debug(value);
            line.text::<E>(&scrubbed);
        }
    }
}

/// Bytes as text: no more of them than may be shown, for they may be megabytes.
pub(super) fn lossy(value: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(&value[..value.len().min(1 << 16)])
}
