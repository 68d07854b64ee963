//! The configuration of a [`TraceObserver`](crate::TraceObserver), shared with the calls in progress.

mod captured_headers;
mod unread_trace;

use std::sync::Arc;

use gusset_data::SpanSink;
use gusset_http::{KnownMethods, QueryRedaction, TrustedProxies};
use gusset_propagation::Propagators;

pub(crate) use self::captured_headers::CapturedHeaders;
pub(crate) use self::unread_trace::UnreadTraceCheck;
use crate::SpanLimits;
use crate::call_kind::CallKind;
use crate::exceptions::ExceptionSignals;
use crate::sampler::Sampler;

pub(crate) struct TraceConfig {
    pub(crate) kind: CallKind,
    pub(crate) propagators: Propagators,
    pub(crate) sampler: Arc<dyn Sampler>,
    /// `None` selects the `SpanLayer` of the thread's subscriber.
    pub(crate) sink: Option<Arc<dyn SpanSink>>,
    pub(crate) limits: SpanLimits,
    pub(crate) exceptions: ExceptionSignals,
    pub(crate) methods: KnownMethods,
    /// `None` leaves out the query.
    pub(crate) query: Option<QueryRedaction>,
    pub(crate) user_agent: bool,
    pub(crate) https: bool,
    pub(crate) peer_address: bool,
    pub(crate) request_headers: CapturedHeaders,
    pub(crate) response_headers: CapturedHeaders,
    pub(crate) proxies: Option<TrustedProxies>,
    pub(crate) unread_trace: UnreadTraceCheck,
}
