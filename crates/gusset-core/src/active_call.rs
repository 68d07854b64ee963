//! The state of one call until its end.

use crate::call_state::CallState;
use crate::contained_classifier::ContainedClassifier;
use crate::context::CallTimings;
use crate::current::Frame;
use crate::field::{CallExtras, hook_fields};
use crate::identity::RequestKey;
use crate::{CallContext, CallObserver, End, Protocol};

/// A call that has not ended.
pub(crate) struct ActiveCall<P: Protocol, C> {
    pub(crate) call: C,
    pub(crate) timings: CallTimings,
    pub(crate) state: CallState,
    pub(crate) classify: ContainedClassifier<P::Classify>,
    pub(crate) request: Option<RequestKey>,
    /// The fields of them belong to the thread while the call is polled.
    pub(crate) extras: CallExtras,
}

// === impl ActiveCall ===

impl<P: Protocol, C> ActiveCall<P, C> {
    #[inline]
    /// Returns what a poll of the service makes current. `None` without observers that another layer could have in
    /// common.
    pub(crate) fn frame(&self) -> Option<Frame> {
        let observers = self.state.observers();
        let frame = Frame {
            request: self.request,
            observers,
            is_client: P::IS_CLIENT,
        };
        (!observers.is_empty()).then_some(frame)
    }
}

impl<P: Protocol, C: CallObserver<P>> ActiveCall<P, C> {
    #[inline]
    pub(crate) fn end(self, end: End<'_, P>) {
        let Self {
            call,
            timings,
            state,
            request: _,
            classify,
            extras,
        } = self;
        let clock = (!state.clock_is_fresh()).then(|| extras.clock());
        let classification = classify.on_end(&end);
        let cx = CallContext::at_end(timings, state.response_kind(), clock, classification)
            .with_span_ids(call.span_ids())
            .with_fields(extras.fields().is_some());
        let _hook = extras.fields().map(hook_fields::enter);
        call.on_end(end, &cx);
    }
}
