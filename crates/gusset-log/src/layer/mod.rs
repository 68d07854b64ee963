//! The layer that writes a line for each event.

mod builder;
mod encode;
mod scratch;
mod spans;

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use gusset_core::SpanIds;
use gusset_data::{LogSink, Resource};
use gusset_http::RequestId;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

pub use self::builder::{Log, LogLayerBuilder};
pub(crate) use self::encode::{Facts, Recording};
use self::scratch::Scratch;
use self::spans::Kept;
use crate::access::Current;
use crate::counters::{Reason, place};
use crate::format::line::Line;
use crate::format::shape::Shape;
use crate::format::time::{Moment, Stamp};
use crate::redact::Redaction;
use crate::sink;
use crate::writer::Queue;
use crate::{Control, Format};

/// Writes each event as one line: those of calls, and the service's own.
///
/// Every line inside a call bears the call's ids: the trace and the span where somebody makes spans
/// (`gusset-trace` does), and the id of the request inside a
/// [`RequestIdLayer`](gusset_http::RequestIdLayer).
///
/// A line stays one line, valid in its format, whatever a stranger writes into a field: control
/// characters and what acts on terminals are escaped, bytes that are no UTF-8 replaced, what is too long
/// cut, and the line marked so. Secrets do not show ([`Redaction`](crate::Redaction)).
///
/// Nothing that logs waits: lines go to a queue of so many bytes, which one thread writes. When it is
/// full, lines are lost, counted, and told of once the way is clear.
///
/// ```no_run
/// use gusset_log::LogLayer;
/// use tracing_subscriber::layer::SubscriberExt as _;
/// use tracing_subscriber::util::SubscriberInitExt as _;
///
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// // Pretty in a terminal, JSON elsewhere; what `RUST_LOG` asks for, `info` unless it is set.
/// let log = LogLayer::builder().build()?;
/// tracing_subscriber::registry().with(log.layer).init();
/// let _guard = log.guard;
/// # Ok(())
/// # }
/// ```
pub struct LogLayer {
    shared: Arc<Shared>,
    control: Control,
}

pub(crate) struct Shared {
    /// Tells the layers of a process apart.
    id: u64,
    format: Format,
    resource: Resource,
    redaction: Redaction,
    /// The longest line, and the longest value in it.
    cap: usize,
    longest: usize,
    /// Lines of calls can be written without the help of their events.
    writes_calls: bool,
    /// Lines bear the fields of the spans that they are written in.
    spans: bool,
    /// There was a span whose fields are kept: only then are lines worth a search for theirs.
    saw_span: AtomicBool,
    /// Lines of one place in a second.
    most: Option<NonZeroU32>,
    queue: Arc<Queue>,
    /// Lines are written; otherwise they go to the sink alone.
    lines: bool,
    sink: Option<Arc<dyn LogSink>>,
    clock: Option<fn() -> SystemTime>,
    /// By the address of their metadata: so many as there are places in the code.
    shapes: RwLock<HashMap<usize, Arc<Shape>>>,
}

// === impl LogLayer ===

impl LogLayer {
    /// A layer, to be configured.
    pub fn builder() -> LogLayerBuilder {
        LogLayerBuilder::new()
    }
}

impl<S> Layer<S> for LogLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.control.is_part_of(subscriber);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let shared = &*self.shared;
        if !shared.keeps_spans() {
            return;
        }
        let text = shared.span_text(attributes.metadata(), |visit| attributes.record(visit));
        if let Some(span) = ctx.span(id) {
            Kept::put(&mut span.extensions_mut(), shared.id, text);
            // Once, so that threads do not fight for it.
            if !shared.saw_span.load(Ordering::Relaxed) {
                shared.saw_span.store(true, Ordering::Relaxed);
            }
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        let shared = &*self.shared;
        if !shared.keeps_spans() {
            return;
        }
        if let Some(span) = ctx.span(id) {
            // Formatted before the lock of the extensions is taken: formatting is the service's code.
            let text = shared.span_text(span.metadata(), |visit| values.record(visit));
            Kept::put(&mut span.extensions_mut(), shared.id, text);
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let shared = &*self.shared;
        let metadata = event.metadata();
        let mut scratch = Scratch::take();
        let Scratch {
            shapes,
            line,
            parts,
            stamp,
        } = &mut *scratch;
        let shape = shapes.find(shared, metadata);
        let at = Moment::of(shared.now());
        let suppressed = match shared.most {
            Some(most) if !shape.is_access => shape.site.admit(at.seconds, most.get()),
            _ => Some(0),
        };
        let Some(suppressed) = suppressed else {
            let place = place(*metadata.level());
            let counters = &shared.queue.counters;
            counters.dropped(place, Reason::RateLimited, 1);
            return scratch.give_back();
        };
        let facts = Facts {
            at,
            suppressed,
            ids: SpanIds::current(),
        };
        let call = match shape.is_server && (shared.format == Format::Json || shared.sink.is_some())
        {
            true => Current::take(),
            false => None,
        };
        let call = call.as_deref();
        let record = |visit: &mut dyn tracing::field::Visit| event.record(visit);
        if shared.lines && (shape.is_access || !shared.format.is_for_calls_only()) {
            let span = match shared.saw_span.load(Ordering::Relaxed) {
                true => ctx.event_span(event),
                false => None,
            };
            shared.encode(
                line,
                parts,
                stamp,
                metadata,
                shape,
                &facts,
                &record,
                call,
                |line| {
                    if let Some(span) = &span {
                        spans::write(shared, line, span);
                    }
                },
            );
            shared.queue.push(*metadata.level(), line.bytes());
        }
        if let Some(sink) = &shared.sink {
            if sink::wants(metadata) && sink.admit() {
                let redaction = shared.scrubs(shape);
                let record = sink::record(metadata, redaction, shape, &facts, &record, call);
                sink.export(record);
            }
        }
        scratch.give_back();
    }
}

impl fmt::Debug for LogLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLayer")
            .field("format", &self.shared.format)
            .finish_non_exhaustive()
    }
}

impl Drop for LogLayer {
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

// === impl Shared ===

impl Shared {
    #[inline]
    fn now(&self) -> SystemTime {
        match self.clock {
            None => SystemTime::now(),
            Some(clock) => clock(),
        }
    }

    /// Whether the fields of spans are shown.
    fn keeps_spans(&self) -> bool {
        self.spans && self.lines
    }

    /// A line that comes from nowhere in the service.
    pub(crate) fn line(
        &self,
        metadata: &'static Metadata<'static>,
        record: Recording<'_>,
    ) -> Vec<u8> {
        let (mut line, mut parts, mut stamp) = (Line::new(), Line::new(), Stamp::new());
        let facts = Facts {
            at: Moment::of(self.now()),
            ids: None,
            suppressed: 0,
        };
        let shape = self.shape(metadata);
        self.encode(
            &mut line,
            &mut parts,
            &mut stamp,
            metadata,
            &shape,
            &facts,
            record,
            None,
            |_| {},
        );
        line.bytes().to_vec()
    }

    fn shape(&self, metadata: &'static Metadata<'static>) -> Arc<Shape> {
        let key = std::ptr::from_ref(metadata) as usize;
        let shapes = self.shapes.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(shape) = shapes.get(&key) {
            return shape.clone();
        }
        drop(shapes);
        let shape = Shape::new(&self.format, &self.resource, &self.redaction, metadata);
        let mut shapes = self.shapes.write().unwrap_or_else(PoisonError::into_inner);
        shapes.entry(key).or_insert_with(|| Arc::new(shape)).clone()
    }
}

/// The id of the request that is being answered, if there is one.
#[inline]
pub(crate) fn with_request_id<R>(look: impl FnOnce(Option<&str>) -> R) -> R {
    RequestId::with_current(|id| look(id.map(RequestId::as_str)))
}
