//! `/proc/self/io`: `read_bytes: 0`.

use super::text::value;

/// Returns the bytes read from and written to devices.
pub(crate) fn parse(text: &[u8]) -> (Option<u64>, Option<u64>) {
    (value(text, b"read_bytes:"), value(text, b"write_bytes:"))
}
