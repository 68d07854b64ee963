//! The access log entry for people: one line of a terminal.

use std::fmt::Debug;
use std::ops::Range;

use gusset_core::{Outcome, SpanIds};
use tracing::field::{Field, Visit};

use super::line_buffer::LineBuffer;
use super::pretty::{PrettyEscape, Style};
use super::template::FieldTemplate;
use super::units::{duration, size};
use super::visit;
use crate::names;
use crate::redact::Redaction;

/// The length that a line has at most, without what is out of the ordinary.
const MAX_COLUMNS: usize = 100;

/// The length of time and level.
const HEAD_COLUMNS: usize = "12:00:00.123Z  INFO ".len();

/// A path is not cut to fewer columns.
const MIN_TARGET_COLUMNS: usize = 16;

/// Collects the columns of an access log entry. [`write`](Self::write) puts them into their order.
pub(crate) struct PrettyAccess<'a> {
    parts: &'a mut LineBuffer,
    fields: &'a [FieldTemplate],
    redaction: Option<&'a Redaction>,
    at: [Range<usize>; COLUMNS.len()],
    /// `None` for a message, which has no body.
    bytes: Option<u64>,
    seconds: Option<f64>,
}

/// The fields that are columns, each under the index of its column.
const COLUMNS: [&str; 14] = [
    names::HTTP_REQUEST_METHOD,
    names::RPC_SYSTEM_NAME,
    names::RPC_METHOD,
    names::URL_PATH,
    names::URL_FULL,
    names::HTTP_ROUTE,
    names::SERVER_ADDRESS,
    names::SERVER_PORT,
    names::RPC_RESPONSE_STATUS_CODE,
    names::HTTP_RESPONSE_STATUS_CODE,
    names::GUSSET_OUTCOME,
    names::MESSAGING_OPERATION_NAME,
    names::MESSAGING_DESTINATION_NAME,
    names::GUSSET_OPERATION_NAME,
];

/// The durations of calls.
const DURATIONS: [&str; 6] = [
    names::MESSAGING_PROCESS_DURATION,
    names::HTTP_SERVER_REQUEST_DURATION,
    names::HTTP_CLIENT_REQUEST_DURATION,
    names::RPC_SERVER_CALL_DURATION,
    names::RPC_CLIENT_CALL_DURATION,
    names::GUSSET_OPERATION_DURATION,
];

/// The other fields that most entries have.
const ORDINARY: [&str; 11] = [
    names::MESSAGING_SYSTEM,
    names::HTTP_RESPONSE_BODY_SIZE,
    names::HTTP_REQUEST_BODY_SIZE,
    names::USER_AGENT_ORIGINAL,
    names::CLIENT_ADDRESS,
    names::HTTP_REQUEST_HEADER_REFERER,
    names::NETWORK_PROTOCOL_VERSION,
    names::URL_TEMPLATE,
    names::HTTP_SERVER_TIME_TO_HEADERS,
    names::HTTP_CLIENT_TIME_TO_HEADERS,
    names::URL_SCHEME,
];

// === impl PrettyAccess ===

impl<'a> PrettyAccess<'a> {
    pub(crate) fn new(
        parts: &'a mut LineBuffer,
        fields: &'a [FieldTemplate],
        redaction: Option<&'a Redaction>,
    ) -> Self {
        Self {
            parts,
            fields,
            redaction,
            at: [const { 0..0 }; COLUMNS.len()],
            bytes: None,
            seconds: None,
        }
    }

    /// Returns whether the entry is that of a call that has ended.
    pub(crate) fn is_complete(&self) -> bool {
        self.seconds.is_some()
    }

    /// Writes method, path, status, duration, size and the start of the trace id. A path that does not fit
    /// is cut.
    pub(crate) fn write(&mut self, line: &mut LineBuffer, style: Style, ids: Option<SpanIds>) {
        let method = self.first_of([
            names::HTTP_REQUEST_METHOD,
            names::RPC_SYSTEM_NAME,
            names::MESSAGING_OPERATION_NAME,
        ]);
        let target = self.target();
        let status = self.status();
        let start = self.parts.len();
        self.parts.byte(b' ');
        self.parts.repeat(status);
        self.parts.byte(b' ');
        duration(self.parts, self.seconds.unwrap_or_default());
        if let Some(bytes) = self.bytes {
            self.parts.byte(b' ');
            size(self.parts, bytes);
        }
        let id_columns = if ids.is_some() { " 01234567".len() } else { 0 };
        let suffix = &self.parts.bytes()[start..];
        let method = match &self.parts.bytes()[method] {
            // An operation of the service's own code.
            [] => b"operation",
            method => method,
        };
        let others = HEAD_COLUMNS + method.len() + 1 + suffix.len() + id_columns;
        line.push(method);
        line.byte(b' ');
        let columns = MAX_COLUMNS.saturating_sub(others).max(MIN_TARGET_COLUMNS);
        push_cut(line, &self.parts.bytes()[target], columns);
        line.push(suffix);
        if let Some(ids) = ids {
            let [a, b, c, d, ..] = ids.trace_id();
            style.dimmed_hex(line, [a, b, c, d]);
        }
    }

    /// Returns whether a field is written beside the columns.
    pub(crate) fn is_beside(&self, field: &str) -> bool {
        match field {
            // The outcome is the column of the status if there was none.
            names::GUSSET_OUTCOME => {
                let outcome = &self.parts.bytes()[self.column(names::GUSSET_OUTCOME)];
                outcome != Outcome::Success.as_str().as_bytes()
                    && self.status() != self.column(names::GUSSET_OUTCOME)
            }
            names::HTTP_RESPONSE_STATUS_CODE => {
                let status = &self.parts.bytes()[self.column(names::HTTP_RESPONSE_STATUS_CODE)];
                self.is_rpc() && status != b"200"
            }
            field => {
                !COLUMNS.contains(&field)
                    && !DURATIONS.contains(&field)
                    && !ORDINARY.contains(&field)
            }
        }
    }

    fn is_rpc(&self) -> bool {
        !self.column(names::RPC_SYSTEM_NAME).is_empty()
    }

    /// Returns the path, the URL or the route, or the method of gRPC, for a client after the server.
    fn target(&mut self) -> Range<usize> {
        let targets = [
            names::RPC_METHOD,
            names::URL_PATH,
            names::URL_FULL,
            names::HTTP_ROUTE,
            names::MESSAGING_DESTINATION_NAME,
            names::GUSSET_OPERATION_NAME,
        ];
        let target = self.first_of(targets);
        let server = self.column(names::SERVER_ADDRESS);
        if !self.is_rpc() || server.is_empty() {
            return target;
        }
        let port = self.column(names::SERVER_PORT);
        let start = self.parts.len();
        self.parts.repeat(server);
        if !port.is_empty() {
            self.parts.byte(b':');
            self.parts.repeat(port);
        }
        self.parts.byte(b'/');
        self.parts.repeat(target);
        start..self.parts.len()
    }

    /// Returns the status of the protocol, or else the outcome.
    fn status(&self) -> Range<usize> {
        match self.is_rpc() {
            true => self.first_of([names::RPC_RESPONSE_STATUS_CODE, names::GUSSET_OUTCOME]),
            false => self.first_of([names::HTTP_RESPONSE_STATUS_CODE, names::GUSSET_OUTCOME]),
        }
    }

    fn column(&self, field: &str) -> Range<usize> {
        let index = COLUMNS.iter().position(|column| *column == field);
        index.map_or(0..0, |index| self.at[index].clone())
    }

    fn first_of<const N: usize>(&self, fields: [&str; N]) -> Range<usize> {
        let columns = fields.map(|field| self.column(field));
        let found = columns.into_iter().find(|range| !range.is_empty());
        found.unwrap_or(0..0)
    }

    fn collect(&mut self, field: &Field, write: impl FnOnce(&mut LineBuffer)) {
        let Some(template) = self.fields.get(field.index()) else {
            return;
        };
        let mut columns = COLUMNS.iter();
        if let Some(index) = columns.position(|name| name.as_bytes() == &*template.key) {
            let start = self.parts.len();
            write(self.parts);
            self.at[index] = start..self.parts.len();
        }
    }
}

impl Visit for PrettyAccess<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let value = visit::redacted(self.redaction, value);
        self.collect(field, |parts| parts.text::<PrettyEscape>(&value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let redaction = self.redaction;
        self.collect(field, |parts| {
            visit::debug::<PrettyEscape>(parts, redaction, value);
        });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            names::HTTP_RESPONSE_BODY_SIZE => self.bytes = Some(value),
            _ => self.collect(field, |parts| parts.number(value)),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if DURATIONS.contains(&field.name()) {
            self.seconds = Some(value);
        }
    }
}

/// Writes a text, or its start and an ellipsis if it has more characters than columns.
fn push_cut(line: &mut LineBuffer, text: &[u8], columns: usize) {
    let text = std::str::from_utf8(text).unwrap_or("-");
    match text.char_indices().nth(columns) {
        None if text.is_empty() => line.push(b"-"),
        None => line.push(text.as_bytes()),
        Some(_) => {
            let end = text.char_indices().nth(columns - 1);
            line.push(&text.as_bytes()[..end.map_or(0, |(end, _)| end)]);
            line.push("…".as_bytes());
        }
    }
}
