//! The configuration of a [`TraceObserver`](crate::TraceObserver), shared with the calls in progress.

mod captured_headers;
mod repeated_traceparent;
mod trust;
mod unread_trace;

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use gusset_core::PanicCounter;
use gusset_data::{Redaction, SpanSink};
use gusset_http::{RequestAttributes, RequestOptions};
use gusset_propagation::Propagators;

pub(crate) use self::captured_headers::CapturedHeaders;
pub(crate) use self::repeated_traceparent::RepeatedTraceparent;
pub use self::trust::TraceTrust;
pub(crate) use self::trust::{Distrusted, OTEL_MEMBER};
pub(crate) use self::unread_trace::UnreadTraceCheck;
use crate::call_kind::CallKind;
use crate::exceptions::ExceptionSignals;
use crate::live::StartSpan;
use crate::sampler::{Sampler, SamplerPanics};
use crate::{ContextBridge, SpanLimits};

pub(crate) struct TraceConfig {
    pub(crate) kind: CallKind,
    pub(crate) propagators: Propagators,
    pub(crate) sampler: Arc<dyn Sampler>,
    pub(crate) sampler_panics: SamplerPanics,
    /// `None` selects the `SpanLayer` of the thread's subscriber.
    pub(crate) sink: Option<Arc<dyn SpanSink>>,
    /// The tracer that starts the spans, in place of the sampler and the sink.
    pub(crate) live: Option<Arc<dyn StartSpan>>,
    /// The panics of the sink or of the tracer.
    pub(crate) sink_panics: Option<Arc<PanicCounter>>,
    pub(crate) limits: SpanLimits,
    pub(crate) redaction: Arc<Redaction>,
    pub(crate) exceptions: ExceptionSignals,
    pub(crate) options: Arc<RequestOptions>,
    pub(crate) trust: TraceTrust,
    /// The members of the baggage that are own fields of calls.
    pub(crate) baggage_fields: Box<[Cow<'static, str>]>,
    pub(crate) repeated_traceparent: RepeatedTraceparent,
    pub(crate) peer_address: bool,
    pub(crate) request_headers: CapturedHeaders,
    pub(crate) response_headers: CapturedHeaders,
    pub(crate) unread_trace: UnreadTraceCheck,
    pub(crate) context_bridge: Option<&'static dyn ContextBridge>,
}

// === impl TraceConfig ===

impl TraceConfig {
    /// Returns `client.address`, which spans have only behind trusted proxies.
    pub(crate) fn client_address(&self, http: RequestAttributes<'_>) -> Option<IpAddr> {
        self.options.trusted_proxies()?;
        http.client_address()
    }

    /// Returns the peer of the connection, if it is to be recorded.
    pub(crate) fn peer_address(&self, http: RequestAttributes<'_>) -> Option<SocketAddr> {
        self.peer_address.then(|| http.peer_address()).flatten()
    }

    /// Returns `user_agent.original`, which spans have only if the options enable it explicitly.
    #[inline]
    pub(crate) fn user_agent<'a>(&self, http: RequestAttributes<'a>) -> Option<&'a str> {
        self.options.user_agent()?;
        http.user_agent()
    }
}
