//! The ids of an event: those of the span that it names, or else those of this thread.

use gusset_core::SpanIds;
use gusset_data::LinkedIds;
use gusset_http::RequestId;
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::event_meta::RequestIdOf;
use super::spans::{CreationIds, SpanFields};
use crate::filter_handle::FilterHandle;

/// Returns what a new span inherits: what is current, or what its explicit parent has.
pub(super) fn of_new_span<S>(attributes: &Attributes<'_>, ctx: &Context<'_, S>) -> CreationIds
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    match attributes.parent() {
        _ if attributes.is_contextual() => CreationIds {
            ids: SpanIds::current(),
            request_id: RequestId::with(|id| Some(id?.clone())),
        },
        None => CreationIds::default(),
        Some(parent) => ctx
            .span(parent)
            .and_then(|span| of_span(&span))
            .unwrap_or_default(),
    }
}

/// Returns the ids of an event.
#[inline]
pub(super) fn of_event<S>(
    event: &Event<'_>,
    ctx: &Context<'_, S>,
    filter_handle: &FilterHandle,
) -> (Option<SpanIds>, RequestIdOf)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    match event.parent() {
        _ if event.is_contextual() => (SpanIds::current(), RequestIdOf::CurrentRequest),
        None => (None, RequestIdOf::Span(None)),
        Some(parent) => {
            // Without a layer that keeps them, the ids of a span are unknown. Most likely it is in this
            // trace.
            match of_parent(parent, ctx, filter_handle) {
                Some(CreationIds { ids, request_id }) => (ids, RequestIdOf::Span(request_id)),
                None => (SpanIds::current(), RequestIdOf::CurrentRequest),
            }
        }
    }
}

#[cold]
fn of_parent<S>(id: &Id, ctx: &Context<'_, S>, filter_handle: &FilterHandle) -> Option<CreationIds>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    // The filter of the log may hide the span, which may be exported all the same.
    let subscriber = filter_handle.subscriber();
    let registry = subscriber
        .as_ref()
        .and_then(|subscriber| subscriber.downcast_ref::<Registry>());
    match registry {
        Some(registry) => registry.span(id).map(|span| of_span(&span)),
        None => ctx.span(id).map(|span| of_span(&span)),
    }
    .flatten()
}

/// Returns the ids of a span, or else those of the nearest span around it that has any.
fn of_span<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) -> Option<CreationIds> {
    let mut created_in = None;
    let mut linked = None;
    for span in span.scope() {
        let extensions = span.extensions();
        linked = linked.or(extensions.get().copied());
        if let Some(fields) = extensions.get::<SpanFields>() {
            created_in = Some(fields.created_in.clone());
            break;
        }
    }
    // What the layer that exports spans stored counts first: the span may have ids of its own.
    match (linked, created_in) {
        (None, created_in) => created_in,
        (Some(LinkedIds(ids)), created_in) => {
            let request_id = created_in.and_then(|created_in| created_in.request_id);
            Some(CreationIds { ids, request_id })
        }
    }
}

/// Returns the ids of the entry at the end of a span.
pub(super) fn of_ended_span<'a, S: LookupSpan<'a>>(
    span: &SpanRef<'a, S>,
) -> (Option<SpanIds>, RequestIdOf) {
    let CreationIds { ids, request_id } = of_span(span).unwrap_or_default();
    (ids, RequestIdOf::Span(request_id))
}
