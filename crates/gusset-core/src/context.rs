//! The timings of one call.

use std::time::{Duration, Instant};

use crate::{Classification, Clock, Outcome, ResponseKind, SpanIds, Stage, StaticStr};

/// The timings of one call: one clock and one count, shared by every observer of it, so that no two
/// signals differ.
///
/// Durations are since the start of the call.
#[derive(Debug)]
pub struct CallContext {
    timings: CallTimings,
    delivery: Option<ResponseKind>,
    /// Nanoseconds to the end; `UNSEEN` before it.
    end: u64,
    verdict: Option<Classification>,
    trace: Option<SpanIds>,
}

/// What a call carries with it from poll to poll. It is moved often: from the future to the body, and
/// with them; so a [`CallContext`] with all that can be told is made of it for each hook instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallTimings {
    started: Instant,
    // Nanoseconds since `started`; `UNSEEN` for what has not happened.
    head: u64,
    first_byte: u64,
    bytes: u64,
}

const UNSEEN: u64 = u64::MAX;

// === impl CallContext ===

impl CallContext {
    #[inline]
    pub(crate) fn start(clock: &Clock) -> Self {
        let timings = CallTimings {
            started: clock.now(),
            head: UNSEEN,
            first_byte: UNSEEN,
            bytes: 0,
        };
        Self::new(timings, None)
    }

    #[inline]
    pub(crate) fn new(timings: CallTimings, delivery: Option<ResponseKind>) -> Self {
        Self {
            timings,
            delivery,
            end: UNSEEN,
            verdict: None,
            trace: None,
        }
    }

    /// At the end, told by the clock or, if that was read in this poll, by the last reading.
    #[inline]
    pub(crate) fn at_end(
        timings: CallTimings,
        delivery: Option<ResponseKind>,
        clock: Option<&Clock>,
        verdict: Classification,
    ) -> Self {
        Self {
            timings,
            delivery,
            end: clock.map_or_else(|| timings.last_reading(), |clock| timings.read(clock)),
            verdict: Some(verdict),
            trace: None,
        }
    }

    #[inline]
    pub(crate) fn with_trace(mut self, trace: Option<SpanIds>) -> Self {
        self.trace = trace;
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
        seen(self.timings.head)
    }

    /// What was to come after the head, if there is one.
    #[inline]
    pub fn response_kind(&self) -> Option<ResponseKind> {
        self.delivery
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
    /// ([`CallObserver::trace_ids`](crate::CallObserver::trace_ids)), whatever their order; `None` at the start.
    #[inline]
    pub fn trace(&self) -> Option<SpanIds> {
        self.trace
    }

    /// What the end is called; `None` before the end.
    #[inline]
    pub fn outcome(&self) -> Option<Outcome> {
        self.verdict.map(|verdict| verdict.outcome)
    }

    /// The protocol's own status, known at the end: `404`, `UNAVAILABLE`.
    #[inline]
    pub fn status(&self) -> Option<StaticStr> {
        self.verdict.and_then(|verdict| verdict.status)
    }

    /// OpenTelemetry's `error.type`, known at the end; `None` for a call that is not an error.
    #[inline]
    pub fn error_type(&self) -> Option<StaticStr> {
        self.verdict.and_then(|verdict| verdict.error)
    }
}

// === impl CallTimings ===

impl CallTimings {
    #[inline]
    pub(crate) fn record_headers(&mut self, clock: &Clock) {
        self.head = self.read(clock);
    }

    /// Counts a piece of the body; true if it was the first, for which the clock was read.
    #[inline]
    pub(crate) fn record_data(&mut self, len: usize, clock: &Clock) -> bool {
        let first = self.first_byte == UNSEEN && len > 0;
        if first {
            self.first_byte = self.read(clock);
        }
        self.bytes = self.bytes.saturating_add(len as u64);
        first
    }

    #[inline]
    pub(crate) fn stage(&self) -> Stage {
        if self.head == UNSEEN {
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
        if self.first_byte != UNSEEN {
            self.first_byte
        } else if self.head != UNSEEN {
            self.head
        } else {
            0
        }
    }
}

#[inline]
fn seen(nanos: u64) -> Option<Duration> {
    (nanos != UNSEEN).then(|| Duration::from_nanos(nanos))
}
