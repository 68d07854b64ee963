//! The state of an open span, stored in the extensions of the registry.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use gusset_core::{Clock, SpanIds};
use gusset_data::{SharedStr, SpanData, SpanStatus};
use tracing_subscriber::registry::Extensions;

use crate::active_span::{ActiveSpan, SpanOutput};
use crate::context_bridge::{Bridged, ContextBridge};
use crate::current;
use crate::current_context;
use crate::entered::{self, InnermostSpan};

/// A recorded span. A span that is not recorded has none.
pub(super) struct SpanRecord {
    ids: SpanIds,
    /// The call of the span; `None` outside of any call.
    call: Option<Arc<ActiveSpan>>,
    /// `None` for the span of a call, which the call exports itself.
    span: Option<OpenSpan>,
}

/// A span before its end.
pub(super) struct OpenSpan {
    pub(super) data: SpanData,
    /// The description for an error status, which may be set before the status.
    pub(super) description: SharedStr,
    /// The span that has begun in another tracer.
    pub(super) live: Option<SpanOutput>,
    times: SpanTimes,
}

/// The start of a span by both clocks.
///
/// Later times are the start plus the elapsed time of the monotonic clock, because the wall clock may
/// be set in between.
#[derive(Clone, Copy)]
pub(super) struct SpanTimes {
    start: SystemTime,
    started: Instant,
}

/// A span that the filter leaves out. Spans inside of it become children of its parent.
pub(super) struct SkippedSpan(pub(super) ParentSpan);

/// The context of a span in another API, which is attached while the span is entered.
pub(super) struct SpanContextInBridge(pub(super) Bridged);

/// The parent of a new span.
#[derive(Clone)]
pub(super) enum ParentSpan {
    /// The new span starts a trace.
    None,
    Unrecorded,
    Recorded {
        ids: SpanIds,
        call: Option<Arc<ActiveSpan>>,
    },
}

/// The span that records an event.
pub(super) enum EventDestination {
    Nowhere,
    Call(Arc<ActiveSpan>),
    Span(SpanTimes),
}

// === impl SpanRecord ===

impl SpanRecord {
    pub(super) fn new(ids: SpanIds, call: Option<Arc<ActiveSpan>>, span: Option<OpenSpan>) -> Self {
        Self { ids, call, span }
    }

    pub(super) fn ids(&self) -> SpanIds {
        self.ids
    }

    pub(super) fn has_span(&self) -> bool {
        self.span.is_some()
    }

    pub(super) fn span_mut(&mut self) -> Option<&mut OpenSpan> {
        self.span.as_mut()
    }

    /// Ends the span and exports it: to its own output or that of its call, else to `output`.
    pub(super) fn export(self, clock: &Clock, output: &SpanOutput) {
        let Some(mut span) = self.span else {
            return;
        };
        let live = span.live.take();
        let call = self.call.as_ref().and_then(|call| call.shared_output());
        let output = live.as_ref().or(call).unwrap_or(output);
        output.export(span.end(clock));
    }
}

// === impl OpenSpan ===

impl OpenSpan {
    pub(super) fn new(data: SpanData, times: SpanTimes) -> Self {
        Self {
            data,
            description: SharedStr::from_static(""),
            live: None,
            times,
        }
    }

    /// Sets the status to an error, unless it is set. `Ok` is final.
    pub(super) fn set_error(&mut self) {
        if self.data.status == SpanStatus::Unset {
            self.data.status = SpanStatus::Error(SharedStr::from_static(""));
        }
    }

    fn end(mut self, clock: &Clock) -> SpanData {
        self.data.end = self.times.now(clock);
        if let SpanStatus::Error(description) = &mut self.data.status {
            *description = self.description;
        }
        self.data
    }
}

// === impl SpanTimes ===

impl SpanTimes {
    pub(super) fn start(clock: &Clock) -> Self {
        Self {
            start: SystemTime::now(),
            started: clock.now(),
        }
    }

    pub(super) fn started(self) -> SystemTime {
        self.start
    }

    pub(super) fn now(self, clock: &Clock) -> SystemTime {
        self.start + clock.now().saturating_duration_since(self.started)
    }
}

// === impl ParentSpan ===

impl ParentSpan {
    /// Returns the innermost span of this thread, also one of another API.
    pub(super) fn current(bridge: Option<&'static dyn ContextBridge>) -> Self {
        if let Some(span) = current_context::inner_span(bridge) {
            return match span.flags().is_sampled() {
                false => Self::Unrecorded,
                true => Self::Recorded {
                    ids: span.span_ids(),
                    call: current::current_recording()
                        .filter(|_| current_context::is_in_trace_of(&span)),
                },
            };
        }
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

    /// Returns the ids of a recorded parent.
    pub(super) fn ids(&self) -> Option<SpanIds> {
        match self {
            Self::Recorded { ids, .. } => Some(*ids),
            Self::None | Self::Unrecorded => None,
        }
    }

    /// Returns what a span is for its children.
    pub(super) fn from_extensions(extensions: &Extensions<'_>) -> Self {
        match (extensions.get(), extensions.get()) {
            (Some(SpanRecord { ids, call, .. }), _) => Self::Recorded {
                ids: *ids,
                call: call.clone(),
            },
            (None, Some(SkippedSpan(parent))) => parent.clone(),
            (None, None) => Self::Unrecorded,
        }
    }
}

// === impl EventDestination ===

impl EventDestination {
    /// Returns the destination of events in a span. A span that is not exported passes them on to its
    /// call.
    pub(super) fn from_extensions(extensions: &Extensions<'_>) -> Self {
        if let Some(SpanRecord {
            span: Some(span), ..
        }) = extensions.get()
        {
            return Self::Span(span.times);
        }
        match ParentSpan::from_extensions(extensions) {
            ParentSpan::Recorded {
                call: Some(call), ..
            } => Self::Call(call),
            _ => Self::Nowhere,
        }
    }
}
