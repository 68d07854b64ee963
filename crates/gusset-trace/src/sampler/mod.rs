//! Samplers decide which requests are recorded, before any span is created.

mod additions;
mod always;
mod by_route;
mod contained;
mod env;
mod facts;
mod parent_based;
mod rare_first;
mod rate_limited;
mod replaceable;
mod span_buffer;
mod tail;
mod trace_id_ratio;

use std::sync::Arc;
use std::time::{Duration, Instant};

use gusset_core::{Outcome, StaticStr};
use gusset_http::{RequestAttributes, RequestHead, Route};
use gusset_propagation::{SpanContext, TraceId};

pub use self::additions::SamplingAdditions;
pub use self::always::{AlwaysOff, AlwaysOn};
pub use self::by_route::ByRoute;
pub(crate) use self::contained::SamplerPanics;
pub use self::env::{ENV, from_env};
pub use self::facts::SpanFacts;
pub(crate) use self::facts::{FactSource, RequestFacts};
pub use self::parent_based::ParentBased;
pub use self::rare_first::RareFirst;
pub use self::rate_limited::RateLimited;
pub use self::replaceable::ReplaceableSampler;
pub use self::span_buffer::{SpanBuffer, TailSamplerStats};
pub use self::tail::TailSampler;
pub use self::trace_id_ratio::TraceIdRatio;

/// Decides which spans are recorded.
///
/// It is called once for each server request, for each client request outside of a server request, and
/// for each span of a [`SpanLayer`](crate::SpanLayer) outside of any request. Spans below share the
/// decision, so that a trace is complete within one service. It must not block. If it panics, the span is
/// dropped and the request is served; the panic is counted, and the first one is logged.
///
/// ```
/// use gusset_trace::TraceObserver;
/// use gusset_trace::sampler::{Sampler, SamplingDecision, SamplingParameters};
///
/// /// Leaves out health probes.
/// struct NoProbes;
///
/// impl Sampler for NoProbes {
///     fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
///         match parameters.request.map(|req| req.uri.path()) {
///             Some("/livez" | "/readyz") => SamplingDecision::Drop,
///             _ => SamplingDecision::RecordAndSample,
///         }
///     }
/// }
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let trace = TraceObserver::server().sampler(NoProbes).build()?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a sampler",
    note = "implement `gusset_trace::sampler::Sampler` for it"
)]
pub trait Sampler: Send + Sync + 'static {
    /// Decides on a request or a root span when it starts.
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision;

    /// Returns whether the spans of a [buffered](SamplingDecision::RecordOnly) request are exported.
    ///
    /// Called when the request completes. Defaults to `false`.
    fn should_export(&self, _summary: &CallSummary) -> bool {
        false
    }
}

/// The facts that a sampler decides on.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SamplingParameters<'a> {
    /// The parent span; `None` for the first span of a trace.
    pub parent: Option<&'a SpanContext>,
    /// The decision in a request without a parent, such as `b3: 0`.
    pub requested: Option<bool>,
    /// The trace of the span. A random id if a client that is not trusted has chosen that of the trace
    /// ([`TraceTrust::OwnSampling`](crate::TraceTrust::OwnSampling)).
    pub trace_id: TraceId,
    /// The request headers; `None` for a span that is not of a request.
    pub request: Option<RequestHead<'a>>,
    /// The start time, from the clock of the call.
    pub now: Instant,
    /// The span of a client that is not trusted, to which the span will have a link
    /// ([`TraceTrust::NewTrace`](crate::TraceTrust::NewTrace)).
    pub link: Option<&'a SpanContext>,
    /// What the signals of a call read from its request.
    pub(crate) attributes: Option<RequestAttributes<'a>>,
    pub(crate) source: FactSource<'a>,
}

/// The result of a request whose spans were buffered.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallSummary {
    /// The outcome of the request.
    pub outcome: Option<Outcome>,
    /// The value of `error.type`; `None` if the request is not an error.
    pub error: Option<StaticStr>,
    /// The status: the code of an HTTP response, the name of a gRPC status.
    pub status: Option<StaticStr>,
    /// The duration of the request.
    pub elapsed: Duration,
}

/// The decision of a [`Sampler`] on the spans of a request.
#[derive(Debug)]
#[non_exhaustive]
pub enum SamplingDecision {
    /// Records nothing. The sampled flag is not propagated.
    Drop,
    /// Buffers the spans until the request completes, then calls [`Sampler::should_export`].
    ///
    /// The sampled flag is not propagated, because other services cannot wait for the decision. A span
    /// that is not of a request is dropped, because it has no completion to wait for.
    RecordOnly(SpanBuffer),
    /// Records the spans without the sampled flag, for sinks that
    /// [take](gusset_data::SpanSink::takes_unsampled) such spans. It is as [`Drop`](Self::Drop) for other sinks.
    ///
    /// This is the `RECORD_ONLY` of OpenTelemetry.
    RecordUnsampled,
    /// Exports the spans. The sampled flag is propagated.
    RecordAndSample,
    /// Decides and adds attributes to the span, or replaces its trace state.
    With(Box<SamplingAdditions>),
}

// === impl Sampler ===

impl<S: Sampler + ?Sized> Sampler for Arc<S> {
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        (**self).should_sample(parameters)
    }

    fn should_export(&self, summary: &CallSummary) -> bool {
        (**self).should_export(summary)
    }
}

// === impl SamplingParameters ===

impl<'a> SamplingParameters<'a> {
    /// Creates the parameters of a span without a request.
    ///
    /// ```
    /// use gusset_propagation::TraceId;
    /// use gusset_trace::sampler::{Sampler, SamplingDecision, SamplingParameters, TraceIdRatio};
    ///
    /// # let now = gusset_core::Clock::system().now();
    /// let half = TraceIdRatio::new(0.5);
    /// let low = TraceId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0]).expect("not zero");
    /// let decision = half.should_sample(&SamplingParameters::new(None, low, now));
    /// assert!(matches!(decision, SamplingDecision::Drop));
    /// ```
    pub fn new(parent: Option<&'a SpanContext>, trace_id: TraceId, now: Instant) -> Self {
        Self {
            parent,
            requested: None,
            trace_id,
            request: None,
            now,
            link: None,
            attributes: None,
            source: FactSource::Unknown,
        }
    }

    /// Returns the route of the request, as the signals report it.
    pub fn route(&self) -> Option<&'a str> {
        match self.attributes {
            Some(attributes) => attributes.route(),
            None => self.request.and_then(Route::from_request),
        }
    }

    /// Returns the path of the request, before a router changed it. The client chooses it.
    pub fn path(&self) -> Option<&'a str> {
        match self.attributes {
            Some(attributes) => Some(attributes.path()),
            None => self.request.map(|req| req.uri.path()),
        }
    }
}
