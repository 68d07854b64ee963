use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{Outcome, Pool, StaticStr};
use gusset_http::{GrpcCode, RedactedQuery, RequestBodyProgress, RequestId, Route, truncate_str};
use http::{HeaderValue, Method, StatusCode, Uri, Version};

use super::config::AccessLogConfig;
use super::display::{
    self, LossyHeader, MAX_METHOD_BYTES, MAX_PATH_BYTES, MAX_ROUTE_BYTES, Summary, Url,
};
use super::in_progress::Registration;

thread_local! {
    static POOL: Pool<AccessRecord> = const { Pool::new() };
}

/// The facts of one request, from which its access log entry is made.
///
/// It is not shared before the request ends. Then the event of the entry borrows it, and
/// [`LogLayer`](crate::LogLayer) reads it.
#[derive(Default)]
pub(crate) struct AccessRecord {
    /// Always set during a request.
    pub(super) config: Option<Arc<AccessLogConfig>>,
    /// The index of the method among the known ones.
    pub(super) method: usize,
    pub(super) method_original: Option<Method>,
    /// Always set during a request.
    pub(super) uri: Option<Uri>,
    pub(super) version: Version,
    pub(super) route: Option<Route>,
    pub(super) user_agent: Option<HeaderValue>,
    pub(super) referer: Option<HeaderValue>,
    /// The `Host` header of a client's request, if the URI has no authority.
    pub(super) host: Option<HeaderValue>,
    pub(super) client: Option<IpAddr>,
    pub(super) request_id: Option<RequestId>,
    pub(super) body_progress: Option<RequestBodyProgress>,
    pub(super) status: Option<StatusCode>,
    /// The entry in the table of requests in progress.
    pub(super) registration: Option<Registration>,
    pub(super) completion: Completion,
}

/// How the request ended. It is written before it is read.
#[derive(Clone, Copy)]
pub(super) struct Completion {
    pub(super) outcome: Outcome,
    pub(super) stage: Option<&'static str>,
    /// The status of the protocol: for gRPC, its code.
    pub(super) protocol_status: Option<StaticStr>,
    pub(super) error_type: Option<StaticStr>,
    pub(super) response_bytes: u64,
    pub(super) elapsed: Duration,
    pub(super) time_to_headers: Option<Duration>,
}

// === impl AccessRecord ===

impl AccessRecord {
    /// Returns a cleared record that is not shared, from the thread's pool if possible.
    #[inline]
    pub(super) fn acquire() -> Arc<Self> {
        Pool::acquire(&POOL)
    }

    /// Clears a record and returns its memory to the pool.
    #[inline]
    pub(super) fn release(mut record: Arc<Self>) {
        // If a subscriber panicked, its thread-local may still share the record and frees it later.
        let Some(unique) = Arc::get_mut(&mut record) else {
            return;
        };
        unique.clear();
        Pool::release(&POOL, record);
    }

    /// Drops everything that owns memory. The other fields are written before they are read.
    #[inline]
    fn clear(&mut self) {
        let Self {
            config,
            method: _,
            method_original,
            uri,
            version: _,
            route,
            user_agent,
            referer,
            host,
            client: _,
            request_id,
            body_progress,
            status,
            registration,
            completion: _,
        } = self;
        *config = None;
        *method_original = None;
        *uri = None;
        *route = None;
        *user_agent = None;
        *referer = None;
        *host = None;
        *request_id = None;
        *body_progress = None;
        *status = None;
        *registration = None;
    }

    /// Returns whether the fields that most entries lack are all absent.
    #[inline]
    pub(super) fn has_only_common_fields(&self) -> bool {
        self.completion.error_type.is_none()
            && self.completion.stage.is_none()
            && self.method_original.is_none()
            && self.referer.is_none()
            && self.body_progress.is_none()
            && self.config().query.is_none()
    }

    #[inline]
    pub(super) fn config(&self) -> &Arc<AccessLogConfig> {
        self.config.as_ref().expect("set during a request")
    }

    #[inline]
    pub(super) fn uri(&self) -> &Uri {
        self.uri.as_ref().expect("set during a request")
    }
}

// The fields of entries, as the table in `fields.rs` names them.
impl AccessRecord {
    #[inline]
    pub(super) fn method(&self) -> &str {
        self.config().methods.name(self.method)
    }

    #[inline]
    pub(super) fn method_original(&self) -> Option<&str> {
        let method = self.method_original.as_ref()?;
        Some(truncate_str(method.as_str(), MAX_METHOD_BYTES))
    }

    #[inline]
    pub(super) fn path(&self) -> &str {
        truncate_str(self.uri().path(), MAX_PATH_BYTES)
    }

    #[inline]
    pub(super) fn url(&self) -> Url<'_> {
        Url {
            uri: self.uri(),
            redaction: self.config().query.as_ref(),
        }
    }

    #[inline]
    pub(super) fn query(&self) -> Option<RedactedQuery<'_>> {
        let (redaction, query) = (self.config().query.as_ref()?, self.uri().query()?);
        Some(redaction.redact(query))
    }

    #[inline]
    pub(super) fn scheme(&self) -> Option<&'static str> {
        match self.uri().scheme_str() {
            Some("https") => Some("https"),
            Some("http") => Some("http"),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn route(&self) -> Option<&str> {
        let route = self.route.as_ref()?;
        Some(truncate_str(route.as_str(), MAX_ROUTE_BYTES))
    }

    #[inline]
    pub(super) fn status(&self) -> Option<u16> {
        self.status.map(|status| status.as_u16())
    }

    /// Returns the version of the response that a client received.
    #[inline]
    pub(super) fn response_version(&self) -> Option<&'static str> {
        self.status().and(display::version_str(self.version))
    }

    #[inline]
    pub(super) fn request_bytes(&self) -> Option<u64> {
        self.body_progress.as_ref().map(RequestBodyProgress::bytes)
    }

    #[inline]
    pub(super) fn user_agent(&self) -> Option<LossyHeader<'_>> {
        display::header(self.user_agent.as_ref())
    }

    #[inline]
    pub(super) fn referer(&self) -> Option<LossyHeader<'_>> {
        display::without_query(self.referer.as_ref())
    }

    #[inline]
    pub(super) fn error_type(&self) -> Option<&'static str> {
        self.completion.error_type.map(StaticStr::as_str)
    }

    #[inline]
    pub(super) fn protocol_status(&self) -> Option<&'static str> {
        self.completion.protocol_status.map(StaticStr::as_str)
    }

    /// Returns the host and the port that a client calls.
    pub(super) fn peer(&self) -> (Option<&str>, Option<u16>) {
        let (uri, host) = (self.uri(), &self.host);
        let authority = match uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => host.as_ref().and_then(|host| host.to_str().ok()),
        };
        let Some((host, port)) = authority.map(display::host_and_port) else {
            return (None, None);
        };
        let default_port = match uri.scheme_str() {
            Some("https") => Some(443),
            Some("http") => Some(80),
            _ => None,
        };
        (Some(host), port.or(default_port))
    }

    /// Returns the RPC method as sent.
    pub(super) fn rpc_path(&self) -> &str {
        let path = self.uri().path();
        truncate_str(path.strip_prefix('/').unwrap_or(path), MAX_ROUTE_BYTES)
    }

    /// Returns the RPC method, and the method as sent if the server does not implement it. The client
    /// chose such a name freely, so it is not logged as the method.
    pub(super) fn rpc_method(&self) -> (&str, Option<&str>) {
        let code = self.completion.protocol_status;
        match code.and_then(GrpcCode::from_name) {
            Some(GrpcCode::UNIMPLEMENTED) => ("_OTHER", Some(self.rpc_path())),
            _ => (self.rpc_path(), None),
        }
    }

    pub(super) fn summary(&self) -> Summary<'_> {
        let status = self.status.map(gusset_http::status_code_str);
        Summary {
            method: self.method(),
            target: self.route().unwrap_or_else(|| self.path()),
            result: self.result(status),
        }
    }

    pub(super) fn rpc_summary(&self) -> Summary<'_> {
        Summary {
            method: "grpc",
            target: self.rpc_method().0,
            result: self.result(self.completion.protocol_status),
        }
    }

    fn result(&self, status: Option<StaticStr>) -> &'static str {
        status.map_or_else(|| self.completion.outcome.as_str(), StaticStr::as_str)
    }
}

// === impl Completion ===

impl Default for Completion {
    fn default() -> Self {
        Self {
            outcome: Outcome::Success,
            stage: None,
            protocol_status: None,
            error_type: None,
            response_bytes: 0,
            elapsed: Duration::ZERO,
            time_to_headers: None,
        }
    }
}
