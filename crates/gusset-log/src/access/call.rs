use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, CallObserver, End, Stage};
use gusset_http::{Http, HttpClassifier, RequestId, ResponseHead, Route};

use super::kept::{self, Ending, Kept};
use super::{Shared, emit};

thread_local! {
    /// Whose call is polled on this thread.
    static OWNER: Cell<usize> = const { Cell::new(0) };
}

/// The state of one call of [`AccessLog`](super::AccessLog).
pub struct AccessCall(Arc<Kept>);

/// Who writes the line of the call that is polled.
#[inline]
pub(super) fn owner() -> usize {
    OWNER.try_with(Cell::get).unwrap_or(0)
}

#[inline]
pub(super) fn owner_of(shared: &Arc<Shared>) -> usize {
    Arc::as_ptr(shared).cast::<u8>() as usize
}

/// Puts back, also when the poll unwinds, what was there before.
struct Back(usize);

impl Drop for Back {
    #[inline]
    fn drop(&mut self) {
        // Nothing to put back on a thread that is going away.
        let _ = OWNER.try_with(|owner| owner.set(self.0));
    }
}

// === impl AccessCall ===

impl AccessCall {
    #[inline]
    pub(super) fn new(kept: Arc<Kept>) -> Self {
        Self(kept)
    }

    /// Not inlined, as [`AccessLog::keep`](super::AccessLog) is not.
    #[inline(never)]
    fn end(self, stage: Option<Stage>, cx: &CallContext) {
        let Self(mut kept) = self;
        let Some(facts) = Arc::get_mut(&mut kept) else {
            return;
        };
        // It runs no longer.
        facts.ticket = None;
        let shared = facts.shared();
        let wanted = cx.outcome().and_then(|outcome| {
            let level = shared.levels.of(outcome)?;
            shared
                .sampler
                .takes(outcome, cx)
                .then_some((outcome, level))
        });
        if let Some((outcome, level)) = wanted {
            facts.end = Ending {
                outcome,
                stage: stage.map(Stage::as_str),
                code: cx.status(),
                error: cx.error_type(),
                bytes: cx.bytes(),
                elapsed: cx.elapsed(),
                head: cx.time_to_headers(),
            };
            let mut request_id = facts.request_id.take();
            let emit = || emit::line(level, &kept);
            let with_ids = || match cx.trace() {
                Some(ids) => ids.scope(emit),
                None => emit(),
            };
            match request_id {
                Some(_) => RequestId::scope(&mut request_id, with_ids),
                None => with_ids(),
            }
        }
        kept::end(kept);
    }
}

impl<R: HttpClassifier> CallObserver<Http<R>> for AccessCall {
    #[inline]
    fn scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let before = OWNER.try_with(|owner| owner.replace(owner_of(self.0.shared())));
        let _back = Back(before.unwrap_or(0));
        poll()
    }

    #[inline]
    fn on_response(&mut self, res: ResponseHead<'_>, cx: &CallContext) {
        let Some(kept) = Arc::get_mut(&mut self.0) else {
            return;
        };
        kept.status = Some(res.status);
        if !kept.shared().side.is_server() {
            // What was spoken, which the request did not know.
            kept.version = res.version;
        }
        if let Some(route) = res.extensions.get::<Route>() {
            kept.route = Some(route.clone());
        }
        if let (Some(ticket), Some(ids)) = (&kept.ticket, cx.trace()) {
            ticket.belongs(ids);
        }
    }

    #[inline]
    fn on_end(self, end: End<'_, Http<R>>, cx: &CallContext) {
        self.end(end.stage(), cx);
    }
}

impl fmt::Debug for AccessCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessCall").finish_non_exhaustive()
    }
}
