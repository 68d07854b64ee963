//! The `tracing` spans that are entered on this thread, innermost last.
//!
//! Only [`SpanLayer`](crate::SpanLayer) adds spans. The span of a call is not among them, because the
//! driver sets the current ids of calls.

use std::cell::RefCell;
use std::sync::Arc;

use gusset_core::SpanIds;
use tracing::span::Id;

use crate::active_span::ActiveSpan;
use crate::context_bridge::{Attached, Bridged, BridgedContext};

/// A recorded span while it is entered.
pub(crate) struct RecordedSpan {
    pub(crate) ids: SpanIds,
    /// The call of the span; `None` outside of any call.
    pub(crate) call: Option<Arc<ActiveSpan>>,
}

struct EnteredSpan {
    id: u64,
    /// `None` if the span is not recorded.
    recorded: Option<RecordedSpan>,
    /// The current ids before it was entered.
    ids_before: Option<SpanIds>,
    /// The current ids since then. Others are current while a call is polled inside.
    ids_inside: Option<SpanIds>,
    /// The context of the span in another API.
    attached: Option<Attached<Arc<dyn BridgedContext>>>,
}

/// The innermost entered span. Returned only if no call is polled inside of it.
pub(crate) enum InnermostSpan {
    Unrecorded,
    Recorded {
        id: Id,
        ids: SpanIds,
        call: Option<Arc<ActiveSpan>>,
    },
}

thread_local! {
    /// The entered spans of this thread, innermost last.
    ///
    /// Invariant: `ids_before` of a span is `ids_inside` of the one below it, unless a call is polled
    /// between them. A span is entered and exited on the same thread, so no other thread needs the
    /// list. It is a list and not a stack, because guards may be dropped in any order.
    static ENTERED: RefCell<Vec<EnteredSpan>> = const { RefCell::new(Vec::new()) };
}

/// Adds a span as the innermost one, and makes its ids and its context in another API current.
pub(crate) fn enter(id: &Id, recorded: Option<RecordedSpan>, bridged: Option<Bridged>) {
    let ids_before = SpanIds::current();
    // Log entries in a span that is not recorded keep the ids of its call.
    let ids_inside = recorded.as_ref().map(|span| span.ids).or(ids_before);
    SpanIds::set_current(ids_inside);
    let attached = bridged.map(|bridged| Attached::new(bridged.context));
    with_entered(|entered| {
        entered.push(EnteredSpan {
            id: id.into_u64(),
            recorded,
            ids_before,
            ids_inside,
            attached,
        });
    });
}

/// Removes a span at any depth, and restores the ids if it was the innermost one.
pub(crate) fn exit(id: &Id) {
    let attached = with_entered(|entered| {
        let at = entered.iter().rposition(|span| span.id == id.into_u64())?;
        let span = entered.remove(at);
        match entered.get_mut(at) {
            Some(inner) => inner.ids_before = span.ids_before,
            None if SpanIds::current() == span.ids_inside => {
                SpanIds::set_current(span.ids_before);
            }
            None => {}
        }
        span.attached
    });
    // Foreign code may run, so the list is not borrowed.
    drop(attached);
}

/// Returns the innermost entered span, or `None` if there is none or a call is polled inside of it.
pub(crate) fn innermost() -> Option<InnermostSpan> {
    let innermost = |entered: &mut Vec<EnteredSpan>| {
        let span = entered.last()?;
        (SpanIds::current() == span.ids_inside).then(|| match &span.recorded {
            None => InnermostSpan::Unrecorded,
            Some(RecordedSpan { ids, call }) => InnermostSpan::Recorded {
                id: Id::from_u64(span.id),
                ids: *ids,
                call: call.clone(),
            },
        })
    };
    with_entered(innermost).flatten()
}

/// Returns the call of the innermost entered span, or `None` if that span does not decide.
pub(crate) fn call_of_innermost() -> Option<Option<Arc<ActiveSpan>>> {
    match innermost()? {
        // The call around the span may be recorded all the same.
        InnermostSpan::Unrecorded => None,
        InnermostSpan::Recorded { call, .. } => Some(call),
    }
}

/// Calls `work` with the list. Returns `None` on a thread that is exiting.
fn with_entered<R>(work: impl FnOnce(&mut Vec<EnteredSpan>) -> R) -> Option<R> {
    // `work` calls no foreign code, so the list is never borrowed already.
    let with =
        |entered: &RefCell<Vec<EnteredSpan>>| Some(work(&mut *entered.try_borrow_mut().ok()?));
    ENTERED.try_with(with).ok().flatten()
}
