//! The fields of a server's entry as JSON, written from its record instead of its event.
//!
//! The bytes are the same as those written from the event; a test compares them.

use std::fmt::Write as _;
use std::ops::Range;

use gusset_core::Outcome;
use gusset_http::{ProtocolVersion, Scheme};

use super::display::nanos;
use super::fields::{fields, select_fields};
use super::record::AccessRecord;
use crate::format::json_escape::JsonEscape;
use crate::format::line_buffer::LineBuffer;
use crate::names;

/// Entries with longer paths are written from their events. Shorter ones fit into an entry whatever
/// has to be escaped in them.
const MAX_FAST_PATH_BYTES: usize = 256;

/// Joins constant texts at compile time, so that each piece between two values is one copy.
macro_rules! bytes {
    ($($part:expr),+) => {{
        const PARTS: &[&str] = &[$($part),+];
        const LEN: usize = 0 $(+ $part.len())+;
        const BYTES: &[u8; LEN] = &join(PARTS);
        BYTES
    }};
}

/// Writes a server's fields: the first four with the message, the others one by one.
macro_rules! write_fields {
    ([$record:ident, $line:ident]
        always text HTTP_REQUEST_METHOD = $method:expr;
        option text URL_PATH = $path:expr;
        option status HTTP_RESPONSE_STATUS_CODE = $status:expr;
        always number HTTP_RESPONSE_BODY_SIZE = $size:expr;
        $($presence:ident $kind:ident $key:ident = $value:expr;)*) => {{
        // `is_fast` excludes entries without a path.
        let path = $path.unwrap_or_default();
        let route = $record.write_head($line, $method, path, $status, $size);
        $(write_field!($presence $kind $key = $value, $line, route);)*
    }};
}

/// Returns a key of JSON with the start of its value, or with a whole constant value.
macro_rules! keyed {
    ($key:ident: $value:literal) => {
        bytes!(",\"", names::$key, "\":", $value)
    };
}

macro_rules! write_field {
    (option route $key:ident = $value:expr, $line:ident, $route:ident) => {
        // It is copied from the message.
        if let Some(range) = $route {
            $line.push(keyed!($key: "\""));
            $line.repeat(range);
            $line.byte(b'"');
        }
    };
    // They are written after the fields of the event, in every format.
    (option own_fields $key:ident = $value:expr, $line:ident, $route:ident) => {};
    // `is_fast` excludes entries with a query.
    (option query $key:ident = $value:expr, $line:ident, $route:ident) => {};
    (option $kind:ident $key:ident = $value:expr, $line:ident, $route:ident) => {
        if let Some(value) = $value {
            write_field!(always $kind $key = value, $line, $route);
        }
    };
    (always number $key:ident = $value:expr, $line:ident, $route:ident) => {
        $line.push(keyed!($key: ""));
        $line.number($value);
    };
    (always seconds $key:ident = $value:expr, $line:ident, $route:ident) => {
        $line.keyed_seconds(*keyed!($key: "0.000000000"), nanos($value));
    };
    (always version $key:ident = $value:expr, $line:ident, $route:ident) => {
        match $value {
            ProtocolVersion::Http11 => $line.push(keyed!($key: "\"1.1\"")),
            ProtocolVersion::Http2 => $line.push(keyed!($key: "\"2\"")),
            version => write_field!(always token $key = version.as_str(), $line, $route),
        }
    };
    (always scheme $key:ident = $value:expr, $line:ident, $route:ident) => {
        match $value {
            Scheme::Http => $line.push(keyed!($key: "\"http\"")),
            Scheme::Https => $line.push(keyed!($key: "\"https\"")),
        }
    };
    (always outcome $key:ident = $value:expr, $line:ident, $route:ident) => {
        match $value {
            Outcome::Success => $line.push(keyed!($key: "\"success\"")),
            outcome => write_field!(always token $key = outcome.as_str(), $line, $route),
        }
    };
    (always token $key:ident = $value:expr, $line:ident, $route:ident) => {{
        $line.push(keyed!($key: "\""));
        $line.push($value.as_bytes());
        $line.byte(b'"');
    }};
    (always text $key:ident = $value:expr, $line:ident, $route:ident) => {
        $line.push(keyed!($key: "\""));
        $line.text::<JsonEscape>($value);
        $line.byte(b'"');
    };
    (always display $key:ident = $value:expr, $line:ident, $route:ident) => {
        $line.push(keyed!($key: "\""));
        // It fails if the value is cut, which the line records.
        let _ = write!($line.value::<JsonEscape>(), "{}", $value);
        $line.byte(b'"');
    };
}

// === impl AccessRecord ===

impl AccessRecord {
    /// Returns whether the entry is certain to fit, so that no limit has to be checked.
    #[inline]
    pub(crate) fn is_fast(&self) -> bool {
        self.request.uri().path().len() <= MAX_FAST_PATH_BYTES
            && self.config().options.query().is_none()
            && !self.config().options.hides_paths()
            && self.exception_message.is_none()
    }

    /// Writes the fields. It is not inlined, so that the compiler keeps its values in registers.
    #[inline(never)]
    pub(crate) fn write_json(&self, line: &mut LineBuffer) {
        let (record, http) = (self, self.attributes());
        fields!(http_server(record, http) => write_fields!(record, line));
    }

    /// Writes the message and the first four fields. Returns the range of the route, if there is one.
    ///
    /// Methods, outcomes and status codes have nothing to escape. Most requests use `GET`, so its pieces
    /// are constants.
    #[inline]
    fn write_head(
        &self,
        line: &mut LineBuffer,
        method: &str,
        path: &str,
        status: Option<u16>,
        size: u64,
    ) -> Option<Range<usize>> {
        const STATUS: &str = names::HTTP_RESPONSE_STATUS_CODE;
        const SIZE: &str = names::HTTP_RESPONSE_BODY_SIZE;
        let (route, status) = (self.route(), status.map(status_digits));
        let is_get = method == "GET";
        if is_get {
            line.push(b",\"message\":\"GET ");
        } else {
            line.push(b",\"message\":\"");
            line.push(method.as_bytes());
            line.byte(b' ');
        }
        let start = line.len();
        line.text::<JsonEscape>(route.unwrap_or(path));
        let target = start..line.len();
        line.byte(b' ');
        match &status {
            Some(digits) => line.push(digits),
            None => line.push(self.completion.outcome.as_str().as_bytes()),
        }
        if is_get {
            line.push(bytes!(
                "\",\"",
                names::HTTP_REQUEST_METHOD,
                "\":\"GET\",\"",
                names::URL_PATH,
                "\":\""
            ));
        } else {
            line.push(bytes!("\",\"", names::HTTP_REQUEST_METHOD, "\":\""));
            line.push(method.as_bytes());
            line.push(bytes!("\",\"", names::URL_PATH, "\":\""));
        }
        match route {
            Some(_) => line.text::<JsonEscape>(path),
            None => line.repeat(target.clone()),
        }
        match status {
            Some(digits) => {
                const AT: usize = "\",\"\":".len() + STATUS.len();
                let mut text = *bytes!("\",\"", STATUS, "\":000,\"", SIZE, "\":");
                text[AT..AT + 3].copy_from_slice(&digits);
                line.push(&text);
            }
            None => line.push(bytes!("\",\"", SIZE, "\":")),
        }
        line.number(size);
        route.map(|_| target)
    }
}

#[inline]
fn status_digits(status: u16) -> [u8; 3] {
    let (tens, ones) = (b'0' + (status / 10 % 10) as u8, b'0' + (status % 10) as u8);
    [b'0' + (status / 100) as u8, tens, ones]
}

const fn join<const LEN: usize>(parts: &[&str]) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    let mut end = 0;
    let mut part = 0;
    while part < parts.len() {
        let text = parts[part].as_bytes();
        let mut at = 0;
        while at < text.len() {
            bytes[end] = text[at];
            end += 1;
            at += 1;
        }
        part += 1;
    }
    bytes
}
