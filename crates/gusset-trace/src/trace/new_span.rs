//! The start of an exported span.

use std::time::SystemTime;

use gusset_core::CallContext;
use gusset_data::{Attribute, SharedStr, SpanData, SpanKind, SpanLink};
use gusset_http::{RequestAttributes, RequestId};
use gusset_propagation::{SpanContext, SpanId};

use super::{NewCall, grpc, http};
use crate::active_span::{ActiveSpan, SpanOutput};
use crate::call_kind::CallKind;
use crate::config::{OTEL_MEMBER, TraceConfig};
use crate::names;
use crate::sampler::{RequestFacts, SpanFacts};

/// An exported span that starts.
pub(super) struct NewSpan<'a> {
    pub(super) span: &'a SpanContext,
    pub(super) parent: Option<SpanId>,
    pub(super) start: SystemTime,
    pub(super) name: SharedStr,
    pub(super) kind: SpanKind,
    pub(super) attributes: Vec<Attribute>,
    /// The span of a client that is not trusted.
    pub(super) links: Vec<SpanLink>,
    pub(super) trace_state: SharedStr,
}

// === impl TraceConfig ===

impl TraceConfig {
    /// Returns the name of the span of a call, its kind, and its attributes at the start.
    #[inline]
    pub(super) fn facts(
        &self,
        http: RequestAttributes<'_>,
        request_id: Option<&RequestId>,
    ) -> SpanFacts {
        // Enough for a server request, so that the attributes are one allocation.
        let mut attributes = Vec::with_capacity(16);
        let name = match self.kind {
            CallKind::HttpServer | CallKind::Consumer | CallKind::Operation => {
                http::record_server(http, self, &mut attributes)
            }
            CallKind::HttpClient => http::record_client(http, self, &mut attributes),
            CallKind::GrpcServer | CallKind::GrpcClient => grpc::record(http, &mut attributes),
        };
        push_request_id(&mut attributes, request_id);
        if !self.request_headers.is_empty() {
            let headers = http.head().headers;
            self.request_headers
                .record(headers, &self.redaction, &mut attributes);
        }
        SpanFacts {
            name,
            kind: self.kind.span_kind(),
            attributes,
        }
    }

    /// Starts the exported span of a call, in place: it is too large to move.
    pub(super) fn start_span(
        &self,
        call: NewCall<'_>,
        link: Option<SpanLink>,
        cx: &CallContext,
        output: SpanOutput,
        active_span: &mut ActiveSpan,
    ) {
        let SpanFacts {
            name,
            kind,
            attributes,
        } = self.facts(call.attributes, call.request_id);
        let new = NewSpan {
            span: call.span_context,
            parent: call.parent,
            start: SystemTime::now(),
            name,
            kind,
            attributes,
            links: link.into_iter().collect(),
            trace_state: exported_state(call.span_context),
        };
        self.start_span_with(new, cx, output, active_span);
    }

    /// Starts an exported span, in place.
    #[inline]
    pub(super) fn start_span_with(
        &self,
        new: NewSpan<'_>,
        cx: &CallContext,
        output: SpanOutput,
        active_span: &mut ActiveSpan,
    ) {
        let NewSpan {
            span,
            parent,
            start,
            name,
            kind,
            attributes,
            links,
            trace_state,
        } = new;
        active_span.start(
            self.limits,
            &self.redaction,
            cx.started(),
            output,
            SpanData {
                trace_id: span.trace_id().to_bytes(),
                span_id: span.span_id().to_bytes(),
                parent_span_id: parent.map(SpanId::to_bytes),
                parent_is_remote: parent.is_some() && !self.kind.is_inside(),
                flags: span.flags().bits(),
                trace_state,
                name,
                kind,
                scope: SharedStr::from_static("gusset::trace"),
                start,
                end: start,
                attributes,
                dropped_attributes: 0,
                events: Vec::new(),
                dropped_events: 0,
                links,
                dropped_links: 0,
                status: Default::default(),
            },
        );
    }
}

impl RequestFacts for TraceConfig {
    fn request_facts(&self, request: RequestAttributes<'_>) -> SpanFacts {
        self.facts(request, None)
    }
}

/// Adds the request id. Its text is shared and not copied.
#[inline]
pub(super) fn push_request_id(on: &mut Vec<Attribute>, id: Option<&RequestId>) {
    if let Some(id) = id {
        on.push((
            names::REQUEST_ID.into(),
            SharedStr::from(id.to_shared()).into(),
        ));
    }
}

pub(super) fn span_link(span: &SpanContext) -> SpanLink {
    SpanLink {
        trace_id: span.trace_id().to_bytes(),
        span_id: span.span_id().to_bytes(),
        flags: span.flags().bits(),
        trace_state: linked_state(span),
        attributes: Vec::new(),
    }
}

/// Returns the trace state of a linked span: as many members as fit into the 512 bytes that W3C Trace
/// Context requires to be kept. A client that is not trusted could fill the exports otherwise.
fn linked_state(span: &SpanContext) -> SharedStr {
    const MAX_BYTES: usize = 512;
    let state = span.state().as_str();
    let end = match state.get(..=MAX_BYTES) {
        None => state.len(),
        Some(start) => start.rfind(',').unwrap_or(0),
    };
    SharedStr::new(&state[..end])
}

/// Returns the member of OpenTelemetry in the trace state.
///
/// Other members are data of other vendors, sent by an untrusted client. They are propagated and not
/// exported.
pub(super) fn exported_state(span: &SpanContext) -> SharedStr {
    let state = span.state();
    let member = (!state.is_empty())
        .then(|| state.get(OTEL_MEMBER))
        .flatten();
    member.map_or(SharedStr::from_static(""), |member| {
        SharedStr::concat(["ot=", member])
    })
}
