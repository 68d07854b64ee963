//! The context of one call.

use std::time::{Duration, Instant};

use crate::field::{CallFields, Field, hook_fields};
use crate::identity::ObserverSet;
use crate::{Classification, Clock, Outcome, ResponseKind, SpanIds, Stage, StaticStr};

/// Clock readings, byte count and outcome of one call, shared by all of its observers so that all
/// signals agree.
///
/// Durations are measured from the start of the call.
#[derive(Debug)]
pub struct CallContext {
    timings: CallTimings,
    response_kind: Option<ResponseKind>,
    /// The time to the completion; `None` before it.
    end: Option<Duration>,
    classification: Option<Classification>,
    span_ids: Option<SpanIds>,
    /// The observers that observe this request already, in a layer further out; only at the start.
    observed: ObserverSet,
    /// Whether the call has own fields. They are on this thread meanwhile, so that a context without any needs no
    /// destructor.
    has_fields: bool,
}

/// The part of the context that a call keeps between polls. It is moved often, with the future and the
/// body, so it is small; a [`CallContext`] is created from it for each hook.
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
            end: None,
            classification: None,
            span_ids: None,
            observed: ObserverSet::EMPTY,
            has_fields: false,
        }
    }

    /// Creates the context of the completion. Without a clock, the last reading is used: it was made in
    /// the same poll.
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
            end: Some(clock.map_or_else(|| timings.last_reading(), |clock| timings.elapsed(clock))),
            classification: Some(classification),
            span_ids: None,
            observed: ObserverSet::EMPTY,
            has_fields: false,
        }
    }

    #[inline]
    pub(crate) fn set_observed(&mut self, observed: ObserverSet) {
        self.observed = observed;
    }

    /// Returns the observers that observe this request already; only at the start.
    #[inline]
    pub(crate) fn observed(&self) -> ObserverSet {
        self.observed
    }

    #[inline]
    pub(crate) fn with_span_ids(mut self, span_ids: Option<SpanIds>) -> Self {
        self.span_ids = span_ids;
        self
    }

    #[inline]
    pub(crate) fn with_fields(mut self, has_fields: bool) -> Self {
        self.has_fields = has_fields;
        self
    }

    /// Returns whether an observer set fields at the start.
    #[inline]
    pub(crate) fn has_fields(&self) -> bool {
        self.has_fields
    }

    #[inline]
    pub(crate) fn into_timings(self) -> CallTimings {
        self.timings
    }

    /// Returns when the call started.
    #[inline]
    pub fn started(&self) -> Instant {
        self.timings.started
    }

    /// Returns the duration of the call when the clock was last read: at the start, the response headers,
    /// the first byte or the completion.
    #[inline]
    pub fn elapsed(&self) -> Duration {
        self.end.unwrap_or_else(|| self.timings.last_reading())
    }

    /// Returns the time to the response headers, if they have arrived.
    #[inline]
    pub fn time_to_headers(&self) -> Option<Duration> {
        seen(self.timings.headers)
    }

    /// Returns what was to follow the response headers, if they have arrived.
    #[inline]
    pub fn response_kind(&self) -> Option<ResponseKind> {
        self.response_kind
    }

    /// Returns the time to the first byte of the response body, if there is one.
    #[inline]
    pub fn time_to_first_byte(&self) -> Option<Duration> {
        seen(self.timings.first_byte)
    }

    /// Returns the number of response body bytes that have been sent.
    #[inline]
    pub fn bytes(&self) -> u64 {
        self.timings.bytes
    }

    /// Returns the ids of the call's span, if one of its observers makes spans
    /// ([`CallObserver::span_ids`](crate::CallObserver::span_ids)). `None` at the start.
    #[inline]
    pub fn span_ids(&self) -> Option<SpanIds> {
        self.span_ids
    }

    /// Returns the own fields of the call ([`field`](crate::field)) that were set until the response headers or
    /// until the completion. `None` if there are none, and in other hooks.
    #[inline]
    pub fn fields(&self) -> Option<CallFields> {
        match self.has_fields {
            true => hook_fields::get(),
            false => None,
        }
    }

    /// Sets an own field of the call at its start, for an observer that reads it from the request.
    ///
    /// ```
    /// use gusset_core::field::{Field, FieldKind};
    /// use gusset_core::{CallContext, Observer, Protocol};
    ///
    /// /// Adds the zone in which the process runs.
    /// struct Zone(&'static str);
    ///
    /// impl<P: Protocol> Observer<P> for Zone {
    ///     type Call = ();
    ///     fn start(&self, _: P::Request<'_>, cx: &mut CallContext) {
    ///         cx.set_field(Field::new(FieldKind::Low, "zone", self.0));
    ///     }
    /// }
    /// ```
    pub fn set_field(&mut self, field: Field) {
        hook_fields::set(field, !self.has_fields);
        self.has_fields = true;
    }

    /// Returns the outcome; `None` before the completion.
    #[inline]
    pub fn outcome(&self) -> Option<Outcome> {
        self.classification
            .map(|classification| classification.outcome)
    }

    /// Returns the protocol's status, for example `404` or `UNAVAILABLE`; `None` before the completion.
    #[inline]
    pub fn status(&self) -> Option<StaticStr> {
        self.classification
            .and_then(|classification| classification.status)
    }

    /// Returns OpenTelemetry's `error.type`; `None` before the completion and for a call that is not an
    /// error.
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

    /// Counts a chunk of the body. Returns true if it was the first, for which the clock was read.
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
    fn elapsed(&self, clock: &Clock) -> Duration {
        clock.now().saturating_duration_since(self.started)
    }

    #[inline]
    fn read(&self, clock: &Clock) -> u64 {
        // 584 years fit.
        self.elapsed(clock).as_nanos() as u64
    }

    #[inline]
    fn last_reading(&self) -> Duration {
        seen(self.first_byte)
            .or_else(|| seen(self.headers))
            .unwrap_or_default()
    }
}

#[inline]
fn seen(nanos: u64) -> Option<Duration> {
    (nanos != UNSET).then(|| Duration::from_nanos(nanos))
}
