//! One call, as it is measured.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{CallContext, End, Protocol, SpanIds};
use gusset_http::RequestBodyProgress;

use super::Meter;
use super::handles::Series;
use crate::key::{Ending, SeriesKey};

/// The state of one call that is measured, whatever its protocol.
pub(crate) struct Metered {
    pub(crate) meter: Arc<Meter>,
    pub(crate) key: SeriesKey,
    /// What is read of the request's body, if that is counted.
    pub(crate) request: Option<RequestBodyProgress>,
    /// The request was recorded at its head; what follows is the life of a stream.
    endless: bool,
}

// === impl Metered ===

impl Metered {
    /// A call begins; `None` if it is being counted already, by a layer further out.
    #[inline]
    pub(crate) fn start(meter: &Arc<Meter>, key: impl FnOnce() -> SeriesKey) -> Option<Self> {
        if meter.owner.is_current() {
            return None;
        }
        let key = key();
        meter.active(&key).increment(1.0);
        Some(Self {
            meter: meter.clone(),
            key,
            request: None,
            endless: false,
        })
    }

    #[inline]
    pub(crate) fn scope<R>(&self, poll: impl FnOnce() -> R) -> R {
        let meter = &*self.meter;
        meter.owner.scope(|| {
            if meter.scope_recorder {
                metrics::with_local_recorder(&*meter.recorder, poll)
            } else {
                poll()
            }
        })
    }

    /// The body has no end in sight: the request is what it was until now.
    pub(crate) fn record_endless(&mut self, cx: &CallContext) {
        self.endless = true;
        let series = self.meter.series(self.key);
        match sampled(cx) {
            Some(ids) => ids.scope(|| record_request(series, cx)),
            None => record_request(series, cx),
        }
    }

    #[inline]
    pub(crate) fn end<P: Protocol>(mut self, end: &End<'_, P>, cx: &CallContext) {
        self.meter.active(&self.key).decrement(1.0);
        self.key.error = self.meter.errors.id(cx.error_type());
        if let Some(outcome) = cx.outcome() {
            self.key.ending = Ending::new(outcome, end.stage());
        }
        match sampled(cx) {
            Some(ids) => self.record_in_trace(ids, cx),
            None => self.record(cx),
        }
    }

    /// Apart, so that a call that nobody keeps the trace of is not made longer by it.
    #[cold]
    #[inline(never)]
    fn record_in_trace(&self, ids: SpanIds, cx: &CallContext) {
        ids.scope(|| self.record(cx));
    }

    #[inline]
    fn record(&self, cx: &CallContext) {
        let series = self.meter.series(self.key);
        series.outcome();
        if self.endless {
            let head = cx.time_to_headers().unwrap_or_default();
            series.stream(seconds(cx.elapsed().saturating_sub(head)));
            series.response_size(cx.bytes());
        } else {
            record_request(series, cx);
            if cx.time_to_headers().is_some() {
                series.response_size(cx.bytes());
            }
        }
        if let Some(request) = &self.request {
            series.request(request);
        }
    }
}

/// The ids to record under, for exemplars: hooks run outside of the call's own scope.
#[inline]
fn sampled(cx: &CallContext) -> Option<SpanIds> {
    cx.trace().filter(|ids| ids.is_sampled())
}

/// Records the request as far as it has come.
#[inline]
fn record_request(series: Series<'_>, cx: &CallContext) {
    series.count_if_folded();
    series.duration(seconds(cx.elapsed()));
    if let Some(head) = cx.time_to_headers() {
        series.time_to_headers(seconds(head));
    }
}

impl fmt::Debug for Metered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metered")
            .field("key", &self.key)
            .field("endless", &self.endless)
            .finish_non_exhaustive()
    }
}

/// As `as_secs_f64`, with one division instead of two conversions.
#[inline]
fn seconds(duration: Duration) -> f64 {
    (duration.as_secs() * 1_000_000_000 + u64::from(duration.subsec_nanos())) as f64 / 1e9
}
