//! Futures that keep the context of a call.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
#[cfg(feature = "subscriber")]
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll};

use gusset_core::field::FieldScope;
use gusset_core::{ExcludedCall, SpanIds};
use pin_project_lite::pin_project;
use tracing::Span;

use crate::context_bridge::Bridged;
use crate::current::{self, CallScope};
use crate::current_context;

/// Wraps a future, so that it keeps the trace, the baggage, the request id, the `tracing` span and the
/// [own fields](gusset_core::field) that are current now.
///
/// Use it for tasks that a handler spawns.
///
/// ```
/// # async fn write_to_the_archive() {}
/// # fn spawn<F: Future + Send + 'static>(_: F) {}
/// // The span of the archive request is a child of the current one, though the task may outlive it.
/// spawn(gusset_trace::with_current_context(write_to_the_archive()));
/// ```
pub fn with_current_context<F: Future>(future: F) -> WithContext<F> {
    let bridge = current::current_bridge();
    let scope = current_context::capture(bridge);
    let bridged = bridge.map(|bridge| Bridged::create(bridge, &scope.context));
    WithContext {
        future,
        ids: match bridge {
            Some(_) => scope.span_ids(),
            None => SpanIds::current(),
        },
        scope: Some(Arc::new(CallScope {
            tracing_span: Span::current(),
            bridged,
            // The current span was entered, so it is linked already.
            #[cfg(feature = "subscriber")]
            is_linked: AtomicBool::new(true),
            ..scope
        })),
        fields: FieldScope::current(),
        excluded: ExcludedCall::current(),
    }
}

pin_project! {
    /// A future with the context of the call that created it. Created by [`with_current_context`].
    #[must_use = "futures do nothing unless polled"]
    pub struct WithContext<F> {
        #[pin]
        future: F,
        scope: Option<Arc<CallScope>>,
        ids: Option<SpanIds>,
        fields: Option<FieldScope>,
        excluded: Option<ExcludedCall>,
    }
}

// === impl WithContext ===

impl<F: Future> Future for WithContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let (future, scope) = (this.future, this.scope);
        let poll = || current::with_ids(*this.ids, || current::in_scope(scope, || future.poll(cx)));
        let poll = || match this.excluded {
            Some(excluded) => excluded.scope(poll),
            None => poll(),
        };
        match this.fields {
            Some(fields) => fields.scope(poll),
            None => poll(),
        }
    }
}

impl<F: fmt::Debug> fmt::Debug for WithContext<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithContext")
            .field("future", &self.future)
            .finish_non_exhaustive()
    }
}
