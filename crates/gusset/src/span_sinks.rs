//! Several sinks of spans as one.

use std::sync::Arc;
use std::time::Duration;

use gusset_data::{SpanData, SpanSink, Tee};

/// The sinks of one layer.
#[derive(Default)]
pub(crate) struct SpanSinks {
    /// That of the process, if the layer is of one.
    pub(crate) shared: Option<Arc<dyn SpanSink>>,
    pub(crate) own: Vec<Arc<dyn SpanSink>>,
}

/// A sink that is flushed where it is from, and is therefore put behind no other queue.
struct Shared(Arc<dyn SpanSink>);

// === impl SpanSinks ===

impl SpanSinks {
    /// Joins them to one. Returns `None` if there is none.
    pub(crate) fn join(self) -> Option<Arc<dyn SpanSink>> {
        let Self { shared, mut own } = self;
        match shared {
            Some(shared) if own.is_empty() => return Some(shared),
            Some(shared) => own.push(Arc::new(Shared(shared))),
            None => {}
        }
        join(own)
    }
}

/// Joins sinks to one. A single one is called on the thread of the call; of several, each has a queue. Returns `None`
/// if there is none.
pub(crate) fn join(sinks: Vec<Arc<dyn SpanSink>>) -> Option<Arc<dyn SpanSink>> {
    let both =
        |first, second| -> Arc<dyn SpanSink> { Arc::new(Tee::<SpanData>::new(first, second)) };
    sinks.into_iter().reduce(both)
}

// === impl Shared ===

impl SpanSink for Shared {
    fn export(&self, span: SpanData) {
        self.0.export(span);
    }

    fn has_capacity(&self) -> bool {
        self.0.has_capacity()
    }

    fn takes_unsampled(&self) -> bool {
        self.0.takes_unsampled()
    }

    fn count_dropped(&self) {
        self.0.count_dropped();
    }

    fn has_queue(&self) -> bool {
        true
    }

    fn flush(&self, timeout: Duration) -> bool {
        self.0.flush(timeout)
    }
}
