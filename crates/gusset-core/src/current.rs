//! The ids of the call that is polled on this thread.

use std::cell::Cell;

use crate::SpanIds;

thread_local! {
    static CURRENT: Cell<Option<SpanIds>> = const { Cell::new(None) };
}

// === impl SpanIds ===

impl SpanIds {
    /// The ids of what is being polled on this thread: what each line of a log inside a call bears.
    /// `None` outside of any call, and inside one of which nobody makes spans.
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
        CURRENT.try_with(Cell::get).ok().flatten()
    }

    /// Makes these the current ids while `poll` runs. Whoever makes spans calls it round each poll;
    /// those before come back when it returns, and when it unwinds.
    #[inline]
    pub fn scope<R>(self, poll: impl FnOnce() -> R) -> R {
        struct Restore(Option<SpanIds>);
        impl Drop for Restore {
            fn drop(&mut self) {
                SpanIds::set_current(self.0);
            }
        }
        let _back = Restore(Self::set_current(Some(self)));
        poll()
    }

    /// Makes these the current ids, or none, and gives those before: for what is told of its beginning
    /// and its end apart, as a subscriber of spans is. [`scope`](Self::scope) cannot be forgotten.
    #[inline]
    pub fn set_current(ids: Option<Self>) -> Option<Self> {
        CURRENT.try_with(|here| here.replace(ids)).ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn scopes_nest_and_an_unwinding_one_puts_back_what_was_there() {
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
