//! The call that is being polled on this thread.
//!
//! A handler and a client inside of a call find its trace here. A request extension would cost
//! allocations for each call, and observers must not change the request.

use std::cell::RefCell;
use std::fmt;
use std::mem;
use std::sync::Arc;
#[cfg(feature = "subscriber")]
use std::sync::atomic::{AtomicBool, Ordering};

use gusset_core::{Pool, SpanIds};
use gusset_data::{SharedStr, Value};
use gusset_http::{RequestId, RpcMethod};
use gusset_propagation::{PropagationContext, SpanContext};
use tracing::Span;

use crate::active_span::ActiveSpan;
use crate::config::TraceConfig;
use crate::context_bridge::{Attached, Bridged, BridgedContext, ContextBridge};
#[cfg(feature = "subscriber")]
use crate::entered::{self, RecordedSpan};

/// The state of a call in progress. It is immutable and shared while the call lasts.
pub(crate) struct CallScope {
    pub(crate) context: PropagationContext,
    /// `None` if the call is not recorded.
    pub(crate) active_span: Option<Arc<ActiveSpan>>,
    /// The memory of the span of an earlier call.
    pub(crate) pooled_span: Option<Arc<ActiveSpan>>,
    pub(crate) request_id: Option<RequestId>,
    /// The `tracing` span of the call.
    pub(crate) tracing_span: Span,
    /// The configuration of the call; `None` for a scope that was captured for a task.
    pub(crate) config: Option<Arc<TraceConfig>>,
    /// The index of the method among the known ones, for the name of the span.
    pub(crate) method_index: usize,
    /// The method of a recorded gRPC server call, if it was not known when the call began.
    pub(crate) unproven_method: Option<RpcMethod>,
    /// Whether the completion of this call decides on its buffered spans.
    pub(crate) owns_buffer: bool,
    /// The context of the call in another API.
    pub(crate) bridged: Option<Bridged>,
    /// Whether the `SpanLayer` has stored the ids of the call in `tracing_span`.
    #[cfg(feature = "subscriber")]
    pub(crate) is_linked: AtomicBool,
}

thread_local! {
    /// The call that is being polled on this thread.
    ///
    /// Invariant: it is set exactly during a poll of the call. [`enter`] and [`exit`] swap it in and out,
    /// without a clone or a reference count.
    static CURRENT: RefCell<Option<Arc<CallScope>>> = const { RefCell::new(None) };

    /// The contexts in another API that are attached for polls on this thread, innermost last.
    static ATTACHED: RefCell<Vec<Attached<Arc<dyn BridgedContext>>>> =
        const { RefCell::new(Vec::new()) };

    /// The memory of completed calls, so that the next call on this thread allocates none.
    ///
    /// Invariant: each scope in it is unique and cleared, except for `pooled_span`.
    static POOL: Pool<CallScope> = const { Pool::new() };
}

/// Sets an attribute on the span of the call that is being polled on this thread, and replaces one with
/// the same key.
///
/// It also works inside of another span, and in a task with
/// [`with_current_context`](crate::with_current_context). Only the exported span has the attribute: the
/// fields of a `tracing` span are fixed. [`SpanLimits`](crate::SpanLimits) bound the number and the
/// length. Does nothing outside of any call, and if the call is completed or not recorded.
///
/// ```
/// gusset_trace::set_attribute("shop.plan", "gold");
/// gusset_trace::set_attribute("shop.items", 3_i64);
/// ```
pub fn set_attribute(key: impl Into<SharedStr>, value: impl Into<Value>) {
    if let Some(span) = current_recording() {
        span.set_attribute(key.into(), value.into());
    }
}

/// Returns the bridge of the call that is polled on this thread.
#[inline]
pub(crate) fn current_bridge() -> Option<&'static dyn ContextBridge> {
    with_current(|scope| scope.bridged.as_ref().map(|bridged| bridged.bridge))
}

/// Returns the span that new spans on this thread are recorded with, or `None` if they are not recorded.
pub(crate) fn current_recording() -> Option<Arc<ActiveSpan>> {
    #[cfg(feature = "subscriber")]
    if let Some(call) = entered::call_of_innermost() {
        return call;
    }
    with_current(|scope| scope.active_span.clone())
}

/// A `tracing` span that was entered, and the current call.
#[cfg(feature = "subscriber")]
#[derive(Default)]
pub(crate) enum CallSpan {
    /// It is not the span of the call.
    #[default]
    Other,
    /// It is, and the `SpanLayer` has stored in it what it needs.
    Linked,
    /// It is, and this is what to store.
    Unlinked {
        /// `None` if the call is not recorded.
        recorded: Option<RecordedSpan>,
        bridged: Option<Bridged>,
    },
}

/// Reports that a `tracing` span was entered.
///
/// What the `SpanLayer` stores in the span of a call is found there by children in other tasks. No task
/// can use the call's span as a parent before the first poll enters it.
#[cfg(feature = "subscriber")]
pub(crate) fn enter_call_span(id: &tracing::span::Id) -> CallSpan {
    with_current(|scope| match scope.tracing_span.id().as_ref() == Some(id) {
        true => scope.link(),
        false => CallSpan::Other,
    })
}

/// Returns whether a `tracing` span is that of the call that is polled on this thread.
#[cfg(feature = "subscriber")]
pub(crate) fn is_current_call(id: &tracing::span::Id) -> bool {
    // A scope without a configuration is that of a task, whose span is any.
    with_current(|scope| scope.config.is_some() && scope.tracing_span.id().as_ref() == Some(id))
}

/// What of a scope was entered for one poll, besides the scope itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entered {
    has_request_id: bool,
    has_span: bool,
}

/// Makes a scope current for one poll, and enters its `tracing` span. The scope belongs to the thread until
/// [`exit`].
///
/// The ids of the scope are already current: the driver sets them for a call, and [`with_ids`] for a
/// task.
#[inline]
pub(crate) fn enter(scope: &mut Option<Arc<CallScope>>) -> Entered {
    let Some(call) = scope.as_deref() else {
        swap_current(scope);
        return Entered::default();
    };
    let request_id = call.missing_request_id();
    let span = call.has_span().then(|| scope.clone()).flatten();
    let entered = Entered {
        has_request_id: request_id.is_some(),
        has_span: span.is_some(),
    };
    swap_current(scope);
    if let Some(id) = request_id {
        id.enter();
    }
    // After the scope, because the subscriber looks for it.
    if let Some(call) = span {
        call.enter_span();
    }
    entered
}

/// Restores the previous scope after one poll.
#[inline]
pub(crate) fn exit(scope: &mut Option<Arc<CallScope>>, entered: Entered) {
    if entered.has_span {
        if let Some(call) = current() {
            call.exit_span();
        }
    }
    if entered.has_request_id {
        RequestId::exit();
    }
    swap_current(scope);
}

/// Runs `work` with a scope, between [`enter`] and [`exit`]. Restores the previous scope also if it unwinds.
#[inline]
pub(crate) fn in_scope<R>(scope: &mut Option<Arc<CallScope>>, work: impl FnOnce() -> R) -> R {
    struct Exit<'a>(&'a mut Option<Arc<CallScope>>, Entered);
    impl Drop for Exit<'_> {
        #[inline]
        fn drop(&mut self) {
            exit(self.0, self.1);
        }
    }
    let entered = enter(scope);
    let _exit = Exit(scope, entered);
    work()
}

/// Runs `work` with these ids current, or with none. Restores the previous ones, also if it unwinds.
pub(crate) fn with_ids<R>(ids: Option<SpanIds>, work: impl FnOnce() -> R) -> R {
    struct Restore(Option<SpanIds>);
    impl Drop for Restore {
        fn drop(&mut self) {
            SpanIds::set_current(self.0);
        }
    }
    let _restore = Restore(SpanIds::set_current(ids));
    work()
}

/// Returns a scope for a new call: unique and cleared.
#[inline]
pub(crate) fn acquire() -> Arc<CallScope> {
    Pool::acquire(&POOL)
}

/// Clears the scope of a completed call, and keeps its memory.
#[inline]
pub(crate) fn release(mut scope: Arc<CallScope>) {
    // A spawned task may still use the scope.
    let Some(unique) = Arc::get_mut(&mut scope) else {
        return;
    };
    // Field by field: most are empty already, and the whole is large.
    let CallScope {
        context,
        active_span,
        pooled_span,
        request_id,
        tracing_span,
        config,
        method_index: _,
        unproven_method,
        owns_buffer: _,
        bridged,
        #[cfg(feature = "subscriber")]
            is_linked: _,
    } = unique;
    *context = PropagationContext::default();
    if let Some(mut span) = active_span.take() {
        // A span inside of the call that has not ended still uses it.
        if let Some(memory) = Arc::get_mut(&mut span) {
            memory.clear();
            *pooled_span = Some(span);
        }
    }
    *request_id = None;
    *tracing_span = Span::none();
    *config = None;
    *unproven_method = None;
    *bridged = None;
    Pool::release(&POOL, scope);
}

/// Calls `read` with the current scope. Returns the default outside of any call, and on a thread that
/// is exiting.
#[inline]
pub(crate) fn with_current<R: Default>(read: impl FnOnce(&CallScope) -> R) -> R {
    let read = |current: &RefCell<Option<Arc<CallScope>>>| {
        let current = current.try_borrow().ok()?;
        current.as_deref().map(read)
    };
    CURRENT.try_with(read).ok().flatten().unwrap_or_default()
}

/// Returns the scope that is current on this thread.
fn current() -> Option<Arc<CallScope>> {
    let current = |current: &RefCell<Option<Arc<CallScope>>>| current.try_borrow().ok()?.clone();
    CURRENT.try_with(current).ok().flatten()
}

#[inline]
fn swap_current(scope: &mut Option<Arc<CallScope>>) {
    // No foreign code runs while it is borrowed, so this never fails.
    let _ = CURRENT.try_with(|current| {
        if let Ok(mut current) = current.try_borrow_mut() {
            mem::swap(&mut *current, scope);
        }
    });
}

// === impl CallScope ===

impl CallScope {
    /// Returns the ids of the call, if it has a span.
    #[inline]
    pub(crate) fn span_ids(&self) -> Option<SpanIds> {
        self.context
            .span_context
            .as_ref()
            .map(SpanContext::span_ids)
    }

    /// Returns whether a poll enters a `tracing` span, or a context in another API.
    #[inline]
    fn has_span(&self) -> bool {
        !self.tracing_span.is_disabled() || self.bridged.is_some()
    }

    /// Enters the `tracing` span, and then the context in another API, because a subscriber may set its own for
    /// the span.
    fn enter_span(&self) {
        self.tracing_span
            .with_subscriber(|(id, subscriber)| subscriber.enter(id));
        if let Some(bridged) = &self.bridged {
            let attached = Attached::new(bridged.context.clone());
            let _ = ATTACHED.try_with(|all| {
                if let Ok(mut all) = all.try_borrow_mut() {
                    all.push(attached);
                }
            });
        }
    }

    fn exit_span(&self) {
        if self.bridged.is_some() {
            let pop = |all: &RefCell<Vec<_>>| all.try_borrow_mut().ok()?.pop();
            // Foreign code runs when it is dropped, so the list is not borrowed.
            drop(ATTACHED.try_with(pop));
        }
        self.tracing_span
            .with_subscriber(|(id, subscriber)| subscriber.exit(id));
    }

    /// Returns the request id if it is not current on this thread. An id of the outer call stays
    /// current if this call has none.
    ///
    /// The future of a `RequestIdLayer` sets the id while the service is polled. The response body and
    /// spawned tasks are polled outside of that future.
    #[inline]
    fn missing_request_id(&self) -> Option<RequestId> {
        let id = self.request_id.as_ref()?;
        (!id.is_current()).then(|| id.clone())
    }

    /// Returns the ids and the span of a recorded call, the first time.
    #[cfg(feature = "subscriber")]
    fn link(&self) -> CallSpan {
        // Relaxed: polls of a call do not overlap, and the flag guards nothing but itself.
        if self.is_linked.load(Ordering::Relaxed) {
            return CallSpan::Linked;
        }
        self.is_linked.store(true, Ordering::Relaxed);
        let call = self.active_span.clone();
        CallSpan::Unlinked {
            recorded: call.zip(self.span_ids()).map(|(call, ids)| RecordedSpan {
                ids,
                call: Some(call),
            }),
            bridged: self.bridged.clone(),
        }
    }
}

impl Default for CallScope {
    #[inline]
    fn default() -> Self {
        Self {
            context: PropagationContext::default(),
            active_span: None,
            pooled_span: None,
            request_id: None,
            tracing_span: Span::none(),
            config: None,
            method_index: 0,
            unproven_method: None,
            owns_buffer: false,
            bridged: None,
            #[cfg(feature = "subscriber")]
            is_linked: AtomicBool::new(false),
        }
    }
}

impl fmt::Debug for CallScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallScope")
            .field("span", &self.tracing_span)
            .finish_non_exhaustive()
    }
}
