//! The spans that are entered on this thread.

use std::cell::RefCell;
use std::sync::Arc;

use gusset_core::SpanIds;
use tracing::span::Id;

use super::node::Parent;
use crate::current;
use crate::recording::Recording;

/// What is kept of a recorded span while it is entered.
pub(super) struct Entry {
    pub(super) ids: SpanIds,
    pub(super) recording: Option<Arc<Recording>>,
}

/// A span that is entered.
struct Entered {
    id: u64,
    /// `None` if it is not recorded.
    entry: Option<Entry>,
    /// The current ids before.
    before: Option<SpanIds>,
    /// The current ids since; others are current while a call is polled further in.
    since: Option<SpanIds>,
}

/// The innermost span that is entered, unless a call is polled further in.
pub(super) enum Top {
    Unrecorded,
    Recorded {
        id: Id,
        ids: SpanIds,
        recording: Option<Arc<Recording>>,
    },
}

thread_local! {
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

/// Makes a span the innermost one.
pub(super) fn enter(id: &Id, entry: Option<Entry>) {
    let before = SpanIds::current();
    // Lines of a log inside a span that is not recorded go on to bear the ids of its call.
    let since = entry.as_ref().map(|entry| entry.ids).or(before);
    SpanIds::set_current(since);
    with(|entered| {
        entered.push(Entered {
            id: id.into_u64(),
            entry,
            before,
            since,
        });
    });
}

/// Takes a span away, wherever it stands: guards may be dropped in any order.
pub(super) fn exit(id: &Id) {
    with(|entered| {
        let Some(at) = entered.iter().rposition(|span| span.id == id.into_u64()) else {
            return;
        };
        let span = entered.remove(at);
        match entered.get_mut(at) {
            Some(inner) => inner.before = span.before,
            None if SpanIds::current() == span.since => {
                SpanIds::set_current(span.before);
            }
            None => {}
        }
    });
}

/// The innermost span that is entered; `None` if there is none, or a call is polled further in.
pub(super) fn top() -> Option<Top> {
    let top = |entered: &mut Vec<Entered>| {
        let span = entered.last()?;
        (SpanIds::current() == span.since).then(|| match &span.entry {
            None => Top::Unrecorded,
            Some(Entry { ids, recording }) => Top::Recorded {
                id: Id::from_u64(span.id),
                ids: *ids,
                recording: recording.clone(),
            },
        })
    };
    with(top).flatten()
}

/// What a span that is made now is below.
pub(super) fn innermost() -> Parent {
    match (top(), SpanIds::current()) {
        (Some(Top::Unrecorded), _) => Parent::Unrecorded,
        (Some(Top::Recorded { ids, recording, .. }), _) => Parent::Span { ids, recording },
        (None, None) => Parent::None,
        (None, Some(ids)) => match current::recording() {
            None if !ids.is_sampled() => Parent::Unrecorded,
            recording => Parent::Span { ids, recording },
        },
    }
}

/// The recording of the innermost span that is entered, if that is no call's.
pub(crate) fn entered_recording() -> Option<Option<Arc<Recording>>> {
    match top()? {
        // The call round it may be recorded all the same.
        Top::Unrecorded => None,
        Top::Recorded { recording, .. } => Some(recording),
    }
}

/// `None` on a thread that is going away.
fn with<R>(work: impl FnOnce(&mut Vec<Entered>) -> R) -> Option<R> {
    // No code of anybody else's runs inside, so the borrow is free.
    let with = |entered: &RefCell<Vec<Entered>>| Some(work(&mut *entered.try_borrow_mut().ok()?));
    ENTERED.try_with(with).ok().flatten()
}
