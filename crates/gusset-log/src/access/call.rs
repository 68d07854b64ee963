use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, CallObserver, End, Stage};
use gusset_http::{Http, HttpClassifier, RequestId, ResponseHead, Route};

use super::config::AccessLogConfig;
use super::event;
use super::record::{AccessRecord, Completion};

thread_local! {
    /// The access log that observes the request being polled on this thread; 0 if there is none.
    static OWNER: Cell<usize> = const { Cell::new(0) };
}

/// The state of one request of [`AccessLog`](super::AccessLog).
pub struct AccessCall(Arc<AccessRecord>);

/// Returns the access log that writes the entry of the request being polled.
#[inline]
pub(super) fn current_owner() -> usize {
    OWNER.try_with(Cell::get).unwrap_or(0)
}

/// Returns the identity of an access log: the address of its configuration.
#[inline]
pub(super) fn owner(config: &Arc<AccessLogConfig>) -> usize {
    Arc::as_ptr(config).cast::<u8>() as usize
}

/// Restores the previous owner, also if the poll panics.
struct Restore(usize);

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        // A thread that is exiting has nothing to restore.
        let _ = OWNER.try_with(|owner| owner.set(self.0));
    }
}

// === impl AccessCall ===

impl AccessCall {
    #[inline]
    pub(super) fn new(record: Arc<AccessRecord>) -> Self {
        Self(record)
    }

    /// Writes the entry. It is not inlined, as `AccessLog::record` is not.
    #[inline(never)]
    fn complete(self, stage: Option<Stage>, cx: &CallContext) {
        let Self(mut shared) = self;
        let Some(record) = Arc::get_mut(&mut shared) else {
            return;
        };
        record.registration = None;
        let config = record.config();
        let entry = cx.outcome().and_then(|outcome| {
            let level = config.levels.level(outcome)?;
            let is_admitted = config.sampler.admit(outcome, cx);
            is_admitted.then_some((outcome, level))
        });
        if let Some((outcome, level)) = entry {
            record.completion = Completion {
                outcome,
                stage: stage.map(Stage::as_str),
                protocol_status: cx.status(),
                error_type: cx.error_type(),
                response_bytes: cx.bytes(),
                elapsed: cx.elapsed(),
                time_to_headers: cx.time_to_headers(),
            };
            let mut request_id = record.request_id.take();
            let emit = || event::emit(level, &shared);
            let emit_with_ids = || match cx.span_ids() {
                Some(ids) => ids.scope(emit),
                None => emit(),
            };
            match request_id {
                Some(_) => RequestId::scope(&mut request_id, emit_with_ids),
                None => emit_with_ids(),
            }
        }
        AccessRecord::release(shared);
    }
}

impl<R: HttpClassifier> CallObserver<Http<R>> for AccessCall {
    #[inline]
    fn scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let previous = OWNER.try_with(|current| current.replace(owner(self.0.config())));
        let _restore = Restore(previous.unwrap_or(0));
        poll()
    }

    #[inline]
    fn on_response(&mut self, res: ResponseHead<'_>, cx: &CallContext) {
        let Some(record) = Arc::get_mut(&mut self.0) else {
            return;
        };
        record.status = Some(res.status);
        if !record.config().side.is_server() {
            // A client's request does not know which version was negotiated.
            record.version = res.version;
        }
        if let Some(route) = res.extensions.get::<Route>() {
            record.route = Some(route.clone());
        }
        if let (Some(registration), Some(ids)) = (&record.registration, cx.span_ids()) {
            registration.set_ids(ids);
        }
    }

    #[inline]
    fn on_end(self, end: End<'_, Http<R>>, cx: &CallContext) {
        self.complete(end.stage(), cx);
    }
}

impl fmt::Debug for AccessCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessCall").finish_non_exhaustive()
    }
}
