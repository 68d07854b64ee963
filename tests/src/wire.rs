//! What went over the wire, to be compared.

use std::fmt::Write;

/// What a client saw, as text that can be compared and read.
pub type Wire = String;

/// The bytes of an HTTP/1 connection as text, byte for byte, but for the value of `date`.
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

/// The head of an HTTP/2 response as text, but for the value of `date`.
pub fn http2_head(head: &http::response::Parts) -> Wire {
    let mut wire = format!("{:?} {}\n", head.version, head.status);
    for (name, value) in &head.headers {
        if name == http::header::DATE {
            wire.push_str("date: …\n");
        } else {
            let _ = writeln!(wire, "{name}: {}", value.as_bytes().escape_ascii());
        }
    }
    wire
}
