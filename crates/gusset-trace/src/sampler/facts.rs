//! The name, kind and attributes of a span that is sampled.

use std::fmt;

use gusset_data::{Attribute, SharedStr, SpanKind};
use gusset_http::RequestAttributes;

use super::SamplingParameters;

/// What is known of a span before it starts.
///
/// For a request: the name (`GET`, or `GET /items/{id}` if the router is outside of the layer), the kind, and the
/// attributes of the request, but not the request id. For a message: its name, destination and system. For a
/// `tracing` span: its name and the fields that have a value.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SpanFacts {
    /// The name. It may change until the end.
    pub name: SharedStr,
    /// The kind.
    pub kind: SpanKind,
    /// The attributes.
    pub attributes: Vec<Attribute>,
}

/// Where the facts are read, if a sampler needs them.
#[derive(Clone, Copy, Default)]
pub(crate) enum FactSource<'a> {
    #[default]
    Unknown,
    /// The attributes of the request.
    Request(&'a dyn RequestFacts),
    Function(&'a dyn Fn() -> SpanFacts),
}

/// Reads the facts of the span of a request.
pub(crate) trait RequestFacts {
    fn request_facts(&self, request: RequestAttributes<'_>) -> SpanFacts;
}

// === impl SamplingParameters ===

impl SamplingParameters<'_> {
    /// Returns the name, the kind and the attributes of the span. It builds them, which costs a sampler about as
    /// much as a recorded span; decide by the fields and by [`route`](Self::route) if that is enough.
    pub fn facts(&self) -> SpanFacts {
        match (self.source, self.attributes) {
            (FactSource::Request(facts), Some(request)) => facts.request_facts(request),
            (FactSource::Function(facts), _) => facts(),
            _ => SpanFacts::default(),
        }
    }
}

// === impl FactSource ===

impl fmt::Debug for FactSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "Unknown",
            Self::Request(_) => "Request",
            Self::Function(_) => "Function",
        })
    }
}
