//! Exports the `tracing` spans of a service.

mod fields;
mod recording_filter;
mod span_filter;
mod span_record;

use std::fmt;
use std::sync::Arc;
use std::thread;

use gusset_core::{Clock, Env, SpanIds};
use gusset_data::{Redaction, SharedStr, SpanData, SpanLink, SpanSink};
use gusset_propagation::{SpanId, TraceFlags, TraceId};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

pub use self::recording_filter::RecordingFilter;
pub use self::span_filter::SpanFilter;
use self::span_record::{
    EventDestination, OpenSpan, ParentSpan, SkippedSpan, SpanRecord, SpanTimes,
};
use crate::active_span::{ActiveSpan, SpanOutput, is_exporting};
use crate::entered::{self, InnermostSpan, RecordedSpan};
use crate::sampler::{AlwaysOn, Sampler, SamplerPanics, SamplingDecision, SamplingParameters};
use crate::{SpanLimits, current, exceptions};

/// A `tracing-subscriber` layer that exports spans: of calls, and the service's own spans inside of them.
///
/// A span is exported if its call is recorded. A span outside of any call starts a trace, and the
/// [`sampler`](Self::sampler) of the layer decides on it. Filters of other layers, `RUST_LOG` too, have no
/// effect. A filter on this layer removes spans of the service, and never those of calls.
///
/// Some fields are not attributes:
///
/// - `otel.name` sets the name of the span.
/// - `otel.kind` sets the kind: `internal`, `server`, `client`, `producer` or `consumer`.
/// - `otel.status_code` sets the status: `ok` or `error`.
/// - `otel.status_description`, or `otel.status_message`, sets the description of an error.
///
/// A span that another one follows from becomes a link. Events are not recorded on spans by default; see
/// [`events`](Self::events). While a span is entered, its ids are
/// [`SpanIds::current`](gusset_core::SpanIds::current).
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
/// let layer = SpanLayer::new(Print).with_recording_filter();
/// let subscriber = tracing_subscriber::registry().with(layer);
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info_span!("load", item = 7).in_scope(|| {});
/// });
/// ```
///
/// The sink may log, but must not create spans: `tracing-subscriber` leaks a span that is closed while
/// another one is being closed. To reload, wrap the filter of this layer in a `reload::Layer` and not
/// the layer itself: calls find the layer by its type.
#[derive(Clone)]
pub struct SpanLayer {
    output: SpanOutput,
    sampler: Arc<dyn Sampler>,
    sampler_panics: Arc<SamplerPanics>,
    limits: SpanLimits,
    filter: SpanFilter,
    redaction: Arc<Redaction>,
    events: Option<Level>,
    clock: Clock,
}

/// The target of the spans of calls.
const CALL_TARGET: &str = "gusset::trace";

// === impl SpanLayer ===

impl SpanLayer {
    /// Creates a layer that exports spans to `sink`.
    pub fn new(sink: impl SpanSink) -> Self {
        let sink: Arc<dyn SpanSink> = Arc::new(sink);
        Self {
            output: SpanOutput { sink, buffer: None },
            sampler: Arc::new(AlwaysOn),
            sampler_panics: Arc::default(),
            limits: SpanLimits::from_env(Env::process()),
            filter: SpanFilter::from_env(Env::process()),
            redaction: Arc::default(),
            events: None,
            clock: Clock::system(),
        }
    }

    /// Sets the sampler of spans outside of any call. Defaults to [`AlwaysOn`].
    #[must_use]
    pub fn sampler(mut self, sampler: impl Sampler) -> Self {
        self.sampler = Arc::new(sampler);
        self
    }

    /// Sets the limits of a span. Defaults to [`SpanLimits::from_env`].
    #[must_use]
    pub fn limits(mut self, limits: SpanLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets which spans are exported. Defaults to [`SpanFilter::from_env`].
    #[must_use]
    pub fn span_filter(mut self, filter: SpanFilter) -> Self {
        self.filter = filter;
        self
    }

    /// Sets what is redacted in the fields and names of spans and in their events. Defaults to
    /// [`Redaction::default`].
    #[must_use]
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = Arc::new(redaction);
        self
    }

    /// Records events of this level and of more severe ones on their spans. Off by default.
    #[must_use]
    pub fn events(mut self, level: Level) -> Self {
        self.events = Some(level);
        self
    }

    /// Adds a filter that disables spans which this layer would not export.
    ///
    /// If every other layer has a filter too, such spans are not created at all. The price: a span that
    /// was not created cannot be a parent. In a call that is not recorded, wrap spawned tasks in
    /// [`with_current_context`](crate::with_current_context), or their spans start new traces.
    pub fn with_recording_filter<S>(self) -> Filtered<Self, RecordingFilter, S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let filter = RecordingFilter::new(self.events, self.filter.clone());
        self.with_filter(filter)
    }

    /// Returns the sink of the layer in the subscriber of this thread.
    pub(crate) fn current_sink() -> Option<Arc<dyn SpanSink>> {
        tracing::dispatcher::get_default(|dispatch| {
            let layer = dispatch.downcast_ref::<Self>()?;
            Some(layer.output.sink.clone())
        })
    }

    /// Starts a span. Returns `None` if it is not recorded.
    fn start_span(&self, parent: ParentSpan, attributes: &Attributes<'_>) -> Option<SpanRecord> {
        let (trace_id, flags, parent_span_id, call) = match parent {
            ParentSpan::Unrecorded => return None,
            ParentSpan::Recorded { ids, call } => {
                (ids.trace_id(), ids.flags(), Some(ids.span_id()), call)
            }
            ParentSpan::None => {
                let id = TraceId::random();
                let parameters = SamplingParameters::new(None, id, self.clock.now());
                let panics = &self.sampler_panics;
                let decision = panics.should_sample(&*self.sampler, &parameters);
                if !matches!(decision, SamplingDecision::RecordAndSample) {
                    return None;
                }
                let flags = TraceFlags::new().with_sampled(true).with_random(true);
                (id.to_bytes(), flags.bits(), None, None)
            }
        };
        // The last check, because a sink without capacity counts a lost span.
        if !self.output.sink.has_capacity() {
            return None;
        }
        let span_id = SpanId::random().to_bytes();
        let ids = SpanIds::new(trace_id, span_id, false).with_flags(flags);
        let times = SpanTimes::start();
        let start = times.started();
        let metadata = attributes.metadata();
        let trace_state = match &call {
            Some(call) => call.trace_state.clone(),
            None => SharedStr::from_static(""),
        };
        let data = SpanData {
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
        let mut span = OpenSpan::new(data, times);
        let mut initial = fields::InitialFields::new(&mut span, self.limits, &self.redaction);
        attributes.record(&mut initial);
        Some(SpanRecord::new(ids, call, Some(span)))
    }

    /// Adds an event to the span of a call.
    fn add_call_event(&self, call: &ActiveSpan, event: &Event<'_>) {
        let Some(time) = call.now() else {
            return;
        };
        let event = fields::span_event(event, time, self.limits, &self.redaction);
        call.edit(|span| self.limits.add_event(span, event));
    }

    /// Sets the status of the span in which `#[instrument(err)]` reports an error.
    fn set_error_status<S>(event: &Event<'_>, cx: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let Some(InnermostSpan::Recorded { id, .. }) = entered::innermost() else {
            return;
        };
        let Some(span) = cx.span(&id).filter(|_| event.is_contextual()) else {
            return;
        };
        // Another span's code may report its error in a span of its caller.
        if span.metadata().file() != event.metadata().file() {
            return;
        }
        let mut extensions = span.extensions_mut();
        if let Some(span) = extensions.get_mut().and_then(SpanRecord::span_mut) {
            span.set_error();
        }
    }

    fn parent<S>(attributes: &Attributes<'_>, id: &Id, cx: &Context<'_, S>) -> ParentSpan
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        if attributes.is_contextual() {
            return ParentSpan::current();
        }
        // The nearest parent that the filter enables, which may not be the given one.
        let parent = cx.span(id).and_then(|span| span.parent());
        match parent {
            None if attributes.is_root() => ParentSpan::None,
            None => ParentSpan::Unrecorded,
            Some(parent) => ParentSpan::from_extensions(&parent.extensions()),
        }
    }
}

impl<S> Layer<S> for SpanLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        // A call exports its span itself. It becomes a parent in `on_enter`.
        if attributes.metadata().target() == CALL_TARGET || is_exporting() {
            return;
        }
        let parent = Self::parent(attributes, id, &cx);
        if !self.filter.is_enabled(attributes.metadata()) {
            if let Some(span) = cx.span(id) {
                span.extensions_mut().insert(SkippedSpan(parent));
            }
            return;
        }
        let record = self.start_span(parent, attributes);
        if let (Some(record), Some(span)) = (record, cx.span(id)) {
            span.extensions_mut().insert(record);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else {
            return;
        };
        let is_recorded = span.metadata().target() != CALL_TARGET
            && span
                .extensions()
                .get::<SpanRecord>()
                .is_some_and(SpanRecord::has_span);
        if !is_recorded {
            return;
        }
        // Formatting a value may log, so no lock is held meanwhile.
        let mut fields = fields::RecordedFields::new(&self.redaction);
        values.record(&mut fields);
        if let Some(span) = span
            .extensions_mut()
            .get_mut()
            .and_then(SpanRecord::span_mut)
        {
            fields.set_on(span, self.limits);
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, cx: Context<'_, S>) {
        let ids_of = |id| {
            let span = cx.span(id)?;
            let extensions = span.extensions();
            extensions.get::<SpanRecord>().map(SpanRecord::ids)
        };
        let (Some(ids), Some(span)) = (ids_of(follows), cx.span(id)) else {
            return;
        };
        if let Some(span) = span
            .extensions_mut()
            .get_mut()
            .and_then(SpanRecord::span_mut)
        {
            let span = &mut span.data;
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
        let metadata = event.metadata();
        if fields::is_error_of_instrument(metadata) {
            Self::set_error_status(event, &cx);
        }
        let is_recorded = self.events.is_some_and(|max| *metadata.level() <= max);
        if !is_recorded || metadata.target() == exceptions::TARGET || is_exporting() {
            return;
        }
        let explicit = event.parent().cloned();
        let id = match explicit {
            Some(id) => Some(id),
            None if event.is_root() => return,
            None => match entered::innermost() {
                Some(InnermostSpan::Recorded { id, .. }) => Some(id),
                Some(InnermostSpan::Unrecorded) => return,
                None => None,
            },
        };
        let Some(id) = id else {
            if let Some(call) = current::current_recording() {
                self.add_call_event(&call, event);
            }
            return;
        };
        let Some(span) = cx.span(&id) else {
            return;
        };
        let destination = EventDestination::from_extensions(&span.extensions());
        match destination {
            EventDestination::Nowhere => {}
            EventDestination::Call(call) => self.add_call_event(&call, event),
            EventDestination::Span(times) => {
                let event = fields::span_event(event, times.now(), self.limits, &self.redaction);
                if let Some(span) = span
                    .extensions_mut()
                    .get_mut()
                    .and_then(SpanRecord::span_mut)
                {
                    self.limits.add_event(&mut span.data, event);
                }
            }
        }
    }

    fn on_enter(&self, id: &Id, cx: Context<'_, S>) {
        // The driver sets the ids of a call.
        if let Some(unlinked) = current::enter_call_span(id) {
            if let (Some(recorded), Some(span)) = (unlinked, cx.span(id)) {
                let record = SpanRecord::new(recorded.ids, recorded.call, None);
                span.extensions_mut().insert(record);
            }
            return;
        }
        let Some(span) = cx.span(id) else {
            return;
        };
        let parent = ParentSpan::from_extensions(&span.extensions());
        match parent {
            // A span that is not exported, outside of any trace: what is inside starts a trace.
            ParentSpan::None => {}
            ParentSpan::Unrecorded => entered::enter(id, None),
            ParentSpan::Recorded { ids, call } => {
                entered::enter(id, Some(RecordedSpan { ids, call }));
            }
        }
    }

    fn on_exit(&self, id: &Id, cx: Context<'_, S>) {
        entered::exit(id);
        // The thread unwinds out of the span, so the work of the span failed.
        if thread::panicking() {
            if let Some(span) = cx.span(id) {
                let mut extensions = span.extensions_mut();
                if let Some(span) = extensions.get_mut().and_then(SpanRecord::span_mut) {
                    span.set_error();
                }
            }
        }
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(&id) else {
            return;
        };
        let record: Option<SpanRecord> = span.extensions_mut().remove();
        let Some((data, call)) = record.and_then(SpanRecord::into_span) else {
            return;
        };
        let output = call.as_ref().and_then(|call| call.output());
        output.unwrap_or(&self.output).export(data);
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
