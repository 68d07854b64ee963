//! The contexts of spans that are attached to this thread.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::catch_unwind;
use std::ptr;

use gusset_trace::AttachToken;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceId};
use opentelemetry::{Context, ContextGuard};

/// What identifies a context while it is attached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ContextKey {
    trace_id: TraceId,
    span_id: SpanId,
    pub(super) is_sampled: bool,
    /// The address of the baggage. It is not reused, because the attached context owns the baggage.
    baggage: usize,
}

struct AttachedContext {
    token: u64,
    key: ContextKey,
    guard: ManuallyDrop<ContextGuard>,
}

#[derive(Default)]
struct AttachedContexts {
    last_token: u64,
    contexts: Vec<AttachedContext>,
}

thread_local! {
    /// The contexts of calls and spans that are attached to this thread, innermost last.
    ///
    /// A guard that is still here when the thread exits is forgotten: OpenTelemetry's thread-local may be gone
    /// by then, and the guard would panic.
    static ATTACHED: RefCell<AttachedContexts> = RefCell::default();

    /// Whether both thread-locals exist, OpenTelemetry's and ours. Ours is younger, so it is destroyed first.
    static IS_READY: Cell<bool> = const { Cell::new(false) };
}

/// Attaches a context to this thread. Does nothing on a thread that is exiting.
#[inline]
pub(super) fn attach(context: &Context, key: ContextKey) -> AttachToken {
    if !is_usable() {
        return AttachToken::default();
    }
    let guard = ManuallyDrop::new(context.clone().attach());
    let token = with(|attached| {
        attached.last_token += 1;
        let token = attached.last_token;
        let context = AttachedContext { token, key, guard };
        attached.contexts.push(context);
        token
    });
    AttachToken(token.unwrap_or_default())
}

/// Detaches a context from this thread.
#[inline]
pub(super) fn detach(AttachToken(token): AttachToken) {
    let context = with(|attached| {
        let contexts = &mut attached.contexts;
        if contexts.last()?.token == token {
            return contexts.pop();
        }
        let mut tokens = contexts.iter().map(|context| context.token);
        let at = tokens.rposition(|other| other == token)?;
        Some(contexts.remove(at))
    });
    // What the context owns may be dropped, so the list is not borrowed.
    if let Some(context) = context.flatten() {
        drop(ManuallyDrop::into_inner(context.guard));
    }
}

/// Returns the key of the context that was attached last.
pub(crate) fn innermost() -> Option<ContextKey> {
    with(|attached| attached.contexts.last().map(|context| context.key)).flatten()
}

/// Returns whether this thread has a current context. On a thread that is exiting, OpenTelemetry would panic.
#[inline]
pub(crate) fn is_usable() -> bool {
    IS_READY.get() || make_ready()
}

#[cold]
fn make_ready() -> bool {
    let is_alive = catch_unwind(|| Context::map_current(|_| ())).is_ok();
    let is_ready = is_alive && with(|_| ()).is_some();
    IS_READY.set(is_ready);
    is_ready
}

/// Calls `work` with the list. Returns `None` on a thread that is exiting.
#[inline]
fn with<R>(work: impl FnOnce(&mut AttachedContexts) -> R) -> Option<R> {
    // `work` calls no foreign code, so the list is never borrowed already.
    let with = |attached: &RefCell<AttachedContexts>| {
        let mut attached = attached.try_borrow_mut().ok()?;
        Some(work(&mut attached))
    };
    ATTACHED.try_with(with).ok().flatten()
}

// === impl AttachedContexts ===

impl Drop for AttachedContexts {
    fn drop(&mut self) {
        IS_READY.set(false);
    }
}

// === impl ContextKey ===

impl ContextKey {
    pub(super) fn new(context: &Context) -> Self {
        let span = context.span();
        let span = span.span_context();
        Self {
            trace_id: span.trace_id(),
            span_id: span.span_id(),
            is_sampled: span.is_sampled(),
            baggage: ptr::from_ref(context.baggage()).addr(),
        }
    }

    /// Returns whether this context has the baggage of another one.
    pub(super) fn has_baggage_of(&self, context: &Context) -> bool {
        self.baggage == ptr::from_ref(context.baggage()).addr()
    }

    pub(crate) fn is_of_span(&self, span: &SpanContext) -> bool {
        self.span_id == span.span_id() && self.trace_id == span.trace_id()
    }

    pub(super) fn is_in_trace_of(&self, span: &SpanContext) -> bool {
        self.trace_id == span.trace_id()
    }
}
