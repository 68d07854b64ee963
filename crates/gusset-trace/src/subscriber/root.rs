//! The start of a span, and the sampling of spans outside of calls.

use gusset_data::{SharedStr, SpanData};
use gusset_propagation::{TraceFlags, TraceId};
use tracing::span::Attributes;

use super::span_record::{OpenSpan, SpanTimes};
use super::{SpanLayer, fields};
use crate::config::OTEL_MEMBER;
use crate::sampler::{
    FactSource, SamplingAdditions, SamplingDecision, SamplingParameters, SpanFacts,
};

/// A recorded span without a parent.
pub(super) struct Root {
    pub(super) trace_id: [u8; 16],
    pub(super) flags: u8,
    pub(super) additions: Option<Box<SamplingAdditions>>,
}

// === impl SpanLayer ===

impl SpanLayer {
    /// Returns a span with its name and fields, and without ids.
    pub(super) fn open_span(&self, attributes: &Attributes<'_>) -> OpenSpan {
        let times = SpanTimes::start(&self.clock);
        let metadata = attributes.metadata();
        let data = SpanData {
            trace_id: [0; 16],
            span_id: [0; 8],
            parent_span_id: None,
            parent_is_remote: false,
            flags: 0,
            trace_state: SharedStr::from_static(""),
            name: metadata.name().into(),
            kind: Default::default(),
            scope: metadata.target().into(),
            start: times.started(),
            end: times.started(),
            attributes: Vec::with_capacity(attributes.values().len()),
            dropped_attributes: 0,
            events: Vec::new(),
            dropped_events: 0,
            links: Vec::new(),
            dropped_links: 0,
            status: Default::default(),
        };
        let mut span = OpenSpan::new(data, times);
        let mut initial = fields::InitialFields::new(&mut span, self.limits, &self.redaction);
        attributes.record(&mut initial);
        span
    }

    /// Samples a span outside of any call. Returns `None` if it is not recorded.
    pub(super) fn sample_root(&self, attributes: &Attributes<'_>) -> Option<Root> {
        let id = TraceId::random();
        let facts = || {
            let data = self.open_span(attributes).data;
            SpanFacts {
                name: data.name,
                kind: data.kind,
                attributes: data.attributes,
            }
        };
        let mut parameters = SamplingParameters::new(None, id, self.clock.now());
        parameters.source = FactSource::Function(&facts);
        let panics = &self.sampler_panics;
        let decision = panics.should_sample(&*self.sampler, &parameters);
        let (decision, additions) = decision.split();
        let is_sampled = match decision {
            SamplingDecision::RecordAndSample => true,
            SamplingDecision::RecordUnsampled if self.output.sink.takes_unsampled() => false,
            _ => return None,
        };
        let flags = TraceFlags::new().with_sampled(is_sampled).with_random(true);
        Some(Root {
            trace_id: id.to_bytes(),
            flags: flags.bits(),
            additions,
        })
    }

    /// Adds to a span what its sampler returned.
    pub(super) fn add(&self, additions: SamplingAdditions, span: &mut SpanData) {
        for (key, value) in additions.attributes {
            let value = self.redaction.redact_value(&key, value);
            self.limits.set_attribute(span, key, value);
        }
        let state = additions.trace_state.as_ref();
        if let Some(member) = state.and_then(|state| state.get(OTEL_MEMBER)) {
            span.trace_state = SharedStr::concat(["ot=", member]);
        }
    }
}
