//! The settings of spans.

use std::sync::Arc;

use gusset_data::SpanSink;
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

    /// Makes a span for each call, and passes it to this sink: another one for each call of this method. Defaults
    /// to none, or to that of [`Telemetry`](crate::Telemetry), besides which it is added.
    ///
    /// A single sink is called on the thread of the call. Of several, each has a queue of its own, as those of
    /// [`Tee`](gusset_data::Tee). To wait for it at the end of the process, keep a clone of the sink behind a
    /// [`QueuedSink`](gusset_data::QueuedSink), and flush that.
    ///
    /// `trace(|trace| trace.sink(…))` replaces them all. The log records of a process have sinks in `TelemetryBuilder::logs`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use gusset::data::{QueuedSink, SpanData, SpanSink};
    ///
    /// struct Print;
    /// impl SpanSink for Print {
    ///     fn export(&self, span: SpanData) {
    ///         println!("{}", span.name);
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let sink: QueuedSink<SpanData> = QueuedSink::new(Print);
    /// let gusset = gusset::http().spans(sink.clone()).build()?;
    /// // … at the end:
    /// sink.flush(Duration::from_secs(5));
    /// # Ok(())
    /// # }
    /// ```
    pub fn spans(mut self, sink: impl SpanSink) -> Self {
        self.state.span_sinks.own.push(Arc::new(sink));
        match self.state.trace {
            Some(_) => self,
            None => self.trace(|trace| trace),
        }
    }

    /// Sets the sink of the process, which flushes it.
    #[cfg(feature = "telemetry")]
    pub(crate) fn shared_spans(mut self, sink: Arc<dyn SpanSink>) -> Self {
        self.state.span_sinks.shared = Some(sink);
        self
    }

    /// Makes calls and OpenTelemetry's current context follow each other: spans that a library makes with the
    /// OpenTelemetry API are children of the call, and a client's call inside of one is its child. See
    /// [`OpenTelemetryContext`](gusset_opentelemetry::OpenTelemetryContext). Off by default. Makes a span for each
    /// call, as [`trace`](Self::trace) does.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http().opentelemetry_context().build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "opentelemetry")]
    pub fn opentelemetry_context(self) -> Self {
        self.trace(|trace| trace.context_bridge(&gusset_opentelemetry::OpenTelemetryContext))
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
