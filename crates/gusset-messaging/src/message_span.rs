//! The span of a message's call, for what the worker logs after the call.

use std::future::Future;
use std::sync::{Arc, OnceLock};

use gusset_core::{CallContext, CallObserver, End, Observer, Protocol, SpanIds};

tokio::task_local! {
    /// The span of the message that the task of a handler processes.
    static CURRENT: MessageSpan;
}

/// An observer that keeps the ids of the span of each message's call for the [`Worker`](crate::Worker).
///
/// The worker settles a message after its call. With this observer beside the one that makes spans, what it logs of
/// the message has the trace id of the call: that it was put aside, or could not be settled. Outside of a worker it does
/// nothing. Costs a call one read of a task-local.
///
/// ```
/// use gusset_core::{ObserveLayer, RequestResponse};
/// use gusset_messaging::{MessageSpans, Settlement, SettlementClassifier};
///
/// type Orders = RequestResponse<String, Settlement, SettlementClassifier>;
/// // `()` stands for the observer that makes spans.
/// let layer = ObserveLayer::<Orders, _>::new(((), MessageSpans::new()));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MessageSpans(());

/// The ids of the span of one message's call, empty until they are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct MessageSpan(Arc<OnceLock<SpanIds>>);

// === impl MessageSpans ===

impl MessageSpans {
    /// Creates the observer.
    pub const fn new() -> Self {
        Self(())
    }
}

impl<P: Protocol> Observer<P> for MessageSpans {
    type Call = Self;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        *self
    }
}

impl<P: Protocol> CallObserver<P> for MessageSpans {
    fn on_end(self, _: End<'_, P>, cx: &CallContext) {
        if let Some(ids) = cx.span_ids() {
            let _ = CURRENT.try_with(|span| span.set(ids));
        }
    }
}

// === impl MessageSpan ===

impl MessageSpan {
    /// Sets the ids, once.
    pub(crate) fn set(&self, ids: SpanIds) {
        let _ = self.0.set(ids);
    }

    /// Makes this the span of the message that a task processes.
    pub(crate) fn of_task<F: Future>(&self, task: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(self.clone(), task)
    }

    /// Runs a function, and what it logs has the ids.
    pub(crate) fn in_scope(&self, log: impl FnOnce()) {
        match self.0.get() {
            Some(ids) => ids.scope(log),
            None => log(),
        }
    }
}
