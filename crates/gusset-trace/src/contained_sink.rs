//! Calls of custom sinks, whose panics do not reach the call.

use std::sync::Arc;

use gusset_core::PanicCounter;
use gusset_data::{SpanData, SpanSink};

/// A sink whose panics are counted. A span on which it panics is lost.
pub(crate) struct ContainedSink<K> {
    sink: K,
    panics: Arc<PanicCounter>,
}

// === impl ContainedSink ===

impl<K: SpanSink> ContainedSink<K> {
    /// Returns the sink, and the counter of its panics.
    pub(crate) fn shared(sink: K) -> (Arc<dyn SpanSink>, Arc<PanicCounter>) {
        let panics = Arc::<PanicCounter>::default();
        let counter = panics.clone();
        (Arc::new(Self { sink, panics }), counter)
    }
}

impl<K: SpanSink> SpanSink for ContainedSink<K> {
    #[inline]
    fn export(&self, span: SpanData) {
        let _ = self.panics.catch(|| self.sink.export(span), report);
    }

    #[inline]
    fn has_capacity(&self) -> bool {
        let capacity = self.panics.catch(|| self.sink.has_capacity(), report);
        capacity.unwrap_or(false)
    }
}

#[cold]
fn report() {
    tracing::error!(
        target: "gusset::trace",
        "the sink of spans panicked, spans are lost; further panics are counted and not logged"
    );
}
