use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, CallObserver, End, Failure, Stage};
use gusset_data::exception_message;
use gusset_http::{
    Http, HttpClassifier, ProtocolVersion, RequestId, ResponseHead, Route, Side, has_grpc_messages,
};

use super::event;
use super::record::{AccessRecord, Completion};

/// The state of one request of [`AccessLog`](super::AccessLog).
pub struct AccessCall(Arc<AccessRecord>);

// === impl AccessCall ===

impl AccessCall {
    #[inline]
    pub(super) fn new(record: Arc<AccessRecord>) -> Self {
        Self(record)
    }

    /// Keeps the text of the error that the request failed with.
    #[cold]
    pub(super) fn keep_exception(&mut self, failure: Failure<'_>) {
        let Some(record) = Arc::get_mut(&mut self.0) else {
            return;
        };
        let config = record.config();
        let options = &config.options;
        if options.reports_exception_messages(config.kind.side()) {
            record.exception_message = failure.as_error().and_then(|error| {
                exception_message(error, &config.redaction, options.hides_paths())
            });
        }
    }

    /// Writes the entry. It is not inlined, as `AccessLog::record` is not.
    #[inline(never)]
    pub(super) fn complete(self, stage: Option<Stage>, cx: &CallContext) {
        let Self(mut shared) = self;
        let Some(record) = Arc::get_mut(&mut shared) else {
            return;
        };
        record.registration = None;
        let config = record.config();
        // This remembers a method that the call proved, also if there is no entry.
        let is_rpc_method_known = record.rpc_method.as_ref().is_some_and(|method| {
            let method = method.resolve(&config.options, cx, record.has_messages);
            method.is_known()
        });
        let entry = cx.outcome().and_then(|outcome| {
            let level = config.levels.level(outcome)?;
            let is_admitted = config.sampler.admit(outcome, cx);
            is_admitted.then_some((outcome, level))
        });
        if let Some((outcome, level)) = entry {
            record.completion = Completion {
                is_rpc_method_known,
                ..Completion::new(outcome, stage, cx)
            };
            record.own_fields = cx.fields();
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
    fn on_response(&mut self, res: ResponseHead<'_>, cx: &CallContext) {
        let Some(record) = Arc::get_mut(&mut self.0) else {
            return;
        };
        record.status = Some(res.status);
        record.has_messages = record.rpc_method.is_some() && has_grpc_messages(res);
        let side = record.config().kind.side();
        if side == Side::Client {
            // A client's request does not know which version was negotiated.
            record.version = ProtocolVersion::from_http(res.version);
        }
        if let Some(route) = Route::from_response(res, side) {
            record.route = Some(route.clone());
        }
        if let (Some(registration), Some(ids)) = (&record.registration, cx.span_ids()) {
            registration.set_ids(ids);
        }
    }

    #[inline]
    fn on_end(mut self, end: End<'_, Http<R>>, cx: &CallContext) {
        if let End::Failed(_, failure) = end {
            self.keep_exception(failure);
        }
        self.complete(end.stage(), cx);
    }
}

impl fmt::Debug for AccessCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessCall").finish_non_exhaustive()
    }
}
