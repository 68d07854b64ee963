//! The state of an open span, stored in the extensions of the registry.

use std::sync::Arc;

use gusset_core::SpanIds;
use gusset_data::SpanData;

use crate::active_span::ActiveSpan;
use crate::current;
use crate::entered::{self, InnermostSpan, RecordedSpan};

/// A recorded span. A span that is not recorded has none.
pub(super) struct SpanRecord {
    ids: SpanIds,
    /// The call of the span; `None` outside of any call.
    call: Option<Arc<ActiveSpan>>,
    /// `None` for the span of a call, which the call exports itself.
    span: Option<SpanData>,
}

/// The parent of a new span.
pub(super) enum ParentSpan {
    /// The new span starts a trace.
    None,
    Unrecorded,
    Recorded {
        ids: SpanIds,
        call: Option<Arc<ActiveSpan>>,
    },
}

// === impl SpanRecord ===

impl SpanRecord {
    pub(super) fn new(ids: SpanIds, call: Option<Arc<ActiveSpan>>, span: Option<SpanData>) -> Self {
        Self { ids, call, span }
    }

    pub(super) fn ids(&self) -> SpanIds {
        self.ids
    }

    pub(super) fn has_span(&self) -> bool {
        self.span.is_some()
    }

    pub(super) fn span_mut(&mut self) -> Option<&mut SpanData> {
        self.span.as_mut()
    }

    pub(super) fn recorded(&self) -> RecordedSpan {
        RecordedSpan {
            ids: self.ids,
            call: self.call.clone(),
        }
    }

    pub(super) fn into_span(self) -> Option<(SpanData, Option<Arc<ActiveSpan>>)> {
        Some((self.span?, self.call))
    }
}

// === impl ParentSpan ===

impl ParentSpan {
    /// Returns the innermost span of this thread.
    pub(super) fn current() -> Self {
        match (entered::innermost(), SpanIds::current()) {
            (Some(InnermostSpan::Unrecorded), _) => Self::Unrecorded,
            (Some(InnermostSpan::Recorded { ids, call, .. }), _) => Self::Recorded { ids, call },
            (None, None) => Self::None,
            (None, Some(ids)) => match current::current_recording() {
                None if !ids.is_sampled() => Self::Unrecorded,
                call => Self::Recorded { ids, call },
            },
        }
    }

    pub(super) fn from_record(record: Option<&SpanRecord>) -> Self {
        record.map_or(Self::Unrecorded, |record| Self::Recorded {
            ids: record.ids,
            call: record.call.clone(),
        })
    }
}
