use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, Observer};
use gusset_http::{
    Http, HttpClassifier, PeerAddr, RequestBodyProgress, RequestHead, RequestId, Route,
    current_request_id,
};
use http::header;

use super::call::{self, AccessCall};
use super::config::AccessLogConfig;
use super::in_progress::InProgressRequest;
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
    /// `None` if the entry is disabled or an outer layer writes it.
    type Call = Option<AccessCall>;

    #[inline]
    fn start(&self, req: RequestHead<'_>, cx: &mut CallContext) -> Self::Call {
        let config = &self.config;
        if !config.levels.any_enabled() || call::current_owner() == call::owner(config) {
            return None;
        }
        self.record(req, cx)
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
        let header = |name| req.headers.get(name).cloned();
        let is_server = config.side.is_server();
        record.config = Some(self.config.clone());
        record.method = config.methods.index_of(req.method);
        if record.method == 0 {
            record.method_original = Some(req.method.clone());
        }
        record.uri = Some(req.uri.clone());
        record.version = req.version;
        record.route = Route::to_owned(req);
        if config.user_agent {
            record.user_agent = header(header::USER_AGENT);
        }
        if config.referer {
            record.referer = header(header::REFERER);
        }
        if !is_server && req.uri.authority().is_none() {
            record.host = header(header::HOST);
        }
        record.client = match &config.proxies {
            _ if !is_server => None,
            Some(proxies) => proxies.client_ip(req),
            None => PeerAddr::from_request(req).map(|peer| peer.ip().to_canonical()),
        };
        record.request_id = match is_server {
            true => req.extensions.get::<RequestId>().cloned(),
            false => current_request_id(),
        };
        record.body_progress = req.extensions.get::<RequestBodyProgress>().cloned();
        if let Some(in_progress) = &config.in_progress {
            record.registration = in_progress.register(InProgressRequest::new(
                record.method_original.clone().unwrap_or_default(),
                req.uri.clone(),
                record.route.clone(),
                record.request_id.clone(),
                cx.started(),
            ));
        }
        Some(AccessCall::new(shared))
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLog")
            .field("side", &self.config.side)
            .field("levels", &self.config.levels)
            .finish_non_exhaustive()
    }
}
