//! The contexts of calls in another API.

use tracing::level_filters::LevelFilter;
use tracing::{Level, Span};

use super::TraceObserverBuilder;
use crate::config::TraceConfig;
use crate::context_bridge::{Attached, Bridged, ContextBridge};
use crate::current;

impl TraceObserverBuilder {
    /// Sets the API that the contexts of calls are joined with, such as that of `gusset-opentelemetry`. Defaults
    /// to none.
    ///
    /// Set the same one on all observers, and on the [`SpanLayer`](crate::SpanLayer).
    pub fn context_bridge(mut self, bridge: &'static dyn ContextBridge) -> Self {
        self.context_bridge = Some(bridge);
        self
    }
}

impl TraceConfig {
    /// Returns the bridge of a call that starts. A client's call inside of another call inherits its bridge.
    #[inline]
    pub(super) fn bridge(&self) -> Option<&'static dyn ContextBridge> {
        match self.context_bridge {
            None if self.kind.is_inside() => current::current_bridge(),
            bridge => bridge,
        }
    }
}

/// Creates the `tracing` span of a call inside of its context in another API. A subscriber that exports to that
/// API finds there what the span is.
#[cold]
pub(super) fn in_context(bridged: &Bridged, create: impl FnOnce() -> Span) -> Span {
    let is_enabled = LevelFilter::current() >= Level::INFO;
    let _attached = is_enabled.then(|| Attached::new(&*bridged.context));
    create()
}
