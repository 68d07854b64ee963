//! The spans themselves: what stands on them at their start.

use std::net::IpAddr;

use gusset_http::{KnownMethods, RedactedQuery, RequestHead, Route, capped};
use http::{Version, header};
use tracing::field::{Empty, display};
use tracing::{Level, Span, span};

use super::Shared;
use super::url::{Url, host_and_port, path};
use crate::{ResendCount, SpanId, TraceContext, names};

/// A call that begins.
#[derive(Clone, Copy)]
pub(super) struct Starting<'a> {
    pub(super) req: RequestHead<'a>,
    pub(super) trace: &'a TraceContext,
    pub(super) parent: Option<SpanId>,
    pub(super) request_id: Option<&'a str>,
}

// === impl Shared ===

impl Shared {
    /// The span of a server, `{method} {route}`.
    pub(super) fn server_span(&self, call: Starting<'_>) -> Span {
        let Starting {
            req,
            trace,
            parent,
            request_id,
        } = call;
        span!(
            target: "gusset::trace",
            Level::INFO,
            "http.server",
            { names::NAME } = %Name { method: self.method(req), route: Route::of_request(req) },
            { names::KIND } = "server",
            { names::STATUS } = Empty,
            { names::TRACE_ID } = %trace.trace_id(),
            { names::SPAN_ID } = %trace.span_id(),
            { names::TRACE_FLAGS } = %format_args!("{:02x}", trace.flags().bits()),
            { names::PARENT_SPAN_ID } = parent.map(display),
            { names::REQUEST_ID } = request_id,
            { names::METHOD } = self.method(req),
            { names::METHOD_ORIGINAL } = self.method_original(req),
            { names::PATH } = path(req.uri),
            { names::SCHEME } = self.scheme(req),
            { names::QUERY } = self.query(req).map(display),
            { names::ROUTE } = Route::of_request(req),
            { names::STATUS_CODE } = Empty,
            { names::SERVER_ADDRESS } = host(req).map(|(host, _)| host),
            { names::SERVER_PORT } = host(req).and_then(|(_, port)| port),
            { names::CLIENT_ADDRESS } = self.caller(req).map(display),
            { names::VERSION } = version(req.version),
            { names::USER_AGENT } = self.user_agent(req),
            { names::ERROR } = Empty,
            { names::OUTCOME } = Empty,
            { names::STAGE } = Empty,
        )
    }

    /// The span of a client, `{method} {template}`.
    pub(super) fn client_span(&self, call: Starting<'_>) -> Span {
        let Starting {
            req,
            trace,
            parent,
            request_id,
        } = call;
        let secrets = self.query.as_ref();
        let port = || match (host(req)?.1, req.uri.scheme_str()) {
            (Some(port), _) => Some(port),
            (None, Some("https")) => Some(443),
            (None, _) => Some(80),
        };
        span!(
            target: "gusset::trace",
            Level::INFO,
            "http.client",
            { names::NAME } = %Name { method: self.method(req), route: Route::of_request(req) },
            { names::KIND } = "client",
            { names::STATUS } = Empty,
            { names::TRACE_ID } = %trace.trace_id(),
            { names::SPAN_ID } = %trace.span_id(),
            { names::TRACE_FLAGS } = %format_args!("{:02x}", trace.flags().bits()),
            { names::PARENT_SPAN_ID } = parent.map(display),
            { names::REQUEST_ID } = request_id,
            { names::METHOD } = self.method(req),
            { names::METHOD_ORIGINAL } = self.method_original(req),
            { names::RESEND_COUNT } = ResendCount::of(req),
            { names::URL } = %Url { uri: req.uri, secrets },
            { names::TEMPLATE } = Route::of_request(req),
            { names::STATUS_CODE } = Empty,
            { names::SERVER_ADDRESS } = host(req).map(|(host, _)| host),
            { names::SERVER_PORT } = port(),
            { names::VERSION } = Empty,
            { names::USER_AGENT } = self.user_agent(req),
            { names::ERROR } = Empty,
            { names::OUTCOME } = Empty,
            { names::STAGE } = Empty,
        )
    }

    /// Gives a span the name of a route that was matched after its start.
    pub(super) fn rename(&self, span: &Span, method: usize, route: &str) {
        let method = self.methods.name(method);
        let route = Some(route);
        span.record(names::NAME, display(Name { method, route }));
    }

    fn method(&self, req: RequestHead<'_>) -> &str {
        self.methods.name(self.methods.index_of(req.method))
    }

    fn method_original<'a>(&self, req: RequestHead<'a>) -> Option<&'a str> {
        let known = self.methods.index_of(req.method) != 0;
        (!known).then(|| capped(req.method.as_str(), 32))
    }

    fn scheme(&self, req: RequestHead<'_>) -> &'static str {
        match (req.uri.scheme_str(), self.https) {
            (Some("https"), _) => "https",
            (Some("http"), _) => "http",
            (_, true) => "https",
            (_, false) => "http",
        }
    }

    fn query<'a>(&'a self, req: RequestHead<'a>) -> Option<RedactedQuery<'a>> {
        let (secrets, query) = (self.query.as_ref()?, req.uri.query()?);
        Some(secrets.redact(query))
    }

    fn caller(&self, req: RequestHead<'_>) -> Option<IpAddr> {
        self.proxies.as_ref()?.client(req)
    }

    fn user_agent<'a>(&self, req: RequestHead<'a>) -> Option<&'a str> {
        let value = req.headers.get(header::USER_AGENT);
        let value = value.filter(|_| self.user_agent)?;
        value.to_str().ok().map(|value| capped(value, 256))
    }
}

/// The name of a span; never made of a path.
struct Name<'a> {
    method: &'a str,
    route: Option<&'a str>,
}

impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { method, route } = self;
        f.write_str(match *method {
            KnownMethods::OTHER => "HTTP",
            method => method,
        })?;
        route.map_or(Ok(()), |route| write!(f, " {}", capped(route, 256)))
    }
}

/// The host and the port that a request names: in its target, else in its header.
pub(super) fn host(req: RequestHead<'_>) -> Option<(&str, Option<u16>)> {
    let authority = match req.uri.authority() {
        Some(authority) => authority.as_str(),
        None => req.headers.get(header::HOST)?.to_str().ok()?,
    };
    Some(host_and_port(authority))
}

pub(super) fn version(version: Version) -> Option<&'static str> {
    Some(match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => return None,
    })
}
