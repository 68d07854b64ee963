//! The event that a line is. `tracing` knows an event's level when the program is compiled: there is one
//! for each level of each kind of call.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::StaticStr;
use gusset_http::{GrpcCode, RequestBodyProgress, capped};
use tracing::{Level, event};

use super::Side;
use super::kept::Kept;
use super::shown::{self, PATH, Summary, Url};
use crate::names;

thread_local! {
    static CURRENT: Cell<Option<Arc<Kept>>> = const { Cell::new(None) };
}

/// The call whose line is being emitted on this thread, for our own layer: the event of a line shows each
/// field through two virtual calls, which is for subscribers that do not know us.
pub(crate) struct Current;

/// The event of one kind of call, at whatever level.
macro_rules! at_level {
    ($level:expr, $name:literal, $message:expr, { $($fields:tt)* }) => {
        match $level {
            Level::TRACE => at_level!(@ TRACE, $name, $message, { $($fields)* }),
            Level::DEBUG => at_level!(@ DEBUG, $name, $message, { $($fields)* }),
            Level::INFO => at_level!(@ INFO, $name, $message, { $($fields)* }),
            Level::WARN => at_level!(@ WARN, $name, $message, { $($fields)* }),
            Level::ERROR => at_level!(@ ERROR, $name, $message, { $($fields)* }),
        }
    };
    (@ $level:ident, $name:literal, $message:expr, { $($fields:tt)* }) => {
        event!(
            name: $name,
            target: names::ACCESS,
            Level::$level,
            { message = display($message), $($fields)* }
        )
    };
}

/// Writes the line of a call.
pub(super) fn line(level: Level, kept: &Arc<Kept>) {
    Current::set(Some(kept.clone()));
    match kept.shared().side {
        Side::Server if kept.is_usual() => kept.usual_server(level),
        Side::Server => kept.server(level),
        Side::Client => kept.client(level),
        Side::GrpcServer => kept.grpc_server(level),
        Side::GrpcClient => kept.grpc_client(level),
    }
    Current::set(None);
}

// === impl Current ===

impl Current {
    /// The call, if that is what an event is of. Once: an event within it is another's.
    #[inline]
    pub(crate) fn take() -> Option<Arc<Kept>> {
        CURRENT.try_with(Cell::take).ok().flatten()
    }

    #[inline]
    pub(crate) fn set(kept: Option<Arc<Kept>>) {
        // Nobody is shown anything on a thread that is going away.
        let _ = CURRENT.try_with(|current| current.set(kept));
    }
}

/// 584 years of them fit.
#[inline]
pub(super) fn nanos(time: Duration) -> u64 {
    time.as_secs() * 1_000_000_000 + u64::from(time.subsec_nanos())
}

pub(super) fn seconds(time: Duration) -> f64 {
    // One division, so that the digits are those of the nanoseconds.
    nanos(time) as f64 / 1e9
}

/// What a line says in one glance, put together only if somebody reads it.
#[derive(Clone, Copy)]
struct Glance<'a>(&'a Kept, fn(&'a Kept) -> Summary<'a>);

impl fmt::Display for Glance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(kept, summary) = *self;
        summary(kept).fmt(f)
    }
}

// === impl Kept ===

impl Kept {
    /// Whether there is nothing to be told but what is told of nearly every call.
    #[inline]
    fn is_usual(&self) -> bool {
        self.end.error.is_none()
            && self.end.stage.is_none()
            && self.method_original.is_none()
            && self.referer.is_none()
            && self.progress.is_none()
            && self.shared().query.is_none()
    }

    /// The line of a usual call: the same event without the fields that would be empty, each of which
    /// costs.
    #[inline]
    fn usual_server(&self, level: Level) {
        at_level!(level, "http.server.request", Glance(self, Self::summary), {
            { names::METHOD } = self.method(),
            { names::PATH } = self.path(),
            { names::STATUS } = self.status(),
            { names::RESPONSE_SIZE } = self.end.bytes,
            { names::USER_AGENT } = shown::header(self.user_agent.as_ref()).map(display),
            { names::CLIENT_ADDRESS } = self.client.map(display),
            { names::SERVER_DURATION } = seconds(self.end.elapsed),
            { names::VERSION } = shown::version(self.version),
            { names::ROUTE } = self.route(),
            { names::SERVER_HEAD } = self.end.head.map(seconds),
            { names::OUTCOME } = self.end.outcome.as_str(),
            { names::SCHEME } = self.scheme(),
        });
    }

    // What comes first is what Google Cloud wants side by side.
    fn server(&self, level: Level) {
        at_level!(level, "http.server.request", Glance(self, Self::summary), {
            { names::METHOD } = self.method(),
            { names::PATH } = self.path(),
            { names::STATUS } = self.status(),
            { names::RESPONSE_SIZE } = self.end.bytes,
            { names::REQUEST_SIZE } = self.read(),
            { names::USER_AGENT } = shown::header(self.user_agent.as_ref()).map(display),
            { names::CLIENT_ADDRESS } = self.client.map(display),
            { names::REFERER } = shown::page(self.referer.as_ref()).map(display),
            { names::SERVER_DURATION } = seconds(self.end.elapsed),
            { names::VERSION } = shown::version(self.version),
            { names::ROUTE } = self.route(),
            { names::SERVER_HEAD } = self.end.head.map(seconds),
            { names::OUTCOME } = self.end.outcome.as_str(),
            { names::STAGE } = self.end.stage,
            { names::ERROR } = self.error(),
            { names::METHOD_ORIGINAL } = self.method_original(),
            { names::SCHEME } = self.scheme(),
            { names::QUERY } = self.query().map(display),
        });
    }

    fn client(&self, level: Level) {
        let (host, port) = self.peer();
        at_level!(level, "http.client.request", Glance(self, Self::summary), {
            { names::METHOD } = self.method(),
            { names::URL } = display(Url { uri: self.uri(), redaction: self.shared().query.as_ref() }),
            { names::STATUS } = self.status(),
            { names::RESPONSE_SIZE } = self.end.bytes,
            { names::REQUEST_SIZE } = self.read(),
            { names::USER_AGENT } = shown::header(self.user_agent.as_ref()).map(display),
            { names::CLIENT_DURATION } = seconds(self.end.elapsed),
            { names::VERSION } = self.status().and(shown::version(self.version)),
            { names::SERVER_ADDRESS } = host,
            { names::SERVER_PORT } = port,
            { names::TEMPLATE } = self.route(),
            { names::CLIENT_HEAD } = self.end.head.map(seconds),
            { names::OUTCOME } = self.end.outcome.as_str(),
            { names::STAGE } = self.end.stage,
            { names::ERROR } = self.error(),
            { names::METHOD_ORIGINAL } = self.method_original(),
        });
    }

    fn grpc_server(&self, level: Level) {
        let (method, original) = self.rpc_method();
        at_level!(level, "rpc.server.call", Glance(self, Self::rpc_summary), {
            { names::RPC_SYSTEM } = "grpc",
            { names::RPC_METHOD } = method,
            { names::RPC_STATUS } = self.end.code.map(StaticStr::as_str),
            { names::RESPONSE_SIZE } = self.end.bytes,
            { names::REQUEST_SIZE } = self.read(),
            { names::USER_AGENT } = shown::header(self.user_agent.as_ref()).map(display),
            { names::CLIENT_ADDRESS } = self.client.map(display),
            { names::RPC_SERVER_DURATION } = seconds(self.end.elapsed),
            { names::STATUS } = self.status(),
            { names::SERVER_HEAD } = self.end.head.map(seconds),
            { names::OUTCOME } = self.end.outcome.as_str(),
            { names::STAGE } = self.end.stage,
            { names::ERROR } = self.error(),
            { names::RPC_METHOD_ORIGINAL } = original,
        });
    }

    fn grpc_client(&self, level: Level) {
        let (host, port) = self.peer();
        let method = self.rpc_path();
        at_level!(level, "rpc.client.call", Glance(self, Self::rpc_summary), {
            { names::RPC_SYSTEM } = "grpc",
            { names::RPC_METHOD } = method,
            { names::RPC_STATUS } = self.end.code.map(StaticStr::as_str),
            { names::RESPONSE_SIZE } = self.end.bytes,
            { names::REQUEST_SIZE } = self.read(),
            { names::RPC_CLIENT_DURATION } = seconds(self.end.elapsed),
            { names::STATUS } = self.status(),
            { names::SERVER_ADDRESS } = host,
            { names::SERVER_PORT } = port,
            { names::CLIENT_HEAD } = self.end.head.map(seconds),
            { names::OUTCOME } = self.end.outcome.as_str(),
            { names::STAGE } = self.end.stage,
            { names::ERROR } = self.error(),
        });
    }

    pub(super) fn summary(&self) -> Summary<'_> {
        let status = self.status.map(gusset_http::status_token);
        Summary {
            method: self.method(),
            place: self.route().unwrap_or_else(|| self.path()),
            end: status.map_or_else(|| self.end.outcome.as_str(), StaticStr::as_str),
        }
    }

    fn rpc_summary(&self) -> Summary<'_> {
        let status = self.end.code;
        Summary {
            method: "grpc",
            place: self.rpc_method().0,
            end: status.map_or_else(|| self.end.outcome.as_str(), StaticStr::as_str),
        }
    }

    #[inline]
    pub(super) fn method(&self) -> &str {
        self.shared().methods.name(self.method)
    }

    #[inline]
    pub(super) fn method_original(&self) -> Option<&str> {
        let method = self.method_original.as_ref()?;
        Some(capped(method.as_str(), 32))
    }

    #[inline]
    pub(super) fn path(&self) -> &str {
        capped(self.uri().path(), PATH)
    }

    #[inline]
    pub(super) fn route(&self) -> Option<&str> {
        let route = self.route.as_ref()?;
        Some(capped(route.as_str(), 256))
    }

    #[inline]
    pub(super) fn status(&self) -> Option<u16> {
        self.status.map(|status| status.as_u16())
    }

    #[inline]
    pub(super) fn read(&self) -> Option<u64> {
        self.progress.as_ref().map(RequestBodyProgress::bytes)
    }

    #[inline]
    pub(super) fn error(&self) -> Option<&'static str> {
        self.end.error.map(StaticStr::as_str)
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
    pub(super) fn query(&self) -> Option<gusset_http::RedactedQuery<'_>> {
        let (redaction, query) = (self.shared().query.as_ref()?, self.uri().query()?);
        Some(redaction.redact(query))
    }

    fn peer(&self) -> (Option<&str>, Option<u16>) {
        let (uri, host) = (self.uri(), &self.host);
        let named = match uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => host.as_ref().and_then(|host| host.to_str().ok()),
        };
        let Some((host, port)) = named.map(shown::host_and_port) else {
            return (None, None);
        };
        let usual = match uri.scheme_str() {
            Some("https") => Some(443),
            Some("http") => Some(80),
            _ => None,
        };
        (Some(host), port.or(usual))
    }

    fn rpc_path(&self) -> &str {
        let path = self.uri().path();
        capped(path.strip_prefix('/').unwrap_or(path), 256)
    }

    /// The method, and what was sent in its place if the server does not know it: then it is a
    /// stranger's word.
    fn rpc_method(&self) -> (&str, Option<&str>) {
        let code = self.end.code.and_then(GrpcCode::from_token);
        match code {
            Some(GrpcCode::UNIMPLEMENTED) => ("_OTHER", Some(self.rpc_path())),
            _ => (self.rpc_path(), None),
        }
    }
}
