//! What is kept of a call.

mod text;
mod totals;

use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime};

use gusset_core::{Outcome, SpanIds, StaticStr};
use gusset_data::hex;

pub(crate) use self::text::Text;
pub use self::totals::CallTotals;

/// The bytes of a route that are kept.
const ROUTE: usize = 63;

/// A call that has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallEntry {
    pub(crate) start: StartFacts,
    pub(crate) duration: Duration,
    pub(crate) time_to_headers: Option<Duration>,
    pub(crate) bytes: u64,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) status: Option<StaticStr>,
    pub(crate) error_type: Option<StaticStr>,
}

/// A call that is under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActiveCall {
    /// When it started, by the wall clock.
    pub(crate) started: SystemTime,
    pub(crate) start: StartFacts,
}

/// What is known of a call from its start on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct StartFacts {
    pub(crate) started: Instant,
    pub(crate) ids: Option<SpanIds>,
    pub(crate) method: Text<15>,
    pub(crate) route: Text<ROUTE>,
}

/// What is known of a call at its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndFacts {
    pub(crate) ids: Option<SpanIds>,
    pub(crate) duration: Duration,
    pub(crate) time_to_headers: Option<Duration>,
    pub(crate) bytes: u64,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) status: Option<StaticStr>,
    pub(crate) error_type: Option<StaticStr>,
}

// === impl StartFacts ===

impl StartFacts {
    pub(crate) fn new(started: Instant, method: &str, route: &str) -> Self {
        Self {
            started,
            ids: None,
            method: Text::new(method),
            route: Text::new(route),
        }
    }

    /// Replaces the facts in place.
    #[inline]
    pub(crate) fn set(&mut self, started: Instant, method: &str, route: &str) {
        self.started = started;
        self.ids = None;
        self.method.set(method);
        self.route.set(route);
    }
}

// === impl CallEntry ===

impl CallEntry {
    pub(crate) fn new(start: &StartFacts, end: &EndFacts) -> Self {
        let mut this = Self {
            start: *start,
            duration: end.duration,
            time_to_headers: None,
            bytes: 0,
            outcome: None,
            status: None,
            error_type: None,
        };
        this.set(start, end);
        this
    }

    /// Replaces the entry in place.
    #[inline]
    pub(crate) fn set(&mut self, start: &StartFacts, end: &EndFacts) {
        self.start = *start;
        self.start.ids = end.ids.or(start.ids);
        self.duration = end.duration;
        self.time_to_headers = end.time_to_headers;
        self.bytes = end.bytes;
        self.outcome = end.outcome;
        self.status = end.status;
        self.error_type = end.error_type;
    }

    /// Returns when the call started, by the monotonic clock.
    pub fn started(&self) -> Instant {
        self.start.started
    }

    /// Returns the method, or `_OTHER` for one that is not known.
    pub fn method(&self) -> &str {
        self.start.method.as_str()
    }

    /// Returns the template of the route, cut to 63 bytes. Empty if none matched.
    pub fn route(&self) -> &str {
        self.start.route.as_str()
    }

    /// Returns the ids of the call's span, if spans are made.
    pub fn span_ids(&self) -> Option<SpanIds> {
        self.start.ids
    }

    /// Returns the time to the end of the response.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// Returns the time to the response headers. `None` if there were none.
    pub fn time_to_headers(&self) -> Option<Duration> {
        self.time_to_headers
    }

    /// Returns the bytes of the response body that were sent.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the outcome.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// Returns the status: `404`. `None` without a response.
    pub fn status(&self) -> Option<StaticStr> {
        self.status
    }

    /// Returns the `error.type`, if the call is an error.
    pub fn error_type(&self) -> Option<StaticStr> {
        self.error_type
    }
}

// === impl ActiveCall ===

impl ActiveCall {
    /// Returns when the call started.
    pub fn started(&self) -> SystemTime {
        self.started
    }

    /// Returns the method, or `_OTHER` for one that is not known.
    pub fn method(&self) -> &str {
        self.start.method.as_str()
    }

    /// Returns the template of the route, cut to 63 bytes. Empty if none matched.
    pub fn route(&self) -> &str {
        self.start.route.as_str()
    }

    /// Returns the ids of the call's span, if spans are made.
    pub fn span_ids(&self) -> Option<SpanIds> {
        self.start.ids
    }

    /// Returns the line of the file: trace id, span id, flags, method, route.
    pub(crate) fn to_line(self) -> String {
        let mut line = String::new();
        let ids = self.start.ids;
        line.push_str(&hex::encode(&ids.map_or([0; 16], SpanIds::trace_id)));
        line.push('\t');
        line.push_str(&hex::encode(&ids.map_or([0; 8], SpanIds::span_id)));
        let flags = ids.map_or(0, SpanIds::flags);
        let _ = write!(line, "\t{flags}\t{}\t{}", self.method(), self.route());
        line
    }
}
