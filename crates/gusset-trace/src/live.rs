//! Spans that begin in the tracer of another library, which creates their ids and samples them.
//!
//! A service that has a tracer passes an adapter of it to
//! [`TraceObserverBuilder::live`](crate::TraceObserverBuilder::live). `gusset-opentelemetry` has one.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use gusset_core::PanicCounter;
use gusset_data::{Attribute, ContainedSink, SpanKind, SpanLink, SpanSink};
use gusset_propagation::{PropagationContext, SpanContext};

use crate::active_span::while_exporting;

/// Starts spans in a tracer, in place of gusset's own ids and [`Sampler`](crate::sampler::Sampler).
///
/// It is called once for each span, on the thread that starts the span. It must not block. If it panics,
/// the span is not recorded and the request is served; panics are counted by
/// [`TraceObserver::sink_panics`](crate::TraceObserver::sink_panics) or
/// [`SpanLayer::sink_panics`](crate::SpanLayer::sink_panics), and the first one is logged.
///
/// ```
/// use gusset_data::{SpanData, SpanSink};
/// use gusset_propagation::SpanContext;
/// use gusset_trace::TraceObserver;
/// use gusset_trace::live::{SpanStart, SpanStarter, StartedSpan};
///
/// struct Tracer;
/// struct Open(SpanContext);
///
/// impl SpanStarter for Tracer {
///     type Span = Open;
///     fn start(&self, span: &SpanStart<'_>) -> Option<StartedSpan<Open>> {
///         let parent = span.context.span_context.as_ref();
///         let context = parent.map_or_else(SpanContext::root, SpanContext::child);
///         Some(StartedSpan { context: context.clone(), span: Some(Open(context)) })
///     }
/// }
///
/// impl SpanSink for Open {
///     fn export(&self, span: SpanData) {
///         assert_eq!(span.span_id, self.0.span_id().to_bytes());
///         println!("{} ended", span.name);
///     }
/// }
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let trace = TraceObserver::server().live(Tracer).build()?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not start spans",
    note = "implement `gusset_trace::live::SpanStarter` for it, or use `gusset_opentelemetry::LiveSpans`"
)]
pub trait SpanStarter: Send + Sync + 'static {
    /// A recorded span between its start and its end.
    ///
    /// Its [`export`](SpanSink::export) is called once, at the end, with the whole span: what was known at
    /// the start comes first in `attributes` and `links`. The values of those attributes may have changed.
    type Span: SpanSink;

    /// Starts a span.
    ///
    /// Returns `None` if the tracer starts no spans, for example after its shutdown. The call then has ids
    /// of gusset's, and is not sampled.
    fn start(&self, span: &SpanStart<'_>) -> Option<StartedSpan<Self::Span>>;
}

/// The facts of a span that starts.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct SpanStart<'a> {
    /// The parent span, `None` for a root span, and the baggage.
    pub context: &'a PropagationContext,
    /// Whether the parent span is in another service.
    pub parent_is_remote: bool,
    /// The name. It may change until the end, for example when an inner router matches a route.
    pub name: &'a str,
    /// The kind.
    pub kind: SpanKind,
    /// The start time.
    pub start: SystemTime,
    /// The attributes that are known at the start.
    pub attributes: &'a [Attribute],
    /// The links that are known at the start.
    pub links: &'a [SpanLink],
}

/// A span that a [`SpanStarter`] has started.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "created in other crates; both fields are needed"
)]
pub struct StartedSpan<S> {
    /// The ids, flags and trace state, which are propagated.
    pub context: SpanContext,
    /// `None` if the span is not recorded.
    pub span: Option<S>,
}

/// A [`SpanStarter`] of any type, whose panics do not reach the call.
pub(crate) trait StartSpan: Send + Sync {
    fn start(&self, span: &SpanStart<'_>) -> Option<StartedSpan<Arc<dyn SpanSink>>>;
}

struct Contained<S> {
    starter: S,
    panics: Arc<PanicCounter>,
}

/// Returns the starter without its panics and those of its spans, and their counter.
pub(crate) fn contain(starter: impl SpanStarter) -> (Arc<dyn StartSpan>, Arc<PanicCounter>) {
    let panics = Arc::<PanicCounter>::default();
    let contained = Contained {
        starter,
        panics: panics.clone(),
    };
    (Arc::new(contained), panics)
}

#[cold]
fn report() {
    tracing::error!(
        target: "gusset::trace",
        "the tracer of live spans panicked, spans are lost; further panics are counted and not logged"
    );
}

// === impl SpanStart ===

impl fmt::Debug for SpanStart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanStart")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

// === impl Contained ===

impl<S: SpanStarter> StartSpan for Contained<S> {
    fn start(&self, span: &SpanStart<'_>) -> Option<StartedSpan<Arc<dyn SpanSink>>> {
        let Self { starter, panics } = self;
        // A sampler or a processor that makes a call must not start the next span.
        let start = || while_exporting(|| starter.start(span));
        let StartedSpan { context, span } = panics.catch(start, report).flatten()?;
        let contain = |span| -> Arc<dyn SpanSink> {
            Arc::new(ContainedSink::with_counter(span, panics.clone(), report))
        };
        Some(StartedSpan {
            context,
            span: span.map(contain),
        })
    }
}
