//! The trust in the trace context of received requests.

use gusset_http::{RequestHead, RequestOptions};
use gusset_propagation::{Baggage, PropagationContext, SpanContext};

/// What a server does with the trace context of a request that no trusted proxy sent.
///
/// Context from the [trusted proxies](gusset_http::TrustedProxies::sent) of the request options is
/// always continued. Trusted by range, the peer address decides, and a request without a
/// [`PeerAddr`](gusset_http::PeerAddr) is not trusted. Trusted by number, the request has to have the
/// `Forwarded` or `X-Forwarded-For` entries of that many proxies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TraceTrust {
    /// Continues the trace, with its sampling decision and its baggage. The default.
    #[default]
    Continue,
    /// Continues the trace and its baggage. The sampler decides as for a trace that begins here.
    ///
    /// Nothing that the client has sent decides on sampling, here or further on: the sampler gets a random
    /// [`trace_id`](crate::sampler::SamplingParameters::trace_id), because the client has chosen that of the
    /// trace, the debug flag of B3 is cleared, and OpenTelemetry's member of `tracestate` is dropped. Its
    /// probability (`th`) and random value (`rv`) describe a decision that is not ours.
    OwnSampling,
    /// Starts a new trace, whose span has a link to the client's span. Drops the baggage.
    NewTrace,
}

/// The key of OpenTelemetry in `tracestate`.
pub(crate) const OTEL_MEMBER: &str = "ot";

/// What is left of a trace context that is not trusted.
#[derive(Default)]
pub(crate) struct Distrusted {
    /// The span of the client, which is linked and is not the parent.
    pub(crate) link: Option<SpanContext>,
    /// Whether the sampling decision of the parent is ignored.
    pub(crate) own_sampling: bool,
}

// === impl TraceTrust ===

impl TraceTrust {
    /// Returns whether the sender of a request is trusted to name a user or a tenant: a trusted proxy, or if none
    /// is configured, any sender whose trace context is continued.
    pub(crate) fn trusts_sender(self, req: RequestHead<'_>, options: &RequestOptions) -> bool {
        match options.trusted_proxies() {
            Some(proxies) => proxies.sent(req),
            None => self == Self::Continue,
        }
    }

    /// Removes from the context of a request what is not trusted.
    pub(crate) fn apply(
        self,
        req: RequestHead<'_>,
        options: &RequestOptions,
        context: &mut PropagationContext,
    ) -> Distrusted {
        let proxies = options.trusted_proxies();
        if self == Self::Continue || proxies.is_some_and(|proxies| proxies.sent(req)) {
            return Distrusted::default();
        }
        context.sampling_request = None;
        if self == Self::OwnSampling {
            if let Some(span) = context.span_context.take() {
                context.span_context = Some(without_sampling(span));
            }
            return Distrusted {
                link: None,
                own_sampling: true,
            };
        }
        context.baggage = Baggage::new();
        Distrusted {
            link: context.span_context.take(),
            own_sampling: true,
        }
    }
}

/// Removes what decides on sampling from a span context: the flags, and `th` and `rv` (OpenTelemetry,
/// "TraceState: Probability Sampling").
fn without_sampling(span: SpanContext) -> SpanContext {
    let state = span.state().without(OTEL_MEMBER);
    // Clears the debug flag too.
    let flags = span.flags().with_sampled(false);
    span.with_state(state).with_flags(flags)
}
