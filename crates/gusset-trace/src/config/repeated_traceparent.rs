//! Requests with several `traceparent` headers.

use std::sync::atomic::{AtomicU64, Ordering};

use gusset_propagation::{
    PropagationContext, Propagator as _, Propagators, SpanContext, TraceId, W3cTraceContext,
};
use http::{HeaderMap, HeaderName};

/// Reads requests with several `traceparent` headers, such as those to which an eBPF agent adds its own.
///
/// W3C Trace Context does not allow them, so they start new traces by default. They are counted, and the
/// first one is logged, because such an agent cuts every trace.
#[derive(Default)]
pub(crate) struct RepeatedTraceparent {
    pub(crate) is_accepted: bool,
    requests: AtomicU64,
}

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

// === impl RepeatedTraceparent ===

impl RepeatedTraceparent {
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Counts the request. Returns the context of the last `traceparent` if that is accepted, all have
    /// one trace id, and the propagators read the header.
    pub(crate) fn extract(
        &self,
        headers: &HeaderMap,
        propagators: &Propagators,
    ) -> Option<PropagationContext> {
        let context = (self.is_accepted)
            .then(|| last_context(headers, propagators))
            .flatten();
        if self.requests.fetch_add(1, Ordering::Relaxed) == 0 {
            warn(context.is_some());
        }
        context
    }
}

/// Reads a request as if it had its last `traceparent` alone: that of the part closest to the wire.
fn last_context(headers: &HeaderMap, propagators: &Propagators) -> Option<PropagationContext> {
    let last = headers.get_all(&TRACEPARENT).iter().next_back()?;
    let mut single = headers.clone();
    single.insert(&TRACEPARENT, last.clone());
    let context = propagators.extract(&single);
    let trace_id = context.span_context.as_ref()?.trace_id();
    all_have(headers, trace_id).then_some(context)
}

fn all_have(headers: &HeaderMap, trace_id: TraceId) -> bool {
    let mut values = headers.get_all(&TRACEPARENT).iter();
    values.all(|value| {
        let span = W3cTraceContext::parse(value.as_bytes().trim_ascii());
        span.as_ref().map(SpanContext::trace_id) == Some(trace_id)
    })
}

fn warn(accepted: bool) {
    let (consequence, advice) = if accepted {
        ("its last one is continued", "")
    } else {
        (
            "it starts a new trace",
            ", or accept them with `accept_repeated_traceparent` when their trace ids agree",
        )
    };
    tracing::warn!(
        target: "gusset::trace",
        "a request has several `traceparent` headers, {consequence}: an agent or a proxy adds its own. \
         Turn one of them off{advice}. Further requests are counted and not logged",
    );
}
