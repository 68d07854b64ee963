//! The ids of an event, which may name its span.

use gusset_core::SpanIds;
use gusset_data::LinkedIds;
use tracing::Event;
use tracing::span::Id;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan as _;

use crate::filter_handle::FilterHandle;

/// Returns the ids of an event: those of its explicit parent, none if it has no parent, or else the
/// current ones.
pub(super) fn event_ids(event: &Event<'_>, filter_handle: &FilterHandle) -> Option<SpanIds> {
    if event.is_contextual() {
        return SpanIds::current();
    }
    let linked = linked_ids(event.parent()?, filter_handle);
    // Without a layer that exports spans, the ids of a span are unknown. Most likely it is in this trace.
    linked.map_or_else(SpanIds::current, |LinkedIds(ids)| ids)
}

/// Returns what the layer that exports spans stored in a span, or in the nearest one around it.
///
/// The registry is asked, and not the context of the layer, which lacks the spans that the log's own
/// filter disables: those of calls, by default.
fn linked_ids(id: &Id, filter_handle: &FilterHandle) -> Option<LinkedIds> {
    let dispatch = filter_handle.subscriber()?;
    let registry: &Registry = dispatch.downcast_ref()?;
    let linked = registry.span(id)?.scope().find_map(|span| {
        let extensions = span.extensions();
        extensions.get().copied()
    });
    linked
}
