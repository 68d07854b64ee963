//! The event that a line is. `tracing` knows an event's level when the program is compiled: there is one
//! for each level of each kind of call.

use std::time::Duration;

use gusset_core::{Cx, Outcome, Token};
use gusset_http::{GrpcCode, capped};
use tracing::{Level, event};

use super::call::Kept;
use super::shown::{self, PATH, Url};
use super::{Shared, Side};
use crate::names;

/// A call that has ended.
pub(super) struct Ended<'a> {
    pub(super) shared: &'a Shared,
    pub(super) kept: &'a Kept,
    pub(super) outcome: Outcome,
    pub(super) stage: Option<&'static str>,
    pub(super) cx: &'a Cx,
}

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
            { message = $message, $($fields)* }
        )
    };
}

/// Writes the line of a call.
pub(super) fn line(level: Level, call: &Ended<'_>) {
    match call.shared.side {
        Side::Server => shown::summary(call.summary(), |text| call.server(level, text)),
        Side::Client => shown::summary(call.summary(), |text| call.client(level, text)),
        Side::GrpcServer => {
            shown::summary(call.rpc_summary(), |text| call.grpc_server(level, text));
        }
        Side::GrpcClient => {
            shown::summary(call.rpc_summary(), |text| call.grpc_client(level, text));
        }
    }
}

fn seconds(time: Duration) -> f64 {
    // One division, so that the digits are those of the nanoseconds; 584 years of them fit.
    (time.as_secs() * 1_000_000_000 + u64::from(time.subsec_nanos())) as f64 / 1e9
}

// === impl Ended ===

impl Ended<'_> {
    // What comes first is what Google Cloud wants side by side.
    #[inline]
    fn server(&self, level: Level, message: &str) {
        let Self { kept, .. } = self;
        at_level!(level, "http.server.request", message, {
            { names::METHOD } = self.method(),
            { names::PATH } = self.path(),
            { names::STATUS } = self.status(),
            { names::RESPONSE_SIZE } = self.cx.bytes(),
            { names::REQUEST_SIZE } = self.read(),
            { names::USER_AGENT } = shown::header(kept.user_agent.as_ref()).map(display),
            { names::CLIENT_ADDRESS } = kept.client.map(display),
            { names::REFERER } = shown::page(kept.referer.as_ref()).map(display),
            { names::SERVER_DURATION } = seconds(self.cx.elapsed()),
            { names::VERSION } = shown::version(kept.version),
            { names::ROUTE } = self.route(),
            { names::SERVER_HEAD } = self.cx.head().map(seconds),
            { names::OUTCOME } = self.outcome.as_str(),
            { names::STAGE } = self.stage,
            { names::ERROR } = self.error(),
            { names::METHOD_ORIGINAL } = self.method_original(),
            { names::SCHEME } = self.scheme(),
            { names::QUERY } = self.query().map(display),
        });
    }

    fn client(&self, level: Level, message: &str) {
        let Self { kept, .. } = self;
        let (host, port) = self.peer();
        at_level!(level, "http.client.request", message, {
            { names::METHOD } = self.method(),
            { names::URL } = display(Url { uri: &kept.uri, redaction: self.shared.query.as_ref() }),
            { names::STATUS } = self.status(),
            { names::RESPONSE_SIZE } = self.cx.bytes(),
            { names::REQUEST_SIZE } = self.read(),
            { names::USER_AGENT } = shown::header(kept.user_agent.as_ref()).map(display),
            { names::CLIENT_DURATION } = seconds(self.cx.elapsed()),
            { names::VERSION } = self.status().and(shown::version(kept.version)),
            { names::SERVER_ADDRESS } = host,
            { names::SERVER_PORT } = port,
            { names::TEMPLATE } = self.route(),
            { names::CLIENT_HEAD } = self.cx.head().map(seconds),
            { names::OUTCOME } = self.outcome.as_str(),
            { names::STAGE } = self.stage,
            { names::ERROR } = self.error(),
            { names::METHOD_ORIGINAL } = self.method_original(),
        });
    }

    fn grpc_server(&self, level: Level, message: &str) {
        let Self { kept, .. } = self;
        let (method, original) = self.rpc_method();
        at_level!(level, "rpc.server.call", message, {
            { names::RPC_SYSTEM } = "grpc",
            { names::RPC_METHOD } = method,
            { names::RPC_STATUS } = self.cx.status().map(Token::as_str),
            { names::RESPONSE_SIZE } = self.cx.bytes(),
            { names::REQUEST_SIZE } = self.read(),
            { names::USER_AGENT } = shown::header(kept.user_agent.as_ref()).map(display),
            { names::CLIENT_ADDRESS } = kept.client.map(display),
            { names::RPC_SERVER_DURATION } = seconds(self.cx.elapsed()),
            { names::STATUS } = self.status(),
            { names::SERVER_HEAD } = self.cx.head().map(seconds),
            { names::OUTCOME } = self.outcome.as_str(),
            { names::STAGE } = self.stage,
            { names::ERROR } = self.error(),
            { names::RPC_METHOD_ORIGINAL } = original,
        });
    }

    fn grpc_client(&self, level: Level, message: &str) {
        let (host, port) = self.peer();
        let method = self.rpc_path();
        at_level!(level, "rpc.client.call", message, {
            { names::RPC_SYSTEM } = "grpc",
            { names::RPC_METHOD } = method,
            { names::RPC_STATUS } = self.cx.status().map(Token::as_str),
            { names::RESPONSE_SIZE } = self.cx.bytes(),
            { names::REQUEST_SIZE } = self.read(),
            { names::RPC_CLIENT_DURATION } = seconds(self.cx.elapsed()),
            { names::STATUS } = self.status(),
            { names::SERVER_ADDRESS } = host,
            { names::SERVER_PORT } = port,
            { names::CLIENT_HEAD } = self.cx.head().map(seconds),
            { names::OUTCOME } = self.outcome.as_str(),
            { names::STAGE } = self.stage,
            { names::ERROR } = self.error(),
        });
    }

    fn summary(&self) -> [&str; 3] {
        let status = self.kept.status.map(gusset_http::status_token);
        [
            self.method(),
            self.route().unwrap_or_else(|| self.path()),
            status.map_or_else(|| self.outcome.as_str(), Token::as_str),
        ]
    }

    fn rpc_summary(&self) -> [&str; 3] {
        let status = self.cx.status();
        [
            "grpc",
            self.rpc_method().0,
            status.map_or_else(|| self.outcome.as_str(), Token::as_str),
        ]
    }

    fn method(&self) -> &str {
        self.shared.methods.name(self.kept.method)
    }

    fn method_original(&self) -> Option<&str> {
        let method = self.kept.method_original.as_ref()?;
        Some(capped(method.as_str(), 32))
    }

    fn path(&self) -> &str {
        capped(self.kept.uri.path(), PATH)
    }

    fn route(&self) -> Option<&str> {
        let route = self.kept.route.as_ref()?;
        Some(capped(route.as_str(), 256))
    }

    fn status(&self) -> Option<u16> {
        self.kept.status.map(|status| status.as_u16())
    }

    fn read(&self) -> Option<u64> {
        self.kept.progress.as_ref().map(|progress| progress.bytes())
    }

    fn error(&self) -> Option<&'static str> {
        self.cx.error_type().map(Token::as_str)
    }

    fn scheme(&self) -> Option<&'static str> {
        match self.kept.uri.scheme_str() {
            Some("https") => Some("https"),
            Some("http") => Some("http"),
            _ => None,
        }
    }

    fn query(&self) -> Option<gusset_http::RedactedQuery<'_>> {
        let (redaction, query) = (self.shared.query.as_ref()?, self.kept.uri.query()?);
        Some(redaction.redact(query))
    }

    fn peer(&self) -> (Option<&str>, Option<u16>) {
        let Kept { uri, host, .. } = self.kept;
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
        let path = self.kept.uri.path();
        capped(path.strip_prefix('/').unwrap_or(path), 256)
    }

    /// The method, and what was sent in its place if the server does not know it: then it is a
    /// stranger's word.
    fn rpc_method(&self) -> (&str, Option<&str>) {
        let code = self.cx.status().and_then(GrpcCode::from_token);
        match code {
            Some(GrpcCode::UNIMPLEMENTED) => ("_OTHER", Some(self.rpc_path())),
            _ => (self.rpc_path(), None),
        }
    }
}
