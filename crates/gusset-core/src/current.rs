//! The call that is polled on this thread: the one scope of a call's thread-local state.

use std::cell::Cell;

use crate::SpanIds;
use crate::identity::{ObserverSet, RequestKey};

/// What a driver makes current while it polls a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The request of the call; `None` once a request without a key may have been passed on.
    pub(crate) request: Option<RequestKey>,
    /// Who observes that request, in this layer and in those around it.
    pub(crate) observers: ObserverSet,
    /// Whether the call is that of a client. A proxy forwards the request of its own call, as another call.
    pub(crate) is_client: bool,
}

/// Thread-local, because the layers of a service have nothing else in common: they know neither each
/// other's types nor the request that passes them. Constant initialisation and `Cell`s: an access is
/// one offset from the thread pointer.
struct Current {
    frame: Cell<Frame>,
    span: Cell<Option<SpanIds>>,
    fields: Cell<FieldMark>,
}

/// Whether a call is polled on this thread, and whether it has own fields.
///
/// Only a mark is here. The fields need a destructor, which would make each access to the thread-local
/// dearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldMark {
    Outside,
    Empty,
    Filled,
}

thread_local! {
    static CURRENT: Current = const {
        Current {
            frame: Cell::new(Frame::NONE),
            span: Cell::new(None),
            fields: Cell::new(FieldMark::Outside),
        }
    };
}

// === impl FieldMark ===

impl FieldMark {
    #[inline]
    pub(crate) fn get() -> Self {
        let mark = CURRENT.try_with(|current| current.fields.get());
        mark.unwrap_or(Self::Outside)
    }

    /// Sets the mark of this thread, and returns the previous one.
    #[inline]
    pub(crate) fn replace(mark: Self) -> Self {
        let previous = CURRENT.try_with(|current| current.fields.replace(mark));
        previous.unwrap_or(Self::Outside)
    }
}

// === impl Frame ===

impl Frame {
    /// Outside of any call.
    pub(crate) const NONE: Self = Self {
        request: None,
        observers: ObserverSet::EMPTY,
        is_client: false,
    };

    /// Returns the frame of the call that is polled on this thread.
    #[inline]
    pub(crate) fn current() -> Self {
        CURRENT
            .try_with(|current| current.frame.get())
            .unwrap_or(Self::NONE)
    }

    /// Makes this frame current, and returns the previous one.
    #[inline]
    pub(crate) fn replace_current(self) -> Self {
        let outer = CURRENT.try_with(|current| current.frame.replace(self));
        outer.unwrap_or(Self::NONE)
    }
}

// === impl RequestKey ===

impl RequestKey {
    /// Returns the key of the request that a layer further out observes, while its call is polled.
    ///
    /// ```
    /// use gusset_core::RequestKey;
    ///
    /// assert_eq!(RequestKey::observed(), None, "outside of any call");
    /// ```
    pub fn observed() -> Option<Self> {
        let frame = Frame::current();
        frame.request.filter(|_| !frame.observers.is_empty())
    }
}

// === impl SpanIds ===

impl SpanIds {
    /// Returns the ids of the span that is current on this thread, or `None` outside of any.
    ///
    /// They are those of the innermost call whose observers make spans, or of a span inside it.
    ///
    /// ```
    /// use gusset_core::SpanIds;
    ///
    /// let ids = SpanIds::new([1; 16], [2; 8], true);
    /// assert_eq!(ids.scope(SpanIds::current), Some(ids));
    /// assert_eq!(SpanIds::current(), None);
    /// ```
    #[inline]
    pub fn current() -> Option<Self> {
        CURRENT
            .try_with(|current| current.span.get())
            .ok()
            .flatten()
    }

    /// Makes these ids current while `poll` runs. The previous ones come back when it returns or
    /// unwinds.
    ///
    /// The driver calls it around each poll with the ids that
    /// [`CallObserver::span_ids`](crate::CallObserver::span_ids) returns.
    #[inline]
    pub fn scope<R>(self, poll: impl FnOnce() -> R) -> R {
        struct Restore(Option<SpanIds>);
        impl Drop for Restore {
            #[inline]
            fn drop(&mut self) {
                SpanIds::set_current(self.0);
            }
        }
        let _restore = Restore(Self::set_current(Some(self)));
        poll()
    }

    /// Replaces the current ids and returns the previous ones.
    ///
    /// For code with separate enter and exit callbacks, such as a `tracing` subscriber. Prefer
    /// [`scope`](Self::scope), which cannot be left out.
    #[inline]
    pub fn set_current(ids: Option<Self>) -> Option<Self> {
        CURRENT
            .try_with(|current| current.span.replace(ids))
            .ok()
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn unwinding_scope_restores_the_outer_ids() {
        let outer = SpanIds::new([1; 16], [1; 8], true);
        let inner = SpanIds::new([1; 16], [2; 8], false);
        outer.scope(|| {
            inner.scope(|| assert_eq!(SpanIds::current(), Some(inner)));
            assert!(catch_unwind(|| inner.scope(|| panic!("on purpose"))).is_err());
            assert_eq!(SpanIds::current(), Some(outer));
        });
        assert_eq!(SpanIds::current(), None);
    }
}
