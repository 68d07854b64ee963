//! The line of a server's call in JSON, written from what was kept and not from its event.
//!
//! The same line to the byte: a test holds both ways side by side.

use std::fmt::Write as _;

use gusset_core::Outcome;
use http::Version;

use super::kept::Kept;
use super::{Side, emit, shown};
use crate::format::digits::PAIRS;
use crate::format::json::JsonEscape;
use crate::format::line::Line;

/// Texts that are not longer leave room for all that follows, whatever has to be escaped in them.
const SHORT: usize = 256;

/// Where the status stands behind the path.
const STATUS: usize = br#"","http.response.status_code":"#.len();

// === impl Kept ===

impl Kept {
    /// Whether the line fits into a line whatever it says, so that nothing has to be left out.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.shared().side == Side::Server
            && self.uri().path().len() <= SHORT
            && self.shared().query.is_none()
    }

    /// Writes the fields. Not inlined: with nothing else about it, the registers suffice.
    #[inline(never)]
    pub(crate) fn write_json(&self, line: &mut Line) {
        let end = &self.end;
        let (method, path, route) = (self.method(), self.path(), self.route());
        let status = self.status.map(|status| digits(status.as_u16()));
        // Names of methods, outcomes and statuses are words without anything to escape. Most calls are
        // of one method, whose pieces are one.
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
        let place = start..line.len();
        line.byte(b' ');
        match &status {
            Some(status) => line.push(status),
            None => line.push(end.outcome.as_str().as_bytes()),
        }
        if is_get {
            line.push(b"\",\"http.request.method\":\"GET\",\"url.path\":\"");
        } else {
            line.push(b"\",\"http.request.method\":\"");
            line.push(method.as_bytes());
            line.push(b"\",\"url.path\":\"");
        }
        match route {
            Some(_) => line.text::<JsonEscape>(path),
            None => line.again(place.clone()),
        }
        match status {
            Some([a, b, c]) => {
                let mut text =
                    *b"\",\"http.response.status_code\":000,\"http.response.body.size\":";
                text[STATUS..STATUS + 3].copy_from_slice(&[a, b, c]);
                line.push(&text);
            }
            None => line.push(b"\",\"http.response.body.size\":"),
        }
        line.number(end.bytes);
        if let Some(read) = self.read() {
            line.push(b",\"http.request.body.size\":");
            line.number(read);
        }
        shown(
            line,
            b",\"user_agent.original\":\"",
            shown::header(self.user_agent.as_ref()),
        );
        shown(line, b",\"client.address\":\"", self.client);
        shown(
            line,
            b",\"http.request.header.referer\":\"",
            shown::page(self.referer.as_ref()),
        );
        line.keyed_seconds(
            *b",\"http.server.request.duration\":0.000000000",
            emit::nanos(end.elapsed),
        );
        match self.version {
            Version::HTTP_11 => line.push(b",\"network.protocol.version\":\"1.1\""),
            Version::HTTP_2 => line.push(b",\"network.protocol.version\":\"2\""),
            version => {
                let version = shown::version(version);
                word_of(line, b",\"network.protocol.version\":\"", version);
            }
        }
        if route.is_some() {
            line.push(b",\"http.route\":\"");
            line.again(place);
            line.byte(b'"');
        }
        if let Some(head) = end.head {
            line.keyed_seconds(
                *b",\"gusset.http.server.time_to_headers\":0.000000000",
                emit::nanos(head),
            );
        }
        match end.outcome {
            Outcome::Success => line.push(b",\"gusset.outcome\":\"success\""),
            outcome => word_of(line, b",\"gusset.outcome\":\"", Some(outcome.as_str())),
        }
        word_of(line, b",\"gusset.stage\":\"", end.stage);
        word_of(line, b",\"error.type\":\"", self.error());
        shown(
            line,
            b",\"http.request.method_original\":\"",
            self.method_original(),
        );
        word_of(line, b",\"url.scheme\":\"", self.scheme());
    }
}

/// A status, which has three digits.
#[inline]
fn digits(status: u16) -> [u8; 3] {
    let [tens, ones] = PAIRS[usize::from(status % 100)];
    [b'0' + (status / 100) as u8, tens, ones]
}

/// A word from a closed set.
#[inline]
fn word_of(line: &mut Line, key: &[u8], word: Option<&'static str>) {
    if let Some(word) = word {
        line.push(key);
        line.push(word.as_bytes());
        line.byte(b'"');
    }
}

/// A text of anybody's.
#[inline]
fn shown(line: &mut Line, key: &[u8], text: Option<impl std::fmt::Display>) {
    if let Some(text) = text {
        line.push(key);
        // An error is a line without room.
        let _ = write!(line.value::<JsonEscape>(), "{text}");
        line.byte(b'"');
    }
}
