//! Several sinks of spans as one.

use std::sync::Arc;

use gusset_data::{SpanData, SpanSink, Tee};

/// Joins sinks to one. A single one is called on the thread of the call; of several, each has a queue. Returns `None`
/// if there is none.
pub(crate) fn join(sinks: Vec<Arc<dyn SpanSink>>) -> Option<Arc<dyn SpanSink>> {
    let both =
        |first, second| -> Arc<dyn SpanSink> { Arc::new(Tee::<SpanData>::new(first, second)) };
    sinks.into_iter().reduce(both)
}
