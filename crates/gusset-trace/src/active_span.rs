//! The span of a request between its start and its export.

use std::cell::Cell;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
#[cfg(feature = "subscriber")]
use std::time::SystemTime;

#[cfg(feature = "subscriber")]
use gusset_core::Clock;
use gusset_data::{Attribute, Redaction, SharedStr, SpanData, SpanSink, Value};

use crate::SpanLimits;
use crate::sampler::SpanBuffer;

/// The recorded span of a request, shared by everything that is polled for the request.
///
/// It is locked for a few instructions at a time, and never while foreign code runs.
#[derive(Default)]
pub(crate) struct ActiveSpan {
    pub(crate) limits: SpanLimits,
    /// The W3C `tracestate` of spans below.
    #[cfg(feature = "subscriber")]
    pub(crate) trace_state: SharedStr,
    /// The redaction of the layer or observer. Kept while pooled, so that the next call need not count.
    redaction: Option<Arc<Redaction>>,
    /// The start of the call by the monotonic clock.
    #[cfg(feature = "subscriber")]
    started: Option<Instant>,
    /// `None` while this memory is pooled.
    output: Option<SpanOutput>,
    /// `None` before the start and after the export.
    span: Mutex<Option<SpanData>>,
}

/// The destination of the spans of a request.
#[derive(Clone)]
pub(crate) struct SpanOutput {
    pub(crate) sink: Arc<dyn SpanSink>,
    /// `None` if the request is sampled.
    pub(crate) buffer: Option<Arc<TailBuffer>>,
    /// Whether the sink is a span that has begun in another tracer. It then receives that span alone.
    pub(crate) is_live: bool,
}

/// The spans of a request that are buffered until it completes.
pub(crate) struct TailBuffer(Mutex<BufferState>);

enum BufferState {
    Buffered(SpanBuffer, Vec<SpanData>),
    /// The spans were exported. Later ones are exported at once.
    Exported,
    Dropped,
}

thread_local! {
    /// Whether this thread is inside [`SpanSink::export`].
    ///
    /// Invariant: true exactly while a sink runs on this thread. The spans of a sink are not recorded,
    /// because each export would cause another one without end.
    static IS_EXPORTING: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether a sink runs on this thread.
#[inline]
pub(crate) fn is_exporting() -> bool {
    IS_EXPORTING.try_with(Cell::get).unwrap_or_default()
}

/// Returns whether the sink has capacity for a span. Otherwise the sink counts it as dropped.
#[inline]
pub(crate) fn has_capacity(sink: &Arc<dyn SpanSink>) -> bool {
    let has_capacity = sink.has_capacity();
    if !has_capacity {
        sink.count_dropped();
    }
    has_capacity
}

#[inline]
fn export(sink: &dyn SpanSink, span: SpanData) {
    while_exporting(|| sink.export(span));
}

/// Runs a sink or a tracer. Spans that it starts on this thread are not recorded.
#[inline]
pub(crate) fn while_exporting<R>(run: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            let _ = IS_EXPORTING.try_with(|exporting| exporting.set(self.0));
        }
    }
    let previous = IS_EXPORTING.try_with(|exporting| exporting.replace(true));
    let _restore = Restore(previous.unwrap_or_default());
    run()
}

// === impl ActiveSpan ===

impl ActiveSpan {
    #[inline]
    pub(crate) fn start(
        &mut self,
        limits: SpanLimits,
        redaction: &Arc<Redaction>,
        #[cfg_attr(
            not(feature = "subscriber"),
            expect(unused_variables, reason = "for events")
        )]
        started: Instant,
        output: SpanOutput,
        span: SpanData,
    ) {
        self.limits = limits;
        let present = self.redaction.as_ref();
        if !present.is_some_and(|present| Arc::ptr_eq(present, redaction)) {
            self.redaction = Some(redaction.clone());
        }
        #[cfg(feature = "subscriber")]
        {
            self.trace_state = span.trace_state.clone();
            self.started = Some(started);
        }
        self.output = Some(output);
        let current = self.span.get_mut();
        *current.unwrap_or_else(PoisonError::into_inner) = Some(span);
    }

    /// Clears the content and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.output = None;
        let span = self.span.get_mut();
        *span.unwrap_or_else(PoisonError::into_inner) = None;
    }

    #[inline]
    pub(crate) fn output(&self) -> Option<&SpanOutput> {
        self.output.as_ref()
    }

    /// Returns the output of spans inside of this one, unless they need their own.
    #[inline]
    pub(crate) fn shared_output(&self) -> Option<&SpanOutput> {
        self.output.as_ref().filter(|output| !output.is_live)
    }

    /// Returns whether the span has begun in another tracer.
    #[cfg(feature = "subscriber")]
    pub(crate) fn is_live(&self) -> bool {
        self.output.as_ref().is_some_and(|output| output.is_live)
    }

    /// Changes the span. Does nothing after the export.
    #[inline]
    pub(crate) fn edit(&self, edit: impl FnOnce(&mut SpanData)) {
        if let Some(span) = &mut *lock(&self.span) {
            edit(span);
        }
    }

    /// Returns the current time: the start plus the time since then. `None` after the export.
    #[cfg(feature = "subscriber")]
    pub(crate) fn now(&self, clock: &Clock) -> Option<SystemTime> {
        let elapsed = clock.now().saturating_duration_since(self.started?);
        lock(&self.span).as_ref().map(|span| span.start + elapsed)
    }

    pub(crate) fn set_attribute(&self, key: SharedStr, value: Value) {
        self.set_attributes([(key, value)]);
    }

    pub(crate) fn set_attributes(&self, attributes: impl IntoIterator<Item = Attribute>) {
        self.edit(|span| {
            for (key, value) in attributes {
                let value = match &self.redaction {
                    Some(redaction) => redaction.redact_value(&key, value),
                    None => value,
                };
                self.limits.set_attribute(span, key, value);
            }
        });
    }

    /// Completes the span with `finish` and exports it, once.
    #[inline]
    pub(crate) fn end(&self, output: &SpanOutput, finish: impl FnOnce(&mut SpanData)) {
        let mut guard = lock(&self.span);
        if let Some(span) = &mut *guard {
            finish(span);
        }
        if let Some(span) = guard.take() {
            drop(guard);
            output.export(span);
        }
    }
}

impl fmt::Debug for ActiveSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveSpan").finish_non_exhaustive()
    }
}

// === impl SpanOutput ===

impl SpanOutput {
    /// Returns the output of a span that has begun in another tracer.
    pub(crate) fn live(span: Arc<dyn SpanSink>) -> Self {
        Self {
            sink: span,
            buffer: None,
            is_live: true,
        }
    }

    /// Exports or buffers a span.
    #[inline]
    pub(crate) fn export(&self, span: SpanData) {
        // A span is large: it is passed on directly, because a local would copy it.
        match &self.buffer {
            None => export(&*self.sink, span),
            Some(buffer) => {
                if let Some(span) = buffer.push(span) {
                    export(&*self.sink, span);
                }
            }
        }
    }

    /// Exports or drops the buffered spans.
    pub(crate) fn decide(&self, is_exported: bool) {
        if let Some(buffer) = &self.buffer {
            for span in buffer.decide(is_exported) {
                export(&*self.sink, span);
            }
        }
    }
}

// === impl TailBuffer ===

impl TailBuffer {
    pub(crate) fn new(permit: SpanBuffer) -> Self {
        Self(Mutex::new(BufferState::Buffered(permit, Vec::new())))
    }

    /// Buffers or drops a span. Returns it if it is to be exported.
    fn push(&self, span: SpanData) -> Option<SpanData> {
        match &mut *lock(&self.0) {
            BufferState::Buffered(permit, spans) if spans.len() < permit.max_spans() => {
                spans.push(with_sampled_flag(span));
            }
            BufferState::Buffered(permit, _) => permit.count_dropped_span(),
            BufferState::Exported => return Some(with_sampled_flag(span)),
            BufferState::Dropped => {}
        }
        None
    }

    /// Ends the buffering, and returns the spans to export.
    fn decide(&self, is_exported: bool) -> Vec<SpanData> {
        let state = if is_exported {
            BufferState::Exported
        } else {
            BufferState::Dropped
        };
        let previous = mem::replace(&mut *lock(&self.0), state);
        match previous {
            BufferState::Buffered(_, spans) if is_exported => spans,
            _ => Vec::new(),
        }
    }
}

/// Sets the sampled flag, which an exported span has, though it was not propagated.
fn with_sampled_flag(mut span: SpanData) -> SpanData {
    span.flags |= 1;
    span
}

/// Locks and ignores poison: no change to the data can be interrupted by a panic.
#[inline]
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
