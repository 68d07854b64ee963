use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, Observer, ObserverId};
use gusset_http::{
    Http, HttpClassifier, RequestAttributes, RequestBodyProgress, RequestHead, RpcMethod, Side,
};
use http::header;

use super::call::AccessCall;
use super::config::AccessLogConfig;
use super::record::AccessRecord;

/// Writes one log entry for each request, when it has ended.
///
/// An entry is a `tracing` event of the target `gusset::access`. Its fields have the names of
/// OpenTelemetry's semantic conventions 1.44 ([`names`](crate::names)): method, route, path, status,
/// outcome, duration, time to headers, bytes, client address. Its level follows from the outcome
/// ([`OutcomeLevels`](crate::OutcomeLevels)). The trace and span ids of the request are current while
/// the event is emitted, whatever the order of the observers.
///
/// `user-agent` is the only header that is logged by default. The query is logged, redacted, only if
/// it is configured. A request whose entry is disabled costs the check of a level. Other requests use
/// memory that ended requests have left on the thread.
///
/// If two layers with clones of one `AccessLog` observe the same request, the outer one writes the
/// entry.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::{Grpc, Http, HttpClientClassifier};
/// use gusset_log::AccessLog;
///
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// let server = ObserveLayer::<Http, _>::new(AccessLog::server().build()?);
/// let client = ObserveLayer::<Http<HttpClientClassifier>, _>::new(AccessLog::client().build()?);
/// let grpc = ObserveLayer::<Grpc, _>::new(AccessLog::grpc_server().build()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AccessLog {
    pub(super) config: Arc<AccessLogConfig>,
}

impl<R: HttpClassifier> Observer<Http<R>> for AccessLog {
    /// `None` if the entry is disabled.
    type Call = Option<AccessCall>;

    #[inline]
    fn start(&self, req: RequestHead<'_>, cx: &mut CallContext) -> Self::Call {
        match self.config.levels.any_enabled() {
            true => self.record(req, cx),
            false => None,
        }
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.config)
    }
}

// === impl AccessLog ===

impl AccessLog {
    /// Records the facts of the request. Texts are shared with the request and not copied.
    ///
    /// It is not inlined, so that requests whose entry is disabled do not pay for its stack frame.
    #[inline(never)]
    fn record(&self, req: RequestHead<'_>, cx: &CallContext) -> Option<AccessCall> {
        let mut shared = AccessRecord::acquire();
        let record = Arc::get_mut(&mut shared)?;
        let config = &*self.config;
        let (kind, options) = (config.kind, &config.options);
        let attributes = RequestAttributes::new(req, kind.side(), options);
        let header = |name| req.headers.get(name).cloned();
        record.config = Some(self.config.clone());
        // The method of a gRPC call is the part of the path that the router has left.
        let uri = if kind.is_grpc() {
            req.uri
        } else {
            attributes.uri()
        };
        record.keep_request(req, uri);
        record.route = attributes.to_route();
        record.user_agent = attributes.user_agent_header().cloned();
        if config.referer {
            record.referer = header(header::REFERER);
        }
        record.client = attributes.client_address();
        match kind.side() {
            Side::Server => record.version = attributes.protocol_version(),
            Side::Client => {
                record.version = None;
                record.server = attributes.to_server_address();
            }
        }
        record.rpc_method = kind.is_grpc().then(|| RpcMethod::start(attributes));
        record.request_id = attributes.request_id();
        record.body_progress = RequestBodyProgress::of_request(req, kind.side());
        if let Some(in_progress) = &config.in_progress {
            record.registration = in_progress.register(record.to_in_progress(cx.started()));
        }
        Some(AccessCall::new(shared))
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLog")
            .field("kind", &self.config.kind)
            .field("levels", &self.config.levels)
            .finish_non_exhaustive()
    }
}
