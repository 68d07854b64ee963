//! The timings of one call.

use std::time::{Duration, Instant};

use crate::identity::ObserverSet;
use crate::{
    Classification, Clock, Observer, Outcome, Protocol, ResponseKind, SpanIds, Stage, StaticStr,
};

/// The timings of one call: one clock and one count, shared by every observer of it, so that no two
/// signals differ.
///
/// Durations are since the start of the call.
#[derive(Debug)]
pub struct CallContext {
    timings: CallTimings,
    response_kind: Option<ResponseKind>,
    /// Nanoseconds to the end; `UNSET` before it.
    end: u64,
    classification: Option<Classification>,
    span_ids: Option<SpanIds>,
    /// The observers that observe this request already, in a layer further out; only at the start.
    observed: ObserverSet,
}

/// What a call carries with it from poll to poll. It is moved often: from the future to the body, and
/// with them; so a [`CallContext`] with all that can be told is made of it for each hook instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallTimings {
    started: Instant,
    // Nanoseconds since `started`; `UNSET` for what has not happened.
    headers: u64,
    first_byte: u64,
    bytes: u64,
}

const UNSET: u64 = u64::MAX;

// === impl CallContext ===

impl CallContext {
    #[inline]
    pub(crate) fn start(clock: &Clock) -> Self {
        let timings = CallTimings {
            started: clock.now(),
            headers: UNSET,
            first_byte: UNSET,
            bytes: 0,
        };
        Self::new(timings, None)
    }

    #[inline]
    pub(crate) fn new(timings: CallTimings, response_kind: Option<ResponseKind>) -> Self {
        Self {
            timings,
            response_kind,
            end: UNSET,
            classification: None,
            span_ids: None,
            observed: ObserverSet::EMPTY,
        }
    }

    /// At the end, told by the clock or, if that was read in this poll, by the last reading.
    #[inline]
    pub(crate) fn at_end(
        timings: CallTimings,
        response_kind: Option<ResponseKind>,
        clock: Option<&Clock>,
        classification: Classification,
    ) -> Self {
        Self {
            timings,
            response_kind,
            end: clock.map_or_else(|| timings.last_reading(), |clock| timings.read(clock)),
            classification: Some(classification),
            span_ids: None,
            observed: ObserverSet::EMPTY,
        }
    }

    #[inline]
    pub(crate) fn set_observed(&mut self, observed: ObserverSet) {
        self.observed = observed;
    }

    /// Starts an observer, unless it observes this request already in a layer further out.
    #[inline]
    pub(crate) fn start_once<P: Protocol, O: Observer<P>>(
        &mut self,
        observer: &O,
        req: P::Request<'_>,
    ) -> Option<O::Call> {
        if !self.observed.is_empty() && self.observed.contains(observer.id()) {
            return None;
        }
        Some(observer.start(req, self))
    }

    #[inline]
    pub(crate) fn with_span_ids(mut self, span_ids: Option<SpanIds>) -> Self {
        self.span_ids = span_ids;
        self
    }

    #[inline]
    pub(crate) fn into_timings(self) -> CallTimings {
        self.timings
    }

    /// When the call began.
    #[inline]
    pub fn started(&self) -> Instant {
        self.timings.started
    }

    /// How long the call had taken when the clock was last read: at its start, its head, its first
    /// byte and its end.
    #[inline]
    pub fn elapsed(&self) -> Duration {
        seen(self.end).unwrap_or(Duration::from_nanos(self.timings.last_reading()))
    }

    /// How long the head of the response took, if there is one.
    #[inline]
    pub fn time_to_headers(&self) -> Option<Duration> {
        seen(self.timings.headers)
    }

    /// What was to come after the head, if there is one.
    #[inline]
    pub fn response_kind(&self) -> Option<ResponseKind> {
        self.response_kind
    }

    /// How long the first byte of the response's body took, if there is one.
    #[inline]
    pub fn time_to_first_byte(&self) -> Option<Duration> {
        seen(self.timings.first_byte)
    }

    /// How many bytes of the response's body have been handed out.
    #[inline]
    pub fn bytes(&self) -> u64 {
        self.timings.bytes
    }

    /// Where the call belongs in a trace, if one of its observers knows
    /// ([`CallObserver::span_ids`](crate::CallObserver::span_ids)), whatever their order; `None` at the start.
    #[inline]
    pub fn span_ids(&self) -> Option<SpanIds> {
        self.span_ids
    }

    /// What the end is called; `None` before the end.
    #[inline]
    pub fn outcome(&self) -> Option<Outcome> {
        self.classification
            .map(|classification| classification.outcome)
    }

    /// The protocol's own status, known at the end: `404`, `UNAVAILABLE`.
    #[inline]
    pub fn status(&self) -> Option<StaticStr> {
        self.classification
            .and_then(|classification| classification.status)
    }

    /// OpenTelemetry's `error.type`, known at the end; `None` for a call that is not an error.
    #[inline]
    pub fn error_type(&self) -> Option<StaticStr> {
        self.classification
            .and_then(|classification| classification.error)
    }
}

// === impl CallTimings ===

impl CallTimings {
    #[inline]
    pub(crate) fn record_headers(&mut self, clock: &Clock) {
        self.headers = self.read(clock);
    }

    /// Counts a piece of the body; true if it was the first, for which the clock was read.
    #[inline]
    pub(crate) fn record_data(&mut self, len: usize, clock: &Clock) -> bool {
        let first = self.first_byte == UNSET && len > 0;
        if first {
            self.first_byte = self.read(clock);
        }
        self.bytes = self.bytes.saturating_add(len as u64);
        first
    }

    #[inline]
    pub(crate) fn stage(&self) -> Stage {
        if self.headers == UNSET {
            Stage::Headers
        } else {
            Stage::Body
        }
    }

    #[inline]
    fn read(&self, clock: &Clock) -> u64 {
        let elapsed = clock.now().saturating_duration_since(self.started);
        // 584 years fit.
        elapsed.as_nanos() as u64
    }

    #[inline]
    fn last_reading(&self) -> u64 {
        if self.first_byte != UNSET {
            self.first_byte
        } else if self.headers != UNSET {
            self.headers
        } else {
            0
        }
    }
}

#[inline]
fn seen(nanos: u64) -> Option<Duration> {
    (nanos != UNSET).then(|| Duration::from_nanos(nanos))
}
