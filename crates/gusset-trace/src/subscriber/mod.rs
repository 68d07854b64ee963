//! The spans of `tracing` as spans to be exported.

mod entered;
mod filter;
mod node;
mod visit;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use gusset_core::{Clock, SpanIds};
use gusset_data::{SharedStr, SpanData, SpanLink, SpanSink};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use self::entered::Top;
pub(crate) use self::entered::entered_recording;
pub use self::filter::Recorded;
pub(crate) use self::node::announce;
use self::node::{Handover, Node, Parent};
use crate::recording::{Out, exporting};
use crate::sample::{AlwaysOn, Decision, Sampler, Sampling};
use crate::{Limits, SpanId, TraceFlags, TraceId, current};

/// A layer of `tracing-subscriber` that exports spans: those of gusset's calls, and the service's own
/// below them.
///
/// A span is exported if its call is recorded. One outside of any call begins a trace, on which the
/// layer's own [`sampler`](Self::sampler) decides. Filters of other layers, `RUST_LOG` too, change
/// nothing; a filter of its own leaves out spans of the service, and never those of calls.
///
/// Of the fields of a span these are more than attributes: `otel.name`, `otel.kind`
/// (`internal`, `server`, `client`, `producer`, `consumer`), `otel.status_code` (`ok`, `error`) and
/// `otel.status_description`, also spelled `otel.status_message`. What a span follows from is a link.
/// Events are records of a log, and stand on spans only if [asked for](Self::events).
///
/// While a span is entered, [`SpanIds::current`](gusset_core::SpanIds::current) are its ids.
///
/// ```
/// use gusset_data::{SpanData, SpanSink};
/// use gusset_trace::SpanLayer;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// struct Print;
/// impl SpanSink for Print {
///     fn export(&self, span: SpanData) {
///         println!("{} took {:?}", span.name, span.end.duration_since(span.start));
///     }
/// }
///
/// let subscriber = tracing_subscriber::registry().with(SpanLayer::new(Print).filtered());
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info_span!("load", item = 7).in_scope(|| {});
/// });
/// ```
///
/// The sink may log, but must make no spans: `tracing-subscriber` does not let go of one that is closed
/// while another is being closed. Put a `reload::Layer` round its filter, not round itself: calls find this layer by its type.
#[derive(Clone)]
pub struct SpanLayer {
    out: Out,
    sampler: Arc<dyn Sampler>,
    limits: Limits,
    events: Option<Level>,
    clock: Clock,
}

/// The target of the spans of calls.
pub(crate) const CALLS: &str = "gusset::trace";

// === impl SpanLayer ===

impl SpanLayer {
    /// A layer that gives spans to that sink. The limits are those of the environment.
    pub fn new(sink: impl SpanSink) -> Self {
        let sink: Arc<dyn SpanSink> = Arc::new(sink);
        Self {
            out: Out { sink, fate: None },
            sampler: Arc::new(AlwaysOn),
            limits: Limits::from_env(),
            events: None,
            clock: Clock::system(),
        }
    }

    /// Decides on the spans outside of any call. Unset, all are exported.
    #[must_use]
    pub fn sampler(mut self, sampler: impl Sampler) -> Self {
        self.sampler = Arc::new(sampler);
        self
    }

    /// How much stands on a span at most.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Puts the events of that level, and of graver ones, on the spans that they happen in.
    #[must_use]
    pub fn events(mut self, level: Level) -> Self {
        self.events = Some(level);
        self
    }

    /// The layer with a filter that leaves out what it would not keep: where every other layer has a
    /// filter of its own too, a span that nobody wants is not even made.
    ///
    /// The price: a span that was not made is nobody's parent. A task that a call which is not recorded
    /// spawns has to be [carried](crate::carry), or the spans in it begin traces of their own.
    pub fn filtered<S>(self) -> Filtered<Self, Recorded, S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let filter = Recorded::new(self.events);
        self.with_filter(filter)
    }

    /// Where the spans of this thread's calls go.
    pub(crate) fn sink() -> Option<Arc<dyn SpanSink>> {
        tracing::dispatcher::get_default(|dispatch| {
            let layer = dispatch.downcast_ref::<Self>()?;
            Some(layer.out.sink.clone())
        })
    }

    /// The node of a span that begins, and whether its parent is known to be recorded.
    fn node(&self, parent: Parent, attributes: &Attributes<'_>) -> Option<Node> {
        let (trace_id, flags, parent_span_id, recording) = match parent {
            Parent::Unrecorded => return None,
            Parent::Span { ids, recording } => {
                let flags = ids.flags();
                (ids.trace_id(), flags, Some(ids.span_id()), recording)
            }
            Parent::None => {
                let id = TraceId::random();
                let sampling = Sampling::new(None, id, self.clock.now());
                if !matches!(self.sampler.sample(&sampling), Decision::Sample) {
                    return None;
                }
                let flags = TraceFlags::new().with_sampled(true).with_random(true);
                (id.to_bytes(), flags.bits(), None, None)
            }
        };
        // Last of all: whoever has no room counts a span that is lost.
        if !self.out.sink.admit() {
            return None;
        }
        let span_id = SpanId::random().to_bytes();
        let ids = SpanIds::new(trace_id, span_id, false).with_flags(flags);
        let start = SystemTime::now();
        let metadata = attributes.metadata();
        let trace_state = match &recording {
            Some(recording) => recording.trace_state.clone(),
            None => SharedStr::from_static(""),
        };
        let mut span = SpanData {
            trace_id,
            span_id,
            parent_span_id,
            parent_is_remote: false,
            flags,
            trace_state,
            name: metadata.name().into(),
            kind: Default::default(),
            scope: metadata.target().into(),
            start,
            end: start,
            attributes: Vec::with_capacity(attributes.values().len()),
            dropped_attributes: 0,
            events: Vec::new(),
            dropped_events: 0,
            links: Vec::new(),
            dropped_links: 0,
            status: Default::default(),
        };
        attributes.record(&mut visit::First::new(&mut span, &self.limits));
        Some(Node::new(ids, recording, Some(span)))
    }

    fn parent<S>(attributes: &Attributes<'_>, id: &Id, cx: &Context<'_, S>) -> Parent
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        if attributes.is_contextual() {
            return entered::innermost();
        }
        // Not the parent that is named, but the nearest that the filter lets through.
        let parent = cx.span(id).and_then(|span| span.parent());
        match parent {
            None if attributes.is_root() => Parent::None,
            None => Parent::Unrecorded,
            Some(parent) => Parent::of(parent.extensions().get()),
        }
    }
}

impl<S> Layer<S> for SpanLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let node = if attributes.metadata().target() == CALLS {
            // The call exports its span itself; here it is a parent.
            Handover::take().map(|call| Node::new(call.ids, Some(call.recording), None))
        } else if exporting() {
            None
        } else {
            self.node(Self::parent(attributes, id, &cx), attributes)
        };
        if let (Some(node), Some(span)) = (node, cx.span(id)) {
            span.extensions_mut().insert(node);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else {
            return;
        };
        let is_kept = span.metadata().target() != CALLS
            && span.extensions().get::<Node>().is_some_and(Node::is_kept);
        if !is_kept {
            return;
        }
        // Values format themselves, and may log while they do: no lock is held meanwhile.
        let mut later = visit::Later::default();
        values.record(&mut later);
        if let Some(span) = span.extensions_mut().get_mut().and_then(Node::span_mut) {
            later.put(span, &self.limits);
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, cx: Context<'_, S>) {
        let ids_of = |id| {
            let span = cx.span(id)?;
            let extensions = span.extensions();
            extensions.get::<Node>().map(Node::ids)
        };
        let (Some(ids), Some(span)) = (ids_of(follows), cx.span(id)) else {
            return;
        };
        if let Some(span) = span.extensions_mut().get_mut().and_then(Node::span_mut) {
            if span.links.len() >= self.limits.links {
                span.dropped_links = span.dropped_links.saturating_add(1);
                return;
            }
            span.links.push(SpanLink {
                trace_id: ids.trace_id(),
                span_id: ids.span_id(),
                flags: u8::from(ids.is_sampled()),
                attributes: Vec::new(),
            });
        }
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let wanted = self
            .events
            .is_some_and(|most| *event.metadata().level() <= most);
        if !wanted || event.metadata().target() == crate::exception::TARGET || exporting() {
            return;
        }
        let explicit = event.parent().cloned();
        let id = match explicit {
            Some(id) => Some(id),
            None if event.is_root() => return,
            None => match entered::top() {
                Some(Top::Recorded { id, .. }) => Some(id),
                Some(Top::Unrecorded) => return,
                None => None,
            },
        };
        match id {
            Some(id) => {
                let Some(span) = cx.span(&id) else {
                    return;
                };
                if !span.extensions().get::<Node>().is_some_and(Node::is_kept) {
                    return;
                }
                let event = visit::event(event, &self.limits);
                if let Some(span) = span.extensions_mut().get_mut().and_then(Node::span_mut) {
                    self.limits.happened(span, event);
                }
            }
            None => {
                if let Some(recording) = current::recording() {
                    let event = visit::event(event, &self.limits);
                    recording.edit(|span| self.limits.happened(span, event));
                }
            }
        }
    }

    fn on_enter(&self, id: &Id, cx: Context<'_, S>) {
        // The call has set its ids itself.
        if current::is_call(id) {
            return;
        }
        let node = cx.span(id).and_then(|span| {
            let extensions = span.extensions();
            extensions.get::<Node>().map(Node::entry)
        });
        entered::enter(id, node);
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        entered::exit(id);
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(&id) else {
            return;
        };
        let node: Option<Node> = span.extensions_mut().remove();
        let Some((mut data, recording)) = node.and_then(Node::into_span) else {
            return;
        };
        // The wall clock may have been put back meanwhile.
        data.end = SystemTime::now().max(data.start);
        let out = recording.as_ref().and_then(|recording| recording.out());
        out.unwrap_or(&self.out).export(data);
    }
}

impl fmt::Debug for SpanLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanLayer")
            .field("limits", &self.limits)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}
