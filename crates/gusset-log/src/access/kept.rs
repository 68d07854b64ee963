use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{Outcome, StaticStr};
use gusset_http::{RequestBodyProgress, RequestId, Route};
use http::{HeaderValue, Method, StatusCode, Uri, Version};

use super::Shared;
use super::running::Ticket;

thread_local! {
    /// What calls that have ended leave, to be used again: a call then allocates nothing.
    static ENDED: RefCell<Vec<Arc<Kept>>> = const { RefCell::new(Vec::new()) };
}

/// As many calls may end at once on a thread, and leave their memory.
const MOST: usize = 128;

/// What the line will tell. Nobody shares it before the end: then the line's event borrows it, and our
/// own layer reads it.
#[derive(Default)]
pub(crate) struct Kept {
    /// Always there while the call is.
    pub(super) shared: Option<Arc<Shared>>,
    /// The place of the method among the known ones.
    pub(super) method: usize,
    pub(super) method_original: Option<Method>,
    /// Always there while the call is.
    pub(super) uri: Option<Uri>,
    pub(super) version: Version,
    pub(super) route: Option<Route>,
    pub(super) user_agent: Option<HeaderValue>,
    pub(super) referer: Option<HeaderValue>,
    /// Whom a client calls, where the target does not say it.
    pub(super) host: Option<HeaderValue>,
    pub(super) client: Option<IpAddr>,
    pub(super) request_id: Option<RequestId>,
    pub(super) progress: Option<RequestBodyProgress>,
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
    pub(super) code: Option<StaticStr>,
    pub(super) error: Option<StaticStr>,
    pub(super) bytes: u64,
    pub(super) elapsed: Duration,
    pub(super) head: Option<Duration>,
}

/// What a call keeps that begins: nobody else's and empty, in the memory of one that has ended if there
/// is any.
#[inline]
pub(super) fn fresh() -> Arc<Kept> {
    let ended = ENDED.try_with(|ended| ended.try_borrow_mut().ok()?.pop());
    ended.ok().flatten().unwrap_or_default()
}

/// The call has ended. What it kept goes now, but for its memory.
#[inline]
pub(super) fn end(mut ended: Arc<Kept>) {
    // Whoever has it still frees it: a line whose subscriber unwound.
    let Some(kept) = Arc::get_mut(&mut ended) else {
        return;
    };
    kept.clear();
    let _ = ENDED.try_with(|all| {
        if let Ok(mut all) = all.try_borrow_mut() {
            if all.len() < MOST {
                all.push(ended);
            }
        }
    });
}

// === impl Kept ===

impl Kept {
    /// Lets go of all that belongs to others. The rest is written anew before it is read.
    #[inline]
    fn clear(&mut self) {
        let Self {
            shared,
            method: _,
            method_original,
            uri,
            version: _,
            route,
            user_agent,
            referer,
            host,
            client: _,
            request_id,
            progress,
            status,
            ticket,
            end: _,
        } = self;
        *shared = None;
        *method_original = None;
        *uri = None;
        *route = None;
        *user_agent = None;
        *referer = None;
        *host = None;
        *request_id = None;
        *progress = None;
        *status = None;
        *ticket = None;
    }

    #[inline]
    pub(super) fn shared(&self) -> &Arc<Shared> {
        self.shared.as_ref().expect("there while the call is")
    }

    #[inline]
    pub(super) fn uri(&self) -> &Uri {
        self.uri.as_ref().expect("there while the call is")
    }
}

// === impl Ending ===

impl Default for Ending {
    fn default() -> Self {
        Self {
            outcome: Outcome::Success,
            stage: None,
            code: None,
            error: None,
            bytes: 0,
            elapsed: Duration::ZERO,
            head: None,
        }
    }
}
