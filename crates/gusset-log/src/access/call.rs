use std::cell::Cell;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{Call, Cx, End, Outcome, Stage, Token};
use gusset_http::{Http, RequestId, RequestProgress, ResponseHead, Route, Rules};
use http::{HeaderValue, Method, StatusCode, Uri, Version};

use super::Shared;
use super::emit;
use super::running::Ticket;

thread_local! {
    /// Whose call is polled on this thread.
    static OWNER: Cell<usize> = const { Cell::new(0) };
}

/// The state of one call of [`AccessLog`](super::AccessLog).
pub struct AccessCall(Arc<Kept>);

/// What the line will tell. One allocation, which nobody shares before the end: then the line's event
/// borrows it, and our own layer reads it.
pub(crate) struct Kept {
    pub(super) shared: Arc<Shared>,
    /// The place of the method among the known ones.
    pub(super) method: usize,
    pub(super) method_original: Option<Method>,
    pub(super) uri: Uri,
    pub(super) version: Version,
    pub(super) route: Option<Route>,
    pub(super) user_agent: Option<HeaderValue>,
    pub(super) referer: Option<HeaderValue>,
    /// Whom a client calls, where the target does not say it.
    pub(super) host: Option<HeaderValue>,
    pub(super) client: Option<IpAddr>,
    pub(super) request_id: Option<RequestId>,
    pub(super) progress: Option<RequestProgress>,
    pub(super) status: Option<StatusCode>,
    /// The place among those that may run for long.
    pub(super) ticket: Option<Ticket>,
    pub(super) end: Ending,
}

/// How it ended; nothing of it is read before.
#[derive(Clone, Copy)]
pub(super) struct Ending {
    pub(super) outcome: Outcome,
    pub(super) stage: Option<&'static str>,
    /// The protocol's own status.
    pub(super) code: Option<Token>,
    pub(super) error: Option<Token>,
    pub(super) bytes: u64,
    pub(super) elapsed: Duration,
    pub(super) head: Option<Duration>,
}

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
    fn drop(&mut self) {
        // Nothing to put back on a thread that is going away.
        let _ = OWNER.try_with(|owner| owner.set(self.0));
    }
}

// === impl Ending ===

impl Ending {
    pub(super) const UNKNOWN: Self = Self {
        outcome: Outcome::Success,
        stage: None,
        code: None,
        error: None,
        bytes: 0,
        elapsed: Duration::ZERO,
        head: None,
    };
}

// === impl AccessCall ===

impl AccessCall {
    #[inline]
    pub(super) fn new(kept: Arc<Kept>) -> Self {
        Self(kept)
    }
}

impl<R: Rules> Call<Http<R>> for AccessCall {
    #[inline]
    fn scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let before = OWNER.try_with(|owner| owner.replace(owner_of(&self.0.shared)));
        let _back = Back(before.unwrap_or(0));
        poll()
    }

    #[inline]
    fn on_response(&mut self, res: ResponseHead<'_>, cx: &Cx) {
        let Some(kept) = Arc::get_mut(&mut self.0) else {
            return;
        };
        kept.status = Some(res.status);
        if !kept.shared.side.is_server() {
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
    fn on_end(self, end: End<'_, Http<R>>, cx: &Cx) {
        let Self(mut kept) = self;
        let (Some(outcome), Some(facts)) = (cx.outcome(), Arc::get_mut(&mut kept)) else {
            return;
        };
        // It runs no longer.
        facts.ticket = None;
        let Some(level) = facts.shared.levels.of(outcome) else {
            return;
        };
        if !facts.shared.sampler.takes(outcome, cx) {
            return;
        }
        facts.end = Ending {
            outcome,
            stage: end.stage().map(Stage::as_str),
            code: cx.status(),
            error: cx.error_type(),
            bytes: cx.bytes(),
            elapsed: cx.elapsed(),
            head: cx.head(),
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
}

impl fmt::Debug for AccessCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessCall").finish_non_exhaustive()
    }
}
