//! What spans and log records are given to.

use std::fmt;
use std::sync::Arc;

use gusset_data::{LogRecord, LogSink, SpanData, SpanSink};

use crate::lane::Lane;

/// Takes spans to the collector; a handle, cheap to clone.
///
/// A span that is given to it goes into a queue that is made whole at start: no lock, no allocation, no
/// wait. If the queue is full the span is dropped and counted. Where traces go nowhere, or everything
/// has been shut down, nothing is [admitted](SpanSink::admit); while the queue is full neither, so that a
/// collector that has been away for long costs a call no more than none.
#[derive(Clone)]
pub struct Spans {
    lane: Option<Arc<Lane<SpanData>>>,
}

/// Takes log records to the collector; a handle, cheap to clone. As [`Spans`] otherwise.
///
/// What is logged while telemetry itself is exported, on the thread that does it, is not taken: each
/// export would make the next one.
#[derive(Clone)]
pub struct Logs {
    lane: Option<Arc<Lane<LogRecord>>>,
}

// === impl Spans ===

impl Spans {
    pub(crate) fn new(lane: Option<Arc<Lane<SpanData>>>) -> Self {
        Self { lane }
    }

    pub(crate) fn lane(&self) -> Option<&Lane<SpanData>> {
        self.lane.as_deref()
    }
}

impl SpanSink for Spans {
    fn export(&self, span: SpanData) {
        if let Some(lane) = &self.lane {
            lane.push(span);
        }
    }

    fn admit(&self) -> bool {
        self.lane.as_ref().is_some_and(|lane| lane.admit())
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "Spans", self.lane.as_deref().map(Lane::len))
    }
}

// === impl Logs ===

impl Logs {
    pub(crate) fn new(lane: Option<Arc<Lane<LogRecord>>>) -> Self {
        Self { lane }
    }

    pub(crate) fn lane(&self) -> Option<&Lane<LogRecord>> {
        self.lane.as_deref()
    }
}

impl LogSink for Logs {
    fn export(&self, record: LogRecord) {
        // What this crate says of the road is for the road's other end to miss: said on whatever
        // thread, it would be sent on the very road that it is about.
        if record.scope == crate::voice::TARGET {
            return;
        }
        if let Some(lane) = &self.lane {
            lane.push(record);
        }
    }

    fn admit(&self) -> bool {
        self.lane.as_ref().is_some_and(|lane| lane.admit())
    }
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "Logs", self.lane.as_deref().map(Lane::len))
    }
}

fn debug(f: &mut fmt::Formatter<'_>, name: &str, waiting: Option<usize>) -> fmt::Result {
    f.debug_struct(name)
        .field("waiting", &waiting)
        .finish_non_exhaustive()
}
