//! What is kept of a span while it lives.

use std::cell::RefCell;
use std::sync::Arc;

use gusset_core::SpanIds;
use gusset_data::SpanData;

use super::entered::Entry;
use crate::recording::Recording;

/// A span that is recorded, among the extensions of the registry's. One that is not has none.
pub(super) struct Node {
    ids: SpanIds,
    recording: Option<Arc<Recording>>,
    /// `None` for the span of a call, which the call exports.
    span: Option<SpanData>,
}

/// What a new span is below.
pub(super) enum Parent {
    /// Nothing: it begins a trace.
    None,
    /// Something that is not recorded.
    Unrecorded,
    /// A span that is.
    Span {
        ids: SpanIds,
        recording: Option<Arc<Recording>>,
    },
}

/// What a call tells of the `tracing` span that it is about to make.
pub(super) struct Handover {
    pub(super) ids: SpanIds,
    pub(super) recording: Arc<Recording>,
}

thread_local! {
    static HANDOVER: RefCell<Option<Handover>> = const { RefCell::new(None) };
}

/// Tells whose span is made next on this thread: that of a call, recorded or not.
pub(crate) fn announce(ids: SpanIds, recording: Option<&Arc<Recording>>) {
    let recording = recording.cloned();
    Handover::put(recording.map(|recording| Handover { ids, recording }));
}

// === impl Node ===

impl Node {
    pub(super) fn new(
        ids: SpanIds,
        recording: Option<Arc<Recording>>,
        span: Option<SpanData>,
    ) -> Self {
        Self {
            ids,
            recording,
            span,
        }
    }

    pub(super) fn ids(&self) -> SpanIds {
        self.ids
    }

    pub(super) fn is_kept(&self) -> bool {
        self.span.is_some()
    }

    pub(super) fn span_mut(&mut self) -> Option<&mut SpanData> {
        self.span.as_mut()
    }

    pub(super) fn entry(&self) -> Entry {
        Entry {
            ids: self.ids,
            recording: self.recording.clone(),
        }
    }

    pub(super) fn into_span(self) -> Option<(SpanData, Option<Arc<Recording>>)> {
        Some((self.span?, self.recording))
    }
}

// === impl Parent ===

impl Parent {
    pub(super) fn of(node: Option<&Node>) -> Self {
        node.map_or(Self::Unrecorded, |node| Self::Span {
            ids: node.ids,
            recording: node.recording.clone(),
        })
    }
}

// === impl Handover ===

impl Handover {
    /// The call whose span is being made on this thread, once.
    pub(super) fn take() -> Option<Self> {
        Self::put(None)
    }

    fn put(call: Option<Self>) -> Option<Self> {
        let put = |slot: &RefCell<Option<Self>>| {
            let mut slot = slot.try_borrow_mut().ok()?;
            std::mem::replace(&mut *slot, call)
        };
        HANDOVER.try_with(put).ok().flatten()
    }
}
