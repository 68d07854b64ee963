//! The spans of OpenTelemetry's API and of other layers, joined with those of calls.

use gusset_trace::{ContextBridge, SpanFilter, SpanLayer};

use super::TelemetryBuilder;

impl TelemetryBuilder {
    /// Makes calls and OpenTelemetry's current context follow each other: spans that a library makes with the
    /// OpenTelemetry API are children of the call, and a client's call inside of one is its child. See
    /// [`OpenTelemetryContext`](gusset_opentelemetry::OpenTelemetryContext). Off by default.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().opentelemetry_context().build_with(|_| None)?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "opentelemetry")]
    pub fn opentelemetry_context(mut self) -> Self {
        self.context_bridge = Some(&gusset_opentelemetry::OpenTelemetryContext);
        self
    }

    /// Sets which `tracing` spans are exported. Overrides `GUSSET_TRACES_FILTER`. With a
    /// [`layer`](Self::layer) of `tracing-opentelemetry`, which exports the service's spans, use
    /// [`SpanFilter::calls_only`].
    ///
    /// ```
    /// use gusset::trace::SpanFilter;
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().span_filter(SpanFilter::calls_only()).build_with(|_| None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn span_filter(mut self, filter: SpanFilter) -> Self {
        self.span_filter = Some(filter);
        self
    }
}

/// Applies what is set to a layer.
pub(super) fn configure(
    mut layer: SpanLayer,
    filter: Option<SpanFilter>,
    bridge: Option<&'static dyn ContextBridge>,
) -> SpanLayer {
    if let Some(filter) = filter {
        layer = layer.span_filter(filter);
    }
    match bridge {
        None => layer,
        Some(bridge) => layer.context_bridge(bridge),
    }
}
