//! A placeholder that is filled once.

use std::sync::{Arc, OnceLock};

use gusset_data::{LogRecord, LogSink, SpanData, SpanSink};
use gusset_trace::sampler::{CallSummary, Sampler, SamplingDecision, SamplingParameters};

/// A sink or sampler that is set later.
///
/// The OTLP pipeline logs while it starts, and the log layer exports to it. This placeholder breaks
/// that cycle: the log layer is created first and the pipeline is set later.
#[derive(Clone)]
pub(super) struct Deferred<T>(Arc<OnceLock<T>>);

// === impl Deferred ===

impl<T> Deferred<T> {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Sets the value. The first one counts.
    pub(super) fn set(&self, value: T) {
        let _ = self.0.set(value);
    }
}

impl<T: Sampler> Sampler for Deferred<T> {
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        match self.0.get() {
            Some(sampler) => sampler.should_sample(parameters),
            None => SamplingDecision::Drop,
        }
    }

    fn should_export(&self, summary: &CallSummary) -> bool {
        let sampler = self.0.get();
        sampler.is_some_and(|sampler| sampler.should_export(summary))
    }
}

impl<T: LogSink> LogSink for Deferred<T> {
    fn export(&self, record: LogRecord) {
        if let Some(sink) = self.0.get() {
            sink.export(record);
        }
    }

    fn has_capacity(&self) -> bool {
        self.0.get().is_some_and(T::has_capacity)
    }

    fn count_dropped(&self) {
        if let Some(sink) = self.0.get() {
            sink.count_dropped();
        }
    }
}

impl<T: SpanSink> SpanSink for Deferred<T> {
    fn export(&self, span: SpanData) {
        if let Some(sink) = self.0.get() {
            sink.export(span);
        }
    }

    fn has_capacity(&self) -> bool {
        self.0.get().is_some_and(T::has_capacity)
    }

    fn takes_unsampled(&self) -> bool {
        self.0.get().is_some_and(T::takes_unsampled)
    }

    fn count_dropped(&self) {
        if let Some(sink) = self.0.get() {
            sink.count_dropped();
        }
    }
}
