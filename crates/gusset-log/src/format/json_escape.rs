//! Strings in JSON.

use super::escape_scan::needs_no_escape;
use super::line_buffer::{Escape, EscapeSeq, LineBuffer, TAIL_RESERVE, is_unsafe};

pub(crate) enum JsonEscape {}

impl Escape for JsonEscape {
    #[inline]
    fn is_clean(text: &[u8]) -> bool {
        needs_no_escape(text)
    }

    fn escape(c: char, out: &mut EscapeSeq) -> bool {
        match c {
            '"' => out.append(b"\\\""),
            '\\' => out.append(b"\\\\"),
            '\n' => out.append(b"\\n"),
            '\r' => out.append(b"\\r"),
            '\t' => out.append(b"\\t"),
            c if is_unsafe(c) => out.unicode(c),
            _ => return false,
        }
        true
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Returns an escaped text, without quotes. It is for constants of the service, such as targets.
pub(super) fn escaped(text: &str) -> String {
    let mut line = LineBuffer::default();
    line.begin(TAIL_RESERVE + 4096, 4096);
    line.text::<JsonEscape>(text);
    String::from_utf8_lossy(line.bytes()).into_owned()
}
