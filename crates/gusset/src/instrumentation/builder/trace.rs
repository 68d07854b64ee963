//! The settings of spans.

use gusset_trace::{TraceObserverBuilder, TraceTrust};

use super::{InstrumentationBuilder, compose};
use crate::kind::ServiceKind;

impl<K: ServiceKind, O> InstrumentationBuilder<K, O> {
    /// Makes a span for each call; a client's layer injects its context into requests. `|trace| trace`
    /// keeps the defaults.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http().trace(|trace| trace).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn trace<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(TraceObserverBuilder) -> TraceObserverBuilder + 'static,
    {
        self.state.trace = Some(compose(self.state.trace.take(), configure));
        self
    }

    /// Sets what a server does with the trace context of requests that no trusted proxy sent. Defaults
    /// to [`TraceTrust::Continue`].
    ///
    /// On the edge to the internet, where any client could suppress, force or group traces:
    ///
    /// ```
    /// use gusset::http::TrustedProxies;
    /// use gusset::trace::TraceTrust;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let gusset = gusset::http()
    ///     .trace(|trace| trace)
    ///     .trusted_proxies(TrustedProxies::cidrs(["10.0.0.0/8"])?)
    ///     .trust(TraceTrust::NewTrace)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn trust(mut self, trust: TraceTrust) -> Self {
        self.state.trust = trust;
        self
    }
}
