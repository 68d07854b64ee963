//! Records one call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{CallContext, SpanIds, Stage};
use gusset_http::RequestBodyProgress;

use super::series_handles::Series;
use super::{CallInstruments, local_recorder};
use crate::key::{OutcomeKey, SeriesKey};

/// The state of one call while it is measured.
pub(crate) struct CallRecorder {
    pub(crate) instruments: Arc<CallInstruments>,
    pub(crate) key: SeriesKey,
}

/// What is recorded of the bodies of an HTTP call, or of the messages of an operation.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    /// How much of the request body was read, if that is counted.
    pub(crate) request: Option<RequestBodyProgress>,
    /// Whether the response is a stream, and the request was recorded at its headers.
    pub(crate) streaming: bool,
    /// How many messages were sent.
    pub(crate) messages: u32,
}

// === impl CallRecorder ===

impl CallRecorder {
    /// Starts recording a call.
    #[inline]
    pub(crate) fn start(instruments: &Arc<CallInstruments>, key: SeriesKey) -> Self {
        instruments.active(&key).increment(1.0);
        Self {
            instruments: instruments.clone(),
            key,
        }
    }

    /// Enters one poll: what the service records goes to the recorder, if that is configured.
    #[inline]
    pub(crate) fn enter(&self) {
        if self.instruments.with_local_recorder {
            local_recorder::enter(&self.instruments.recorder);
        }
    }

    #[inline]
    pub(crate) fn exit(&self) {
        if self.instruments.with_local_recorder {
            local_recorder::exit();
        }
    }

    /// Records the request at the headers of a streaming response.
    pub(crate) fn record_streaming(&self, cx: &CallContext) {
        let mut key = self.key;
        self.instruments.label_fields(&mut key, cx);
        let series = self.instruments.series(key);
        match sampled(cx) {
            Some(ids) => ids.scope(|| record_request(series, cx)),
            None => record_request(series, cx),
        }
    }

    /// Records the end of a call. `stage` is how far it had come, if it did not complete and has stages.
    #[inline]
    pub(crate) fn end(mut self, bodies: &Bodies, stage: Option<Stage>, cx: &CallContext) {
        self.instruments.active(&self.key).decrement(1.0);
        self.instruments.label_fields_at_end(&mut self.key, cx);
        self.key.error = self.instruments.error_types.id(cx.error_type());
        if let Some(outcome) = cx.outcome() {
            self.key.outcome = OutcomeKey::new(outcome, stage);
        }
        match sampled(cx) {
            Some(ids) => self.record_in_trace(ids, bodies, cx),
            None => self.record(bodies, cx),
        }
    }

    /// Records a sampled call. A separate function, so that the code of other calls stays short.
    #[cold]
    #[inline(never)]
    fn record_in_trace(&self, ids: SpanIds, bodies: &Bodies, cx: &CallContext) {
        ids.scope(|| self.record(bodies, cx));
    }

    #[inline]
    fn record(&self, bodies: &Bodies, cx: &CallContext) {
        let series = self.instruments.series(self.key);
        series.outcome();
        if bodies.streaming {
            let headers = cx.time_to_headers().unwrap_or_default();
            series.stream_duration(seconds(cx.elapsed().saturating_sub(headers)));
            series.response_size(cx.bytes());
        } else {
            record_request(series, cx);
            if cx.time_to_headers().is_some() {
                series.response_size(cx.bytes());
            }
        }
        if let Some(request) = &bodies.request {
            series.request_body(request);
        }
        if bodies.messages > 0 {
            series.messages(bodies.messages);
        }
    }
}

/// Returns the ids of a sampled call, for exemplars. Hooks run outside the scope of the call.
#[inline]
fn sampled(cx: &CallContext) -> Option<SpanIds> {
    cx.span_ids().filter(|ids| ids.is_sampled())
}

/// Records the duration of the request until now.
#[inline]
fn record_request(series: Series<'_>, cx: &CallContext) {
    series.count_overflow();
    series.duration(seconds(cx.elapsed()));
    if let Some(time) = cx.time_to_headers() {
        series.time_to_headers(seconds(time));
    }
}

impl fmt::Debug for CallRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallRecorder")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Converts like `as_secs_f64`, with one division instead of two conversions.
#[inline]
fn seconds(duration: Duration) -> f64 {
    (duration.as_secs() * 1_000_000_000 + u64::from(duration.subsec_nanos())) as f64 / 1e9
}
