//! The contexts of another tracing API, which follow those of calls.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use gusset_propagation::PropagationContext;

/// Joins the contexts of calls with the current context of another tracing API, in both directions.
///
/// Code inside of a call that uses the other API finds the call's span as its current one, and a client's call
/// inside of a span of the other API is a child of that span. `gusset-opentelemetry` implements it for
/// OpenTelemetry. Set it on every observer and on the [`SpanLayer`](crate::SpanLayer):
/// [`TraceObserverBuilder::context_bridge`](crate::TraceObserverBuilder::context_bridge).
///
/// The functions must not panic, block or log. They are called without any lock.
///
/// ```
/// use std::sync::Arc;
/// use gusset_propagation::PropagationContext;
/// use gusset_trace::{AttachToken, BridgedContext, ContextBridge, TraceObserver};
///
/// /// Prints what another API would make current.
/// #[derive(Debug)]
/// struct Print;
///
/// impl ContextBridge for Print {
///     fn create(&self, context: &PropagationContext) -> Arc<dyn BridgedContext> {
///         Arc::new(Printed(format!("{context:?}")))
///     }
///     fn inner(&self) -> Option<PropagationContext> {
///         None
///     }
/// }
///
/// struct Printed(String);
/// impl BridgedContext for Printed {
///     fn attach(&self) -> AttachToken {
///         println!("{}", self.0);
///         AttachToken::default()
///     }
///     fn detach(&self, _: AttachToken) {}
/// }
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let trace = TraceObserver::server().context_bridge(&Print).build()?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not join contexts with another API",
    label = "not a `ContextBridge`"
)]
pub trait ContextBridge: fmt::Debug + Send + Sync + 'static {
    /// Creates the context of the other API for code inside of a span: its current one, with the span and the
    /// baggage of `context`.
    ///
    /// Called once for each call, for each span of a `SpanLayer`, and for each future of
    /// [`with_current_context`](crate::with_current_context).
    fn create(&self, context: &PropagationContext) -> Arc<dyn BridgedContext>;

    /// Returns what code has made current in the other API since a context was
    /// [attached](BridgedContext::attach) to this thread last. Returns `None` if the attached one is still current.
    ///
    /// The span is `None` if only the baggage has changed. A span that is not sampled, inside of a span of the
    /// same trace that is not sampled either, is none.
    fn inner(&self) -> Option<PropagationContext>;
}

/// A context of another tracing API. Created by a [`ContextBridge`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a context of another API",
    label = "not a `BridgedContext`"
)]
pub trait BridgedContext: Send + Sync + 'static {
    /// Makes the context current on this thread, before a poll.
    fn attach(&self) -> AttachToken;

    /// Restores the previous context, after the poll. Called on the same thread, also if the poll unwinds.
    ///
    /// Contexts of polls are detached in reverse order. Those of `tracing` spans may be detached in any order.
    fn detach(&self, token: AttachToken);
}

/// Identifies one [`attach`](BridgedContext::attach) on its thread. What the number means is up to the bridge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a number and nothing else")]
pub struct AttachToken(pub u64);

/// A context of another API, and that API.
#[derive(Clone)]
pub(crate) struct Bridged {
    pub(crate) bridge: &'static dyn ContextBridge,
    pub(crate) context: Arc<dyn BridgedContext>,
}

/// An attached context, by reference or shared. Detached when it is dropped.
pub(crate) struct Attached<C: Deref<Target = dyn BridgedContext>> {
    context: C,
    token: AttachToken,
}

// === impl Bridged ===

impl Bridged {
    pub(crate) fn create(bridge: &'static dyn ContextBridge, context: &PropagationContext) -> Self {
        Self {
            bridge,
            context: bridge.create(context),
        }
    }
}

// === impl Attached ===

impl<C: Deref<Target = dyn BridgedContext>> Attached<C> {
    #[inline]
    pub(crate) fn new(context: C) -> Self {
        let token = context.attach();
        Self { context, token }
    }
}

impl<C: Deref<Target = dyn BridgedContext>> Drop for Attached<C> {
    #[inline]
    fn drop(&mut self) {
        self.context.detach(self.token);
    }
}
