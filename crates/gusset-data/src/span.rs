//! Ended spans and the sinks that receive them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::{Attribute, SharedStr};

/// An ended span of OpenTelemetry's data model.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "created in one crate and read in another; both need every field"
)]
pub struct SpanData {
    /// The trace id.
    pub trace_id: [u8; 16],
    /// The span id.
    pub span_id: [u8; 8],
    /// The id of the parent span; `None` for a root span.
    pub parent_span_id: Option<[u8; 8]>,
    /// Whether the parent span is in another service.
    pub parent_is_remote: bool,
    /// The W3C trace flags: bit 0 sampled, bit 1 random.
    pub flags: u8,
    /// The W3C `tracestate`, without the entries that are not exported.
    pub trace_state: SharedStr,
    /// The name of the span, for example `GET /users/{id}`.
    pub name: SharedStr,
    /// The kind of the span.
    pub kind: SpanKind,
    /// The instrumentation scope: the target of a `tracing` span.
    pub scope: SharedStr,
    /// The start time.
    pub start: SystemTime,
    /// The end time.
    pub end: SystemTime,
    /// The attributes.
    pub attributes: Vec<Attribute>,
    /// The number of attributes dropped because of a limit.
    pub dropped_attributes: u32,
    /// The events.
    pub events: Vec<SpanEvent>,
    /// The number of events dropped because of a limit.
    pub dropped_events: u32,
    /// The links to related spans that are not the parent.
    pub links: Vec<SpanLink>,
    /// The number of links dropped because of a limit.
    pub dropped_links: u32,
    /// The status.
    pub status: SpanStatus,
}

/// The kind of a span: its side of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpanKind {
    /// An operation inside a service.
    #[default]
    Internal,
    /// The server side of a call.
    Server,
    /// The client side of a call.
    Client,
    /// The sending of a message.
    Producer,
    /// The processing of a message.
    Consumer,
}

/// The status of an ended span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpanStatus {
    /// Not set: not an error.
    #[default]
    Unset,
    /// Explicitly marked as successful.
    Ok,
    /// An error, with its description. The description may be empty.
    Error(SharedStr),
}

/// An event of a span.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as for the span")]
pub struct SpanEvent {
    /// The name.
    pub name: SharedStr,
    /// The time.
    pub time: SystemTime,
    /// The attributes.
    pub attributes: Vec<Attribute>,
}

/// A link to another span.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as for the span")]
pub struct SpanLink {
    /// The trace id of the linked span.
    pub trace_id: [u8; 16],
    /// The span id of the linked span.
    pub span_id: [u8; 8],
    /// The W3C trace flags of the linked span.
    pub flags: u8,
    /// The W3C trace state of the linked span.
    pub trace_state: SharedStr,
    /// The attributes of the link.
    pub attributes: Vec<Attribute>,
}

/// Receives ended spans.
///
/// The methods are called at the end of a span, on any thread, within a poll or a drop. They must not
/// block, wait or panic. A sink drops and counts the spans for which it has no capacity.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a sink for spans",
    label = "implement `gusset_data::SpanSink`: one method, `export`"
)]
pub trait SpanSink: Send + Sync + 'static {
    /// Exports a span.
    fn export(&self, span: SpanData);

    /// Returns whether the sink has capacity for one more span.
    ///
    /// It is called before a span is built. After `false`, it is not built, and
    /// [`count_dropped`](Self::count_dropped) is called instead. Defaults to `true`.
    fn has_capacity(&self) -> bool {
        true
    }

    /// Returns whether the sink takes spans that are recorded and not sampled: those whose `flags` lack the bit.
    ///
    /// Exporters must not export them (OpenTelemetry, "Recording sampled spans"), and do not get them. Span
    /// processors do. Defaults to `false`.
    fn takes_unsampled(&self) -> bool {
        false
    }

    /// Counts a span as dropped that was not built, because there was no capacity. Defaults to nothing.
    fn count_dropped(&self) {}

    /// Returns whether the sink has a queue of its own, so that its methods return at once, whatever its
    /// destination does.
    ///
    /// A sink that shares the spans with another one and has no queue is put behind one (`QueuedSink`). Defaults to
    /// `false`.
    fn has_queue(&self) -> bool {
        false
    }

    /// Delivers what the sink has buffered. Returns whether that was complete before the timeout.
    ///
    /// It is called by a flush and at the end of telemetry, and may block that thread until the timeout. Defaults to
    /// `true`, for sinks that buffer nothing, or that their owner flushes.
    fn flush(&self, timeout: Duration) -> bool {
        let _ = timeout;
        true
    }
}

impl<S: SpanSink + ?Sized> SpanSink for Arc<S> {
    fn export(&self, span: SpanData) {
        (**self).export(span);
    }

    fn has_capacity(&self) -> bool {
        (**self).has_capacity()
    }

    fn takes_unsampled(&self) -> bool {
        (**self).takes_unsampled()
    }

    fn count_dropped(&self) {
        (**self).count_dropped();
    }

    fn has_queue(&self) -> bool {
        (**self).has_queue()
    }

    fn flush(&self, timeout: Duration) -> bool {
        (**self).flush(timeout)
    }
}
