//! The sink of a tracer, whose panics do not reach the call.

use std::sync::Arc;

use gusset_core::PanicCounter;
use gusset_data::{ContainedSink, SpanSink};

/// Returns the sink without its panics, and their counter.
pub(crate) fn contain(sink: impl SpanSink) -> (Arc<dyn SpanSink>, Arc<PanicCounter>) {
    let sink = ContainedSink::new(sink, report);
    let panics = sink.panics().clone();
    (Arc::new(sink), panics)
}

#[cold]
fn report() {
    tracing::error!(
        target: "gusset::trace",
        "the sink of spans panicked, spans are lost; further panics are counted and not logged"
    );
}
