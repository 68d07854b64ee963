//! The bytes of a connection as text.

use std::fmt::Write;

/// What a client received, as text that can be compared.
pub type Wire = String;

/// Returns the bytes of an HTTP/1 connection as text, without the value of `date`.
pub fn http1(bytes: &[u8]) -> Wire {
    bytes
        .split_inclusive(|&byte| byte == b'\n')
        .fold(Wire::new(), |mut wire, line| {
            if line
                .get(..6)
                .is_some_and(|name| name.eq_ignore_ascii_case(b"date: "))
            {
                wire.push_str("date: …\n");
            } else {
                let _ = writeln!(wire, "{}", line.escape_ascii());
            }
            wire
        })
}

/// Returns the headers of an HTTP/2 response as text, without the value of `date`.
pub fn http2_headers(headers: &http::response::Parts) -> Wire {
    let mut wire = format!("{:?} {}\n", headers.version, headers.status);
    for (name, value) in &headers.headers {
        if name == http::header::DATE {
            wire.push_str("date: …\n");
        } else {
            let _ = writeln!(wire, "{name}: {}", value.as_bytes().escape_ascii());
        }
    }
    wire
}
