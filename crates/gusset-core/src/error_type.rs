//! `error.type` of an error, from the types and the texts of its causes.

use std::error::Error;
use std::fmt::{self, Write};
use std::io;

use crate::StaticStr;
use crate::panic_counter::caught;
use crate::source_chain::error_causes;

const DNS_ERROR: StaticStr = StaticStr::new(&"dns_error");
const TLS_ERROR: StaticStr = StaticStr::new(&"tls_error");

/// The texts by which the errors of common libraries are recognised.
///
/// Their types are private, or there are several versions of them in one service, and a dependency on
/// each would make every service compile all of them. A text is compared and never kept.
const TEXTS: &[(Match, &str, StaticStr)] = &[
    // tokio, tower, tower-http, tonic, and reqwest with hyper-util.
    (Match::Whole, "deadline has elapsed", StaticStr::TIMEOUT),
    (Match::Whole, "request timed out", StaticStr::TIMEOUT),
    (
        Match::Whole,
        "data was not received within the designated timeout",
        StaticStr::TIMEOUT,
    ),
    (Match::Whole, "Timeout expired", StaticStr::TIMEOUT),
    (Match::Whole, "operation timed out", StaticStr::TIMEOUT),
    (Match::Whole, "keep-alive timed out", StaticStr::TIMEOUT),
    // Pools of connections: sqlx, deadpool and bb8.
    (
        Match::Whole,
        "pool timed out while waiting for an open connection",
        StaticStr::TIMEOUT,
    ),
    (Match::Start, "Timeout occurred while", StaticStr::TIMEOUT),
    (Match::Whole, "Timed out in bb8", StaticStr::TIMEOUT),
    // hyper's server, and `tonic::Status` from 0.14 on and before.
    (
        Match::Whole,
        "read header from client timeout",
        StaticStr::TIMEOUT,
    ),
    (
        Match::Start,
        "code: 'Deadline expired before operation could complete'",
        StaticStr::TIMEOUT,
    ),
    (Match::Start, "status: DeadlineExceeded", StaticStr::TIMEOUT),
    // The request body of the caller: hyper over HTTP/1, and h2 that has reset the stream for it.
    (
        Match::Whole,
        "error from user's Body stream",
        StaticStr::REQUEST_BODY,
    ),
    (
        Match::Whole,
        "user body write aborted",
        StaticStr::REQUEST_BODY,
    ),
    (
        Match::Start,
        "stream error sent by user: ",
        StaticStr::REQUEST_BODY,
    ),
    // hyper-util, the resolver of the system, and hickory.
    (Match::Whole, "dns error", DNS_ERROR),
    (
        Match::Start,
        "failed to lookup address information",
        DNS_ERROR,
    ),
    (Match::Start, "no record found for", DNS_ERROR),
    (Match::Start, "no records found for", DNS_ERROR),
    // rustls, tokio-rustls and OpenSSL.
    (Match::Whole, "tls handshake eof", TLS_ERROR),
    (Match::Start, "invalid peer certificate", TLS_ERROR),
    (Match::Start, "received fatal alert", TLS_ERROR),
    (Match::Start, "received corrupt message", TLS_ERROR),
    (Match::Start, "received unexpected message: got", TLS_ERROR),
    (Match::Start, "received unexpected handshake", TLS_ERROR),
    (Match::Start, "peer is incompatible", TLS_ERROR),
    (Match::Start, "peer misbehaved", TLS_ERROR),
    (Match::Start, "peer sent no certificates", TLS_ERROR),
    (Match::Start, "cannot decrypt peer's message", TLS_ERROR),
    (Match::Inside, "SSL routines:", TLS_ERROR),
    (Match::Start, "certificate verify failed", TLS_ERROR),
];

#[derive(Clone, Copy)]
enum Match {
    Whole,
    Start,
    Inside,
}

/// The beginning of a text, without an allocation.
struct Beginning {
    bytes: [u8; Self::LEN],
    len: usize,
}

/// Returns the type of the outermost cause that has one, or `_OTHER`.
#[cold]
pub(crate) fn of_error(error: &(dyn Error + 'static)) -> StaticStr {
    error_causes(error)
        .find_map(|cause| of_text(cause).or_else(|| of_kind(cause)))
        .unwrap_or(StaticStr::OTHER)
}

fn of_kind(cause: &(dyn Error + 'static)) -> Option<StaticStr> {
    Some(match cause.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::TimedOut => StaticStr::TIMEOUT,
        io::ErrorKind::ConnectionReset => StaticStr::new(&"connection_reset"),
        io::ErrorKind::ConnectionRefused => StaticStr::new(&"connection_refused"),
        io::ErrorKind::ConnectionAborted => StaticStr::new(&"connection_aborted"),
        // Also when the kernel has no local port left for a connection.
        io::ErrorKind::AddrNotAvailable => StaticStr::new(&"address_not_available"),
        io::ErrorKind::BrokenPipe => StaticStr::new(&"broken_pipe"),
        io::ErrorKind::UnexpectedEof => StaticStr::new(&"unexpected_eof"),
        _ => return None,
    })
}

fn of_text(cause: &(dyn Error + 'static)) -> Option<StaticStr> {
    let mut beginning = Beginning {
        bytes: [0; Beginning::LEN],
        len: 0,
    };
    // The text of an error of the service is its code. A panic in it must not become ours.
    let is_whole = caught(|| write!(beginning, "{cause}").is_ok())?;
    let text = beginning.as_str();
    let is_match = |(how, wanted): (Match, &str)| match how {
        Match::Whole => is_whole && text == wanted,
        Match::Start => text.starts_with(wanted),
        Match::Inside => text.contains(wanted),
    };
    let known = TEXTS.iter().find(|known| is_match((known.0, known.1)));
    known.map(|(_, _, error_type)| *error_type)
}

// === impl Beginning ===

impl Beginning {
    const LEN: usize = 80;

    /// Returns the text up to the first byte that does not belong to a whole character.
    fn as_str(&self) -> &str {
        let bytes = &self.bytes[..self.len];
        match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
        }
    }
}

impl Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = Self::LEN - self.len;
        let part = &text.as_bytes()[..text.len().min(room)];
        self.bytes[self.len..][..part.len()].copy_from_slice(part);
        self.len += part.len();
        // An error ends the formatting of a long text.
        if part.len() < text.len() {
            return Err(fmt::Error);
        }
        Ok(())
    }
}
