//! The guard of one poll of a call.

use std::fmt;
use std::task::Waker;

use crate::active_call::ActiveCall;
use crate::current::{FieldMark, Frame};
use crate::{CallObserver, Protocol, SpanIds, field};

/// Keeps a call entered while its service or its body is polled. Created by
/// [`CallTracker::poll_guard`](crate::CallTracker::poll_guard).
///
/// If it is dropped between [`enter`](Self::enter) and [`exit`](Self::exit), the poll has unwound: the thread is
/// restored, and the call ends as panicked.
//
// It is entered where it is, and not returned entered, because it is large for a value that is moved with each
// poll. What was current on the thread before is in fields and not in guards of its own, for the same reason.
#[must_use = "nothing is entered until `enter`"]
pub struct PollGuard<'a, P: Protocol, C: CallObserver<P>> {
    /// `None` for a call that has ended.
    active: Option<&'a mut ActiveCall<P, C>>,
    /// Whether the call is current on the thread.
    is_current: bool,
    /// Whether the observers have entered and have to exit.
    is_entered: bool,
    /// The ids that were current before, if the call has its own.
    outer_ids: Option<Option<SpanIds>>,
    outer_fields: FieldMark,
    /// The request that was current before, of a poll of the service.
    outer_frame: Option<Frame>,
}

// === impl PollGuard ===

impl<'a, P: Protocol, C: CallObserver<P>> PollGuard<'a, P, C> {
    #[inline]
    pub(crate) fn new(active: Option<&'a mut ActiveCall<P, C>>) -> Self {
        Self {
            active,
            is_current: false,
            is_entered: false,
            outer_ids: None,
            outer_fields: FieldMark::Outside,
            outer_frame: None,
        }
    }

    /// Enters the call, before the poll.
    #[expect(clippy::inline_always, reason = "measured: 80 instructions a poll")]
    #[inline(always)]
    pub fn enter(&mut self) {
        let Some(active) = &mut self.active else {
            return;
        };
        active.state.enter_poll();
        self.outer_fields = field::enter(active.extras.fields(), active.state.shares_fields());
        if let Some(ids) = active.call.span_ids() {
            self.outer_ids = Some(SpanIds::set_current(Some(ids)));
        }
        // Before the observers: they may unwind.
        self.is_current = true;
        active.call.enter();
        self.is_entered = true;
    }

    /// Enters the call and makes the request and its observers current, for a poll of the service: in it, the
    /// request may reach another layer. A body is polled without this, because the request is gone by then.
    #[expect(clippy::inline_always, reason = "measured: 80 instructions a poll")]
    #[inline(always)]
    pub(crate) fn enter_with_request(&mut self) {
        let frame = self.active.as_ref().and_then(|active| active.frame());
        self.outer_frame = frame.map(Frame::replace_current);
        self.enter();
    }

    /// Returns the waker that the observers want instead of that of the task ([`CallObserver::waker`]). Called after
    /// [`enter`](Self::enter).
    #[inline]
    pub fn waker(&mut self, task: &Waker) -> Option<Waker> {
        self.active.as_mut()?.call.waker(task)
    }

    /// Leaves the call, after the poll has returned.
    #[expect(clippy::inline_always, reason = "measured: 80 instructions a poll")]
    #[inline(always)]
    pub fn exit(&mut self) {
        self.leave();
        if let Some(active) = &mut self.active {
            active.state.leave_poll();
        }
    }

    #[expect(clippy::inline_always, reason = "measured: 80 instructions a poll")]
    #[inline(always)]
    fn leave(&mut self) {
        let Some(active) = &mut self.active else {
            return;
        };
        // Before the exit: it may unwind.
        if std::mem::take(&mut self.is_entered) {
            active.call.exit();
        }
        if let Some(ids) = self.outer_ids {
            SpanIds::set_current(ids);
        }
        if let Some(fields) = field::leave(self.outer_fields, active.state.shares_fields()) {
            active.extras.set_fields(Some(fields));
        }
        if let Some(frame) = self.outer_frame {
            frame.replace_current();
        }
        self.is_current = false;
    }

    /// Restores the thread. The flag of the poll stays: the call has panicked.
    #[cold]
    #[inline(never)]
    fn unwind(&mut self) {
        self.leave();
    }
}

impl<P: Protocol, C: CallObserver<P>> Drop for PollGuard<'_, P, C> {
    #[inline]
    fn drop(&mut self) {
        if self.is_current {
            self.unwind();
        }
    }
}

impl<P: Protocol, C: CallObserver<P>> fmt::Debug for PollGuard<'_, P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollGuard")
            .field("is_entered", &self.is_entered)
            .finish_non_exhaustive()
    }
}
