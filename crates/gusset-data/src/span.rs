//! A span that has ended, and who takes it.

use std::sync::Arc;
use std::time::SystemTime;

use crate::{Attribute, SharedStr};

/// A span that has ended, as OpenTelemetry's data model has it.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "made by one crate and read by another; each must know all of it"
)]
pub struct SpanData {
    /// The trace.
    pub trace_id: [u8; 16],
    /// The span.
    pub span_id: [u8; 8],
    /// The span that this one is below.
    pub parent_span_id: Option<[u8; 8]>,
    /// The parent is another service's.
    pub parent_is_remote: bool,
    /// W3C's trace flags: bit 0 sampled, bit 1 random.
    pub flags: u8,
    /// W3C's `tracestate`, as far as it is to be told.
    pub trace_state: SharedStr,
    /// What the span is called: `GET /users/{id}`.
    pub name: SharedStr,
    /// Which side of a call.
    pub kind: SpanKind,
    /// The instrumentation scope: the target of a `tracing` span.
    pub scope: SharedStr,
    /// When it began.
    pub start: SystemTime,
    /// When it ended.
    pub end: SystemTime,
    /// What stands on it.
    pub attributes: Vec<Attribute>,
    /// How many attributes a limit left out.
    pub dropped_attributes: u32,
    /// What happened within it.
    pub events: Vec<SpanEvent>,
    /// How many events a limit left out.
    pub dropped_events: u32,
    /// The spans it follows from without being below them.
    pub links: Vec<SpanLink>,
    /// How many links a limit left out.
    pub dropped_links: u32,
    /// How it ended.
    pub status: SpanStatus,
}

/// Which side of a call a span is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpanKind {
    /// Work inside a service.
    #[default]
    Internal,
    /// A call that is answered.
    Server,
    /// A call that is made.
    Client,
    /// A message that is sent.
    Producer,
    /// A message that is taken.
    Consumer,
}

/// How a span ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpanStatus {
    /// Nothing is said: not an error.
    #[default]
    Unset,
    /// Said to be well.
    Ok,
    /// An error; what more is said of it, if anything.
    Error(SharedStr),
}

/// Something that happened within a span.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as the span's")]
pub struct SpanEvent {
    /// What happened.
    pub name: SharedStr,
    /// When.
    pub time: SystemTime,
    /// What is known of it.
    pub attributes: Vec<Attribute>,
}

/// Another span that a span follows from.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as the span's")]
pub struct SpanLink {
    /// Its trace.
    pub trace_id: [u8; 16],
    /// Itself.
    pub span_id: [u8; 8],
    /// Its flags.
    pub flags: u8,
    /// What is known of the link.
    pub attributes: Vec<Attribute>,
}

/// Takes spans that have ended.
///
/// Called at the end of a span, on whatever thread that is, within a poll or a drop: it must not
/// block, wait or panic. What cannot be taken is dropped, and counted by the sink.
#[diagnostic::on_unimplemented(
    message = "`{Self}` takes no spans",
    label = "implement `gusset_data::SpanSink`: one method, `export`"
)]
pub trait SpanSink: Send + Sync + 'static {
    /// Takes a span.
    fn export(&self, span: SpanData);

    /// Whether one more span would be taken: asked once for each, before it is put together. A sink
    /// that has no room says no, and has counted a span as lost.
    fn admit(&self) -> bool {
        true
    }
}

impl<S: SpanSink + ?Sized> SpanSink for Arc<S> {
    fn export(&self, span: SpanData) {
        (**self).export(span);
    }

    fn admit(&self) -> bool {
        (**self).admit()
    }
}
