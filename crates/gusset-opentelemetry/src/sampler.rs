//! Samplers of the OpenTelemetry SDK for gusset's spans.

use gusset_data::{Attribute, SharedStr, Value};
use gusset_propagation::{PropagationContext, TraceState};
use gusset_trace::sampler::{
    Sampler, SamplingAdditions, SamplingDecision, SamplingParameters, SpanFacts,
};
use http::HeaderValue;
use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId};
use opentelemetry::{Array, Context, KeyValue, Value as OtelValue};
use opentelemetry_sdk::trace::{SamplingDecision as OtelDecision, ShouldSample};

use crate::propagation::{to_otel, with_context};
use crate::span_data;

/// Adapts a sampler of the OpenTelemetry SDK (`ShouldSample`) to gusset's [`Sampler`].
///
/// It decides on the spans that gusset starts, whatever exports them. With a
/// [`LiveSpans`](crate::LiveSpans), the tracer has its own sampler instead.
///
/// The sampler gets the parent span with its `tracestate` in a context, the trace id, the kind, the link to a
/// client that is not trusted, and [what is known](SpanFacts) before the start:
///
/// - the name: the method, and the route if the router is outside of the layer (`GET`, `GET /items/{id}`);
/// - the attributes of the request, such as `http.request.method`, `url.path`, `url.scheme`, `server.address`
///   and `http.route` if it is known; not the status, and no attribute that a handler sets.
///
/// What it returns is honoured: its attributes are added to the span, its trace state is propagated, and a
/// `RecordOnly` span goes to the sinks that take such spans ([`SpanProcessorSink`](crate::SpanProcessorSink)),
/// without the sampled flag. The facts cost each call about as much as a recorded span.
///
/// It is called where gusset's samplers are: once for each call of a server, and not for the spans inside.
///
/// ```
/// use gusset_opentelemetry::SamplerAdapter;
/// use gusset_trace::TraceObserver;
/// use opentelemetry_sdk::trace::Sampler;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.1)));
/// let trace = TraceObserver::server().sampler(SamplerAdapter::new(sampler)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SamplerAdapter<S> {
    sampler: S,
}

// === impl SamplerAdapter ===

impl<S: ShouldSample> SamplerAdapter<S> {
    /// Creates an adapter of `sampler`.
    pub const fn new(sampler: S) -> Self {
        Self { sampler }
    }
}

impl<S: ShouldSample + 'static> Sampler for SamplerAdapter<S> {
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        let SpanFacts {
            name,
            kind,
            attributes,
            ..
        } = parameters.facts();
        let kind = span_data::convert_kind(kind);
        let parent = parent(parameters, &kind);
        let link = parameters.link.map(|link| {
            let context = to_otel(link, true);
            Link::new(context, Vec::new(), 0)
        });
        let result = self.sampler.should_sample(
            Some(&parent),
            TraceId::from_bytes(parameters.trace_id.to_bytes()),
            &name,
            &kind,
            &span_data::convert_attributes(attributes),
            link.as_slice(),
        );
        let decision = match result.decision {
            OtelDecision::Drop => SamplingDecision::Drop,
            OtelDecision::RecordOnly => SamplingDecision::RecordUnsampled,
            OtelDecision::RecordAndSample => SamplingDecision::RecordAndSample,
        };
        let is_changed = result.trace_state != *parent.span().span_context().trace_state();
        if result.attributes.is_empty() && !is_changed {
            return decision;
        }
        let mut additions = SamplingAdditions::new(decision);
        additions.attributes = result.attributes.into_iter().map(attribute).collect();
        additions.trace_state = is_changed.then(|| {
            let state = HeaderValue::try_from(result.trace_state.header()).ok();
            TraceState::from_header_values(state.iter().filter(|state| !state.is_empty()))
        });
        SamplingDecision::With(Box::new(additions))
    }
}

/// Returns the context with the parent span, or without any span.
fn parent(parameters: &SamplingParameters<'_>, kind: &SpanKind) -> Context {
    let current = Context::current();
    let base = match parameters.parent {
        None if current.has_active_span() => Context::new(),
        _ => current,
    };
    let mut context = PropagationContext::default();
    context.span_context = parameters.parent.cloned();
    let is_remote = matches!(kind, SpanKind::Server | SpanKind::Consumer);
    with_context(&base, context, is_remote)
}

fn attribute(attribute: KeyValue) -> Attribute {
    let value = match attribute.value {
        OtelValue::Bool(value) => Value::Bool(value),
        OtelValue::I64(value) => Value::Int(value),
        OtelValue::F64(value) => Value::Double(value),
        OtelValue::Array(Array::String(texts)) => {
            let texts = texts.iter().map(|text| SharedStr::new(text.as_str()));
            Value::StringArray(texts.collect())
        }
        other => Value::String(SharedStr::new(&other.as_str())),
    };
    (SharedStr::new(attribute.key.as_str()), value)
}
