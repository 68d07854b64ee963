//! The ids of `tracing` spans, for other layers of the subscriber.

use gusset_core::SpanIds;

/// The ids that events in a `tracing` span have, in the span's extensions. `None` if the span belongs to
/// no trace.
///
/// The layer that exports spans stores it in each span of the registry. A layer that exports or writes
/// events reads it for an event with an explicit parent; other events have [`SpanIds::current`].
///
/// ```
/// use gusset_core::SpanIds;
/// use gusset_data::LinkedIds;
///
/// let LinkedIds(ids) = LinkedIds(Some(SpanIds::new([1; 16], [2; 8], true)));
/// assert!(ids.is_some_and(SpanIds::is_sampled));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "ids with a type of their own: extensions are found by type"
)]
pub struct LinkedIds(pub Option<SpanIds>);
