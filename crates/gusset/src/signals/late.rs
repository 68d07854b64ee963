//! What is there before what it stands for is.

use std::sync::{Arc, OnceLock};

use gusset_data::{LogRecord, LogSink, SpanData, SpanSink};
use gusset_trace::sample::{Decision, Ended, Sampler, Sampling};

/// The road to the collector says at its start what it does; that is logged; and the log gives to the
/// road. So the log comes first, with this in the road's place.
#[derive(Clone)]
pub(super) struct Late<T>(Arc<OnceLock<T>>);

// === impl Late ===

impl<T> Late<T> {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// From now on, to that.
    pub(super) fn is_there(&self, sink: T) {
        // Called once.
        let _ = self.0.set(sink);
    }
}

impl Sampler for Late<Arc<dyn Sampler>> {
    fn sample(&self, sampling: &Sampling<'_>) -> Decision {
        match self.0.get() {
            Some(sampler) => sampler.sample(sampling),
            None => Decision::Drop,
        }
    }

    fn keep(&self, ended: &Ended) -> bool {
        self.0.get().is_some_and(|sampler| sampler.keep(ended))
    }
}

impl<T: LogSink> LogSink for Late<T> {
    fn export(&self, record: LogRecord) {
        if let Some(sink) = self.0.get() {
            sink.export(record);
        }
    }

    fn admit(&self) -> bool {
        self.0.get().is_some_and(T::admit)
    }
}

impl<T: SpanSink> SpanSink for Late<T> {
    fn export(&self, span: SpanData) {
        if let Some(sink) = self.0.get() {
            sink.export(span);
        }
    }

    fn admit(&self) -> bool {
        self.0.get().is_some_and(T::admit)
    }
}
