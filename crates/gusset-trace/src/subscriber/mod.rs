//! Exports the `tracing` spans of a service.

mod fields;
mod layer;
mod live;
mod recorded_fields;
mod recording_filter;
mod root;
mod span_filter;
mod span_record;

use std::fmt;
use std::sync::Arc;

use gusset_core::{Clock, Env, PanicCounter};
use gusset_data::{Redaction, SpanSink};
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::registry::LookupSpan;

use self::live::NoSink;
pub use self::recording_filter::RecordingFilter;
pub use self::span_filter::SpanFilter;
use crate::active_span::SpanOutput;
use crate::contained_sink;
use crate::live::{SpanStarter, StartSpan};
use crate::sampler::{AlwaysOn, Sampler, SamplerPanics};
use crate::{ContextBridge, SpanLimits};

/// A `tracing-subscriber` layer that exports spans: of calls, and the service's own spans inside of them.
///
/// A span is exported if its call is recorded. A span outside of any call starts a trace, and the
/// [`sampler`](Self::sampler) of the layer decides on it. Filters of other layers, `RUST_LOG` too, have no
/// effect. A filter on this layer removes spans of the service, and never those of calls.
///
/// Some fields are not attributes:
///
/// - `otel.name` sets the name of the span.
/// - `otel.kind` sets the kind: `internal`, `server`, `client`, `producer` or `consumer`.
/// - `otel.status_code` sets the status: `ok` or `error`.
/// - `otel.status_description`, or `otel.status_message`, sets the description of an error.
///
/// A span that another one follows from becomes a link. Events are not recorded on spans by default; see
/// [`events`](Self::events). While a span is entered, its ids are
/// [`SpanIds::current`](gusset_core::SpanIds::current).
///
/// ```
/// use gusset_data::{SpanData, SpanSink};
/// use gusset_trace::SpanLayer;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// struct Print;
/// impl SpanSink for Print {
///     fn export(&self, span: SpanData) {
///         println!("{} took {:?}", span.name, span.end.duration_since(span.start));
///     }
/// }
///
/// let layer = SpanLayer::new(Print).with_recording_filter();
/// let subscriber = tracing_subscriber::registry().with(layer);
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info_span!("load", item = 7).in_scope(|| {});
/// });
/// ```
///
/// The sink may log, but must not create spans: `tracing-subscriber` leaks a span that is closed while
/// another one is being closed. To reload, wrap the filter of this layer in a `reload::Layer` and not
/// the layer itself: calls find the layer by its type.
#[derive(Clone)]
pub struct SpanLayer {
    output: SpanOutput,
    /// The tracer that starts the spans, in place of the sampler and the sink.
    live: Option<Arc<dyn StartSpan>>,
    sampler: Arc<dyn Sampler>,
    sampler_panics: Arc<SamplerPanics>,
    sink_panics: Arc<PanicCounter>,
    limits: SpanLimits,
    filter: SpanFilter,
    redaction: Arc<Redaction>,
    events: Option<Level>,
    clock: Clock,
    context_bridge: Option<&'static dyn ContextBridge>,
}

/// The target of the spans of calls.
const CALL_TARGET: &str = "gusset::trace";

// === impl SpanLayer ===

impl SpanLayer {
    /// Creates a layer that exports spans to `sink`, with the environment of the process.
    pub fn new(sink: impl SpanSink) -> Self {
        Self::new_in(sink, Env::process())
    }

    /// Creates a layer that exports spans to `sink`, with the limits and the filter of an environment.
    pub fn new_in(sink: impl SpanSink, env: Env<'_>) -> Self {
        let (sink, sink_panics) = contained_sink::contain(sink);
        Self {
            output: SpanOutput {
                sink,
                buffer: None,
                is_live: false,
            },
            live: None,
            sampler: Arc::new(AlwaysOn),
            sampler_panics: Arc::default(),
            sink_panics,
            limits: SpanLimits::from_env(env),
            filter: SpanFilter::from_env(env),
            redaction: Arc::default(),
            events: None,
            clock: Clock::system(),
            context_bridge: None,
        }
    }

    /// Creates a layer that starts spans in a tracer, with the environment of the process.
    ///
    /// Spans inside of an unrecorded span are not started. The tracer decides on all others, also inside
    /// of calls. Set [`live`](crate::TraceObserverBuilder::live) on the observers of calls too: an observer
    /// without a tracer and without a sink records nothing under this layer.
    ///
    /// ```
    /// use gusset_trace::SpanLayer;
    /// use gusset_trace::live::SpanStarter;
    ///
    /// # fn main() {}
    /// fn layer(tracer: impl SpanStarter) -> SpanLayer {
    ///     SpanLayer::live(tracer)
    /// }
    /// ```
    pub fn live(tracer: impl SpanStarter) -> Self {
        let (live, panics) = crate::live::contain(tracer);
        Self {
            live: Some(live),
            sink_panics: panics,
            ..Self::new(NoSink::default())
        }
    }

    /// Sets the sampler of spans outside of any call. Defaults to [`AlwaysOn`].
    #[must_use]
    pub fn sampler(mut self, sampler: impl Sampler) -> Self {
        self.sampler = Arc::new(sampler);
        self
    }

    /// Sets the limits of a span. Defaults to [`SpanLimits::from_env`].
    #[must_use]
    pub fn limits(mut self, limits: SpanLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets which spans are exported. Defaults to [`SpanFilter::from_env`].
    #[must_use]
    pub fn span_filter(mut self, filter: SpanFilter) -> Self {
        self.filter = filter;
        self
    }

    /// Sets what is redacted in the fields and names of spans and in their events. Defaults to
    /// [`Redaction::default`].
    #[must_use]
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = Arc::new(redaction);
        self
    }

    /// Sets the clock by which spans last and events follow, for tests. Defaults to the monotonic clock of
    /// the system: a wall clock that is set in between changes no duration.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the API that the contexts of spans outside of any call are joined with. Spans inside of a call follow
    /// the call's [`context_bridge`](crate::TraceObserverBuilder::context_bridge). Defaults to none.
    #[must_use]
    pub fn context_bridge(mut self, bridge: &'static dyn ContextBridge) -> Self {
        self.context_bridge = Some(bridge);
        self
    }

    /// Records events of this level and of more severe ones on their spans. Off by default.
    #[must_use]
    pub fn events(mut self, level: Level) -> Self {
        self.events = Some(level);
        self
    }

    /// Adds a filter that disables spans which this layer would not export.
    ///
    /// If every other layer has a filter too, such spans are not created at all. The price: a span that
    /// was not created cannot be a parent. In a call that is not recorded, wrap spawned tasks in
    /// [`with_current_context`](crate::with_current_context), or their spans start new traces.
    pub fn with_recording_filter<S>(self) -> Filtered<Self, RecordingFilter, S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let filter = RecordingFilter::new(self.events, self.filter.clone());
        self.with_filter(filter)
    }

    /// Returns how often the sampler panicked. Each time a span was dropped.
    pub fn sampler_panics(&self) -> u64 {
        self.sampler_panics.count()
    }

    /// Returns how often the sink or the tracer panicked. Each time a span was lost.
    pub fn sink_panics(&self) -> u64 {
        self.sink_panics.count()
    }

    /// Returns the sink of the layer in the subscriber of this thread.
    pub(crate) fn current_sink() -> Option<Arc<dyn SpanSink>> {
        tracing::dispatcher::get_default(|dispatch| {
            let layer = dispatch.downcast_ref::<Self>()?;
            Some(layer.output.sink.clone())
        })
    }
}

impl fmt::Debug for SpanLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanLayer")
            .field("limits", &self.limits)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}
