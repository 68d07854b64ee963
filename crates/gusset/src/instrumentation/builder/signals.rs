//! Leaving signals out.

use super::InstrumentationBuilder;
use crate::kind::ServiceKind;
#[cfg(feature = "trace")]
use crate::span_sinks::SpanSinks;

#[cfg(feature = "log")]
impl<K: ServiceKind, O> InstrumentationBuilder<K, O> {
    /// Leaves out the access log, also that of [`Telemetry`](crate::Telemetry). A later
    /// [`log`](Self::log) adds it again.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http().log(|log| log).without_log().build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn without_log(mut self) -> Self {
        self.state.log = None;
        self
    }
}

#[cfg(feature = "trace")]
impl<K: ServiceKind, O> InstrumentationBuilder<K, O> {
    /// Leaves out spans, also those of [`Telemetry`](crate::Telemetry); a client then injects no trace
    /// context. A later [`trace`](Self::trace) adds them again.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http().trace(|trace| trace).without_trace().build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn without_trace(mut self) -> Self {
        self.state.trace = None;
        self.state.span_sinks = SpanSinks::default();
        self
    }
}

#[cfg(feature = "metrics")]
impl<K: ServiceKind, O> InstrumentationBuilder<K, O> {
    /// Leaves out the metrics of calls. The exporter stays, for other metrics.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http().without_metrics().build()?;
    /// assert!(!gusset.prometheus().endpoint().render().contains("http_server"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn without_metrics(mut self) -> Self {
        self.state.has_metrics = false;
        self
    }
}
