//! The parts that a service leaves out.

use super::GussetBuilder;

// === impl GussetBuilder ===

impl GussetBuilder {
    /// Leaves out the log: nothing is written, and no records are exported.
    pub fn without_log(mut self) -> Self {
        self.signals.log = false;
        self
    }

    /// Leaves out traces: there are no spans, and no trace context is read or injected.
    pub fn without_traces(mut self) -> Self {
        self.signals.traces = false;
        self
    }

    /// Leaves out metrics, and the scrape endpoint with them.
    pub fn without_metrics(mut self) -> Self {
        self.signals.metrics = false;
        self
    }

    /// Leaves out health: there are no probes, checks or signal handlers, and no Tokio runtime is needed.
    /// [`Gusset::serve`](crate::Gusset::serve) then ends when the server does.
    pub fn without_health(mut self) -> Self {
        self.parts.has_health = false;
        self
    }

    /// Leaves out the management server, with its scrape endpoint and probes.
    pub fn without_management(mut self) -> Self {
        self.parts.has_management = false;
        self
    }

    /// Leaves out the panic hook that [`init`](Self::init) installs.
    pub fn without_panic_hook(mut self) -> Self {
        self.has_panic_hook = false;
        self
    }

    /// Leaves out the request id.
    pub fn without_request_id(mut self) -> Self {
        self.parts.request_id = None;
        self
    }
}
