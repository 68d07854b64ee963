use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gusset_core::field::CallFields;
use gusset_core::{CallContext, Outcome, Pool, Stage, StaticStr};
use gusset_http::{
    KnownMethods, MAX_HEADER_VALUE_BYTES, ProtocolVersion, RequestAttributes, RequestBodyProgress,
    RequestHead, RequestId, Route, RpcMethod, ServerAddress, status_code_str, truncate_str,
};
use http::{HeaderValue, Method, Request, StatusCode, Uri};

use super::config::{AccessLogConfig, CallKind};
use super::display::{LossyHeader, MAX_ROUTE_BYTES};
use super::in_progress::{InProgressRequest, Registration};
use super::own_fields::OwnFields;
use crate::redact::Redaction;

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
    /// Method, target and version of the request. Its headers and extensions are empty.
    pub(super) request: Request<()>,
    /// The version of the request, or that of the response that a client received.
    pub(super) version: Option<ProtocolVersion>,
    pub(super) route: Option<Route>,
    /// It may not be a text.
    pub(super) user_agent: Option<HeaderValue>,
    pub(super) referer: Option<HeaderValue>,
    pub(super) server: Option<ServerAddress>,
    pub(super) client: Option<IpAddr>,
    pub(super) rpc_method: Option<RpcMethod>,
    pub(super) request_id: Option<RequestId>,
    pub(super) body_progress: Option<RequestBodyProgress>,
    pub(super) status: Option<StatusCode>,
    /// Whether the body of the response consists of gRPC messages.
    pub(super) has_messages: bool,
    pub(super) registration: Option<Registration>,
    /// The text of the error that the request failed with, if it is logged. Redacted and bounded.
    pub(super) exception_message: Option<String>,
    /// The queue or topic of a message.
    pub(super) destination: Option<String>,
    /// The name of an operation.
    pub(super) operation: Option<&'static str>,
    /// The own fields of the call, set at its end.
    pub(super) own_fields: Option<CallFields>,
    pub(super) completion: Completion,
}

/// How the request ended. It is written before it is read.
#[derive(Clone, Copy)]
pub(super) struct Completion {
    pub(super) outcome: Outcome,
    pub(super) stage: Option<&'static str>,
    /// The status of the protocol: for gRPC, its code.
    pub(super) protocol_status: Option<&'static str>,
    pub(super) error_type: Option<&'static str>,
    /// Whether the method of a gRPC call is known at its end.
    pub(super) is_rpc_method_known: bool,
    pub(super) response_bytes: u64,
    pub(super) elapsed: Duration,
    pub(super) time_to_headers: Option<Duration>,
}

// === impl AccessRecord ===

impl AccessRecord {
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
            request,
            version: _,
            route,
            user_agent,
            referer,
            server,
            client: _,
            rpc_method,
            request_id,
            body_progress,
            status,
            has_messages,
            registration,
            exception_message,
            destination,
            // Written before it is read: by each operation, and read by no other entry.
            operation: _,
            own_fields,
            completion: _,
        } = self;
        *config = None;
        *request.method_mut() = Method::GET;
        *request.uri_mut() = Uri::default();
        *route = None;
        *user_agent = None;
        *referer = None;
        *server = None;
        *rpc_method = None;
        *request_id = None;
        *body_progress = None;
        *status = None;
        *has_messages = false;
        *registration = None;
        *exception_message = None;
        *destination = None;
        *own_fields = None;
    }

    /// Keeps the parts of a request that [`attributes`](Self::attributes) reads. Copies no text.
    #[inline]
    pub(super) fn keep_request(&mut self, req: RequestHead<'_>, uri: &Uri) {
        *self.request.method_mut() = req.method.clone();
        *self.request.uri_mut() = uri.clone();
        *self.request.version_mut() = req.version;
    }

    /// Returns what is logged while the request is in progress.
    pub(super) fn to_in_progress(&self, started: Instant) -> InProgressRequest {
        let config = self.config();
        InProgressRequest {
            request: self.request.clone(),
            side: config.kind.side(),
            options: config.options.clone(),
            route: self.route.clone(),
            request_id: self.request_id.clone(),
            started,
            ids: None,
            next_entry: started,
        }
    }

    /// Returns whether the fields that most entries lack are all absent.
    #[inline]
    pub(super) fn has_only_common_fields(&self) -> bool {
        self.completion.error_type.is_none()
            && self.exception_message.is_none()
            && self.completion.stage.is_none()
            && self.attributes().method_index() > 0
            && self.referer.is_none()
            && self.body_progress.is_none()
            && self.own_fields.is_none()
            && self.config().options.query().is_none()
    }

    #[inline]
    pub(super) fn config(&self) -> &Arc<AccessLogConfig> {
        self.config.as_ref().expect("set during a request")
    }

    /// Returns the attributes that follow from method, target and version.
    #[inline]
    pub(super) fn attributes(&self) -> RequestAttributes<'_> {
        let config = self.config();
        let head = RequestHead::from(&self.request);
        RequestAttributes::new(head, config.kind.side(), &config.options)
    }
}

// The fields of entries, as the table in `fields.rs` names them.
impl AccessRecord {
    #[inline]
    pub(super) fn route(&self) -> Option<&str> {
        let route = self.route.as_ref()?;
        Some(truncate_str(route.as_str(), MAX_ROUTE_BYTES))
    }

    #[inline]
    pub(super) fn status(&self) -> Option<u16> {
        self.status.map(|status| status.as_u16())
    }

    #[inline]
    pub(super) fn request_bytes(&self) -> Option<u64> {
        self.body_progress.as_ref().map(RequestBodyProgress::bytes)
    }

    #[inline]
    pub(super) fn user_agent(&self) -> Option<&str> {
        let value = self.user_agent.as_ref()?.as_bytes();
        // As `RequestAttributes::user_agent` reads it.
        let text = std::str::from_utf8(value).ok().filter(|it| it.is_ascii())?;
        Some(truncate_str(text, MAX_HEADER_VALUE_BYTES))
    }

    #[inline]
    pub(super) fn referer(&self) -> Option<LossyHeader<'_>> {
        let hides_paths = self.config().options.hides_paths();
        let referer = self.referer.as_ref()?;
        Some(match hides_paths {
            true => LossyHeader::origin(referer),
            false => LossyHeader::without_query(referer),
        })
    }

    #[inline]
    pub(crate) fn has_own_fields(&self) -> bool {
        self.own_fields.is_some()
    }

    /// Returns the own fields of the call.
    #[inline]
    pub(crate) fn own_fields(&self) -> Option<OwnFields<'_>> {
        let fields = self.own_fields.as_ref()?;
        Some(OwnFields::new(fields, &self.config().options))
    }

    pub(super) fn server_address(&self) -> Option<&str> {
        self.server.as_ref().map(ServerAddress::address)
    }

    pub(super) fn server_port(&self) -> Option<u16> {
        self.server.as_ref().map(ServerAddress::port)
    }

    /// Returns the method of a gRPC call, or `_OTHER` if it is not known.
    pub(super) fn rpc_method<'a>(&self, http: RequestAttributes<'a>) -> &'a str {
        match self.completion.is_rpc_method_known {
            true => http.rpc_method_original(),
            false => KnownMethods::OTHER,
        }
    }

    /// Returns the method of a gRPC call as sent, if it is not known.
    pub(super) fn rpc_method_original<'a>(&self, http: RequestAttributes<'a>) -> Option<&'a str> {
        let is_shown = !self.completion.is_rpc_method_known && !self.config().options.hides_paths();
        // A request without a path has none.
        let original = is_shown.then(|| http.rpc_method_original());
        original.filter(|original| !original.is_empty())
    }

    /// Returns whether a text that a client chose may contain a secret.
    pub(crate) fn may_contain_secret(&self, redaction: &Redaction) -> bool {
        let headers = [&self.user_agent, &self.referer];
        let mut texts = headers.into_iter().flatten().map(HeaderValue::as_bytes);
        let uri = self.request.uri();
        let message = self.exception_message.as_deref();
        let query = self.config().options.query().and(uri.query());
        redaction.may_contain_secret(uri.path().as_bytes())
            || query.is_some_and(|query| redaction.may_contain_secret(query.as_bytes()))
            || texts.any(|text| redaction.may_contain_secret(text))
            || message.is_some_and(|message| redaction.may_contain_secret(message.as_bytes()))
    }

    pub(super) fn messaging_system(&self) -> &str {
        let messaging = self.config().messaging.as_ref();
        messaging.map_or("", |[system, _]| system)
    }

    pub(super) fn messaging_operation(&self) -> &str {
        let messaging = self.config().messaging.as_ref();
        messaging.map_or("", |[_, operation]| operation)
    }

    /// Returns the message in parts: the method, the route or else the path or `-`, the status or else the
    /// outcome.
    pub(super) fn message(&self) -> [&str; 3] {
        let outcome = self.completion.outcome.as_str();
        match self.config().kind {
            CallKind::Consumer => {
                let destination = self.destination.as_deref().unwrap_or("-");
                return [self.messaging_operation(), destination, outcome];
            }
            CallKind::Operation => {
                return ["operation", self.operation.unwrap_or_default(), outcome];
            }
            _ => {}
        }
        let http = self.attributes();
        let (method, target, status) = match self.config().kind.is_grpc() {
            true => (
                "grpc",
                self.rpc_method(http),
                self.completion.protocol_status,
            ),
            false => (
                http.method(),
                self.route().or(http.reported_path()).unwrap_or("-"),
                self.status.map(|status| status_code_str(status).as_str()),
            ),
        };
        [method, target, status.unwrap_or(outcome)]
    }
}

impl fmt::Display for AccessRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [method, target, result] = self.message();
        write!(f, "{method} {target} {result}")
    }
}

// === impl Completion ===

impl Completion {
    pub(super) fn new(outcome: Outcome, stage: Option<Stage>, cx: &CallContext) -> Self {
        Self {
            outcome,
            stage: stage.map(Stage::as_str),
            protocol_status: cx.status().map(StaticStr::as_str),
            error_type: cx.error_type().map(StaticStr::as_str),
            is_rpc_method_known: false,
            response_bytes: cx.bytes(),
            elapsed: cx.elapsed(),
            time_to_headers: cx.time_to_headers(),
        }
    }
}

impl Default for Completion {
    fn default() -> Self {
        Self {
            outcome: Outcome::Success,
            stage: None,
            protocol_status: None,
            error_type: None,
            is_rpc_method_known: false,
            response_bytes: 0,
            elapsed: Duration::ZERO,
            time_to_headers: None,
        }
    }
}
