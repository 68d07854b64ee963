//! Records the spans and events that a subscriber passes to its layers.

use std::thread;

use gusset_core::{ExcludedCall, SpanIds};
use gusset_data::{LinkedIds, SharedStr, SpanLink};
use gusset_propagation::SpanId;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::span_record::{
    EventDestination, OpenSpan, ParentSpan, SkippedSpan, SpanContextInBridge, SpanRecord,
};
use super::{CALL_TARGET, SpanLayer, fields, recorded_fields};
use crate::active_span::{ActiveSpan, has_capacity, is_exporting};
use crate::context_bridge::{Bridged, ContextBridge};
use crate::current::{self, CallSpan};
use crate::current_context;
use crate::entered::{self, InnermostSpan, RecordedSpan};
use crate::exceptions;

impl SpanLayer {
    /// Starts a span. Returns `None` if it is not recorded.
    fn start_span(&self, parent: ParentSpan, attributes: &Attributes<'_>) -> Option<SpanRecord> {
        if let Some(tracer) = &self.live {
            return self.start_live(&**tracer, parent, attributes);
        }
        let mut additions = None;
        let (trace_id, flags, parent_span_id, call) = match parent {
            ParentSpan::Unrecorded => return None,
            ParentSpan::Recorded { ids, call } => {
                // The tracer of the call records it without sampling it.
                let is_live = call.as_ref().is_some_and(|call| call.is_live());
                if is_live && !ids.is_sampled() && !self.output.sink.takes_unsampled() {
                    return None;
                }
                (ids.trace_id(), ids.flags(), Some(ids.span_id()), call)
            }
            ParentSpan::None => {
                let root = self.sample_root(attributes)?;
                additions = root.additions;
                (root.trace_id, root.flags, None, None)
            }
        };
        // The last check, because a sink without capacity counts a lost span.
        if !has_capacity(&self.output.sink) {
            return None;
        }
        let span_id = SpanId::random().to_bytes();
        let ids = SpanIds::new(trace_id, span_id, false).with_flags(flags);
        let mut span = self.open_span(attributes);
        span.data.trace_id = trace_id;
        span.data.span_id = span_id;
        span.data.parent_span_id = parent_span_id;
        span.data.flags = flags;
        if let Some(call) = &call {
            span.data.trace_state = call.trace_state.clone();
        }
        if let Some(additions) = additions {
            self.add(*additions, &mut span.data);
        }
        Some(SpanRecord::new(ids, call, Some(span)))
    }

    /// Adds an event to the span of a call.
    fn add_call_event(&self, call: &ActiveSpan, event: &Event<'_>) {
        let Some(time) = call.now(&self.clock) else {
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
        edit_open(&span, OpenSpan::set_error);
    }

    /// Returns the ids of events in a new span that is not recorded: those of its call.
    fn unrecorded_ids<S>(
        attributes: &Attributes<'_>,
        id: &Id,
        cx: &Context<'_, S>,
    ) -> Option<SpanIds>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        if attributes.is_contextual() {
            return SpanIds::current();
        }
        let parent = cx.span(id)?.parent()?;
        let extensions = parent.extensions();
        let LinkedIds(ids) = extensions.get()?;
        *ids
    }

    /// Returns the API that new spans are joined with: that of the current call, or else of this layer.
    fn bridge(&self) -> Option<&'static dyn ContextBridge> {
        current::current_bridge().or(self.context_bridge)
    }

    fn parent<S>(&self, attributes: &Attributes<'_>, id: &Id, cx: &Context<'_, S>) -> ParentSpan
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let parent = self.parent_of(attributes, id, cx);
        // What begins in a call that is excluded from all signals belongs to it.
        let is_excluded = matches!(parent, ParentSpan::None) && ExcludedCall::current().is_some();
        match is_excluded {
            true => ParentSpan::Unrecorded,
            false => parent,
        }
    }

    fn parent_of<S>(&self, attributes: &Attributes<'_>, id: &Id, cx: &Context<'_, S>) -> ParentSpan
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        if attributes.is_contextual() {
            return ParentSpan::current(self.bridge());
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

/// Changes a span that is exported and has not ended. The extensions are locked meanwhile.
fn edit_open<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>, edit: impl FnOnce(&mut OpenSpan)) {
    let mut extensions = span.extensions_mut();
    if let Some(span) = extensions.get_mut().and_then(SpanRecord::span_mut) {
        edit(span);
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
        let parent = self.parent(attributes, id, &cx);
        let inherited = parent
            .ids()
            .or_else(|| Self::unrecorded_ids(attributes, id, &cx));
        if !self.filter.is_enabled(attributes.metadata()) {
            if let Some(span) = cx.span(id) {
                let mut extensions = span.extensions_mut();
                extensions.insert(LinkedIds(inherited));
                extensions.insert(SkippedSpan(parent));
            }
            return;
        }
        let record = self.start_span(parent, attributes);
        let bridged = record.as_ref().and_then(|record| {
            let bridge = self.bridge()?;
            let context = current_context::context_with(record.ids(), bridge);
            Some(SpanContextInBridge(Bridged::create(bridge, &context)))
        });
        if let Some(span) = cx.span(id) {
            let mut extensions = span.extensions_mut();
            let own = record.as_ref().map(SpanRecord::ids);
            extensions.insert(LinkedIds(own.or(inherited)));
            if let Some(record) = record {
                extensions.insert(record);
            }
            if let Some(bridged) = bridged {
                extensions.insert(bridged);
            }
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        // The driver records outside of the polls of the call.
        if current::is_current_call(id) {
            return recorded_fields::set(values);
        }
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
        edit_open(&span, |span| fields.set_on(span, self.limits));
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
        edit_open(&span, |span| {
            let span = &mut span.data;
            if span.links.len() >= self.limits.links {
                span.dropped_links = span.dropped_links.saturating_add(1);
                return;
            }
            span.links.push(SpanLink {
                trace_id: ids.trace_id(),
                span_id: ids.span_id(),
                flags: u8::from(ids.is_sampled()),
                trace_state: SharedStr::from_static(""),
                attributes: Vec::new(),
            });
        });
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
                let event =
                    fields::span_event(event, times.now(&self.clock), self.limits, &self.redaction);
                edit_open(&span, |span| self.limits.add_event(&mut span.data, event));
            }
        }
    }

    fn on_enter(&self, id: &Id, cx: Context<'_, S>) {
        // The driver sets the ids of a call.
        match current::enter_call_span(id) {
            CallSpan::Other => {}
            CallSpan::Linked => return,
            CallSpan::Unlinked { recorded, bridged } => {
                if let Some(span) = cx.span(id) {
                    let mut extensions = span.extensions_mut();
                    if let Some(bridged) = bridged {
                        extensions.insert(SpanContextInBridge(bridged));
                    }
                    extensions.insert(LinkedIds(SpanIds::current()));
                    if let Some(recorded) = recorded {
                        extensions.insert(SpanRecord::new(recorded.ids, recorded.call, None));
                    }
                }
                return;
            }
        }
        let Some(span) = cx.span(id) else {
            return;
        };
        let (parent, bridged) = {
            let extensions = span.extensions();
            let bridged = extensions.get().map(|SpanContextInBridge(bridged)| bridged);
            (ParentSpan::from_extensions(&extensions), bridged.cloned())
        };
        match parent {
            // A span that is not exported, outside of any trace: what is inside starts a trace.
            ParentSpan::None => {}
            ParentSpan::Unrecorded => entered::enter(id, None, bridged),
            ParentSpan::Recorded { ids, call } => {
                entered::enter(id, Some(RecordedSpan { ids, call }), bridged);
            }
        }
    }

    fn on_exit(&self, id: &Id, cx: Context<'_, S>) {
        entered::exit(id);
        // The thread unwinds out of the span, so the work of the span failed.
        if thread::panicking() {
            if let Some(span) = cx.span(id) {
                edit_open(&span, OpenSpan::set_error);
            }
        }
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(&id) else {
            return;
        };
        let record: Option<SpanRecord> = span.extensions_mut().remove();
        if let Some(record) = record {
            record.export(&self.clock, &self.output);
        }
    }
}
