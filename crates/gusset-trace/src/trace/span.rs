//! The spans themselves: what stands on them at their start.

use std::cell::LazyCell;
use std::net::{IpAddr, SocketAddr};

use gusset_export::{Attribute, Text, Value};
use gusset_http::{KnownMethods, PeerAddr, RedactedQuery, RequestHead, Route, capped};
use http::Version;
use tracing::field::{self, Empty};
use tracing::{Level, Span, span};

use super::url::{Url, host_and_port, host_and_port_in, path};
use super::{Shared, Side};
use crate::glance::Glance;
use crate::{ResendCount, SpanId, TraceContext, names};

/// A call that begins.
#[derive(Clone, Copy)]
pub(super) struct Starting<'a> {
    pub(super) req: RequestHead<'a>,
    pub(super) glance: Glance<'a>,
    pub(super) trace: &'a TraceContext,
    pub(super) parent: Option<SpanId>,
    pub(super) request_id: Option<&'a str>,
}

/// What the head of an HTTP request tells its span.
pub(super) struct Facts<'a> {
    method: &'a str,
    method_original: Option<&'a str>,
    route: Option<&'a str>,
    path: &'a str,
    scheme: &'static str,
    host: Option<&'a str>,
    port: Option<u16>,
    query: Option<RedactedQuery<'a>>,
    caller: Option<IpAddr>,
    peer: Option<SocketAddr>,
    user_agent: Option<&'a str>,
    resend_count: Option<u32>,
    url: Url<'a>,
}

/// What is looked at once, if anybody wants to see it.
pub(super) type Lazy<'a, F> = LazyCell<Facts<'a>, F>;

// === impl Shared ===

impl Shared {
    #[inline]
    pub(super) fn facts<'a>(&'a self, req: RequestHead<'a>, glance: Glance<'a>) -> Facts<'a> {
        let index = self.methods.index_of(req.method);
        let (host, port) =
            host(req, glance).map_or((None, None), |(host, port)| (Some(host), port));
        let is_server = self.side == Side::Server;
        Facts {
            method: self.methods.name(index),
            method_original: (index == 0).then(|| capped(req.method.as_str(), 32)),
            route: Route::of_request(req),
            path: path(req.uri),
            scheme: match (req.uri.scheme_str(), self.https) {
                (Some("https"), _) => "https",
                (Some("http"), _) => "http",
                (_, true) => "https",
                (_, false) => "http",
            },
            host,
            port: match (port, req.uri.scheme_str()) {
                (Some(port), _) => Some(port),
                (None, _) if is_server || host.is_none() => None,
                (None, Some("https")) => Some(443),
                (None, _) => Some(80),
            },
            query: self.query(req).filter(|_| is_server),
            caller: self
                .proxies
                .as_ref()
                .and_then(|proxies| proxies.client(req)),
            peer: self.peer.then(|| PeerAddr::of(req)).flatten(),
            user_agent: self.user_agent(req, glance),
            resend_count: (!is_server).then(|| ResendCount::of(req)).flatten(),
            url: Url {
                uri: req.uri,
                secrets: self.query.as_ref(),
            },
        }
    }

    fn query<'a>(&'a self, req: RequestHead<'a>) -> Option<RedactedQuery<'a>> {
        let (secrets, query) = (self.query.as_ref()?, req.uri.query()?);
        Some(secrets.redact(query))
    }

    fn user_agent<'a>(&self, req: RequestHead<'a>, glance: Glance<'a>) -> Option<&'a str> {
        if !self.user_agent {
            return None;
        }
        let value = glance.user_agent(req.headers)?;
        value.to_str().ok().map(|value| capped(value, 256))
    }

    /// Gives a span the name of a route that was matched after its start.
    pub(super) fn name(&self, method: usize, route: &str) -> Text {
        let method = self.methods.name(method);
        let route = Some(route);
        Name { method, route }.to_text()
    }
}

/// The span of a server, `{method} {route}`.
pub(super) fn server_span<'a>(
    call: Starting<'a>,
    facts: &Lazy<'a, impl FnOnce() -> Facts<'a>>,
    announce: impl Fn(),
) -> Span {
    let Starting {
        req,
        trace,
        parent,
        request_id,
        ..
    } = call;
    span!(
        target: "gusset::trace",
        Level::INFO,
        "http.server",
        { names::NAME } = %{ announce(); facts.name() },
        { names::KIND } = "server",
        { names::STATUS } = Empty,
        { names::TRACE_ID } = %trace.trace_id(),
        { names::SPAN_ID } = %trace.span_id(),
        { names::TRACE_FLAGS } = %format_args!("{:02x}", trace.flags().bits()),
        { names::PARENT_SPAN_ID } = parent.map(field::display),
        { names::REQUEST_ID } = request_id,
        { names::METHOD } = facts.method,
        { names::METHOD_ORIGINAL } = facts.method_original,
        { names::PATH } = facts.path,
        { names::SCHEME } = facts.scheme,
        { names::QUERY } = facts.query.map(field::display),
        { names::ROUTE } = facts.route,
        { names::STATUS_CODE } = Empty,
        { names::SERVER_ADDRESS } = facts.host,
        { names::SERVER_PORT } = facts.port,
        { names::CLIENT_ADDRESS } = facts.caller.map(field::display),
        { names::PEER_ADDRESS } = facts.peer.map(|peer| field::display(peer.ip())),
        { names::PEER_PORT } = facts.peer.map(|peer| peer.port()),
        { names::VERSION } = version(req.version),
        { names::USER_AGENT } = facts.user_agent,
        { names::ERROR } = Empty,
        { names::OUTCOME } = Empty,
        { names::STAGE } = Empty,
    )
}

/// The span of a client, `{method} {template}`.
pub(super) fn client_span<'a>(
    call: Starting<'a>,
    facts: &Lazy<'a, impl FnOnce() -> Facts<'a>>,
    announce: impl Fn(),
) -> Span {
    let Starting {
        trace,
        parent,
        request_id,
        ..
    } = call;
    span!(
        target: "gusset::trace",
        Level::INFO,
        "http.client",
        { names::NAME } = %{ announce(); facts.name() },
        { names::KIND } = "client",
        { names::STATUS } = Empty,
        { names::TRACE_ID } = %trace.trace_id(),
        { names::SPAN_ID } = %trace.span_id(),
        { names::TRACE_FLAGS } = %format_args!("{:02x}", trace.flags().bits()),
        { names::PARENT_SPAN_ID } = parent.map(field::display),
        { names::REQUEST_ID } = request_id,
        { names::METHOD } = facts.method,
        { names::METHOD_ORIGINAL } = facts.method_original,
        { names::RESEND_COUNT } = facts.resend_count,
        { names::URL } = %facts.url,
        { names::TEMPLATE } = facts.route,
        { names::STATUS_CODE } = Empty,
        { names::SERVER_ADDRESS } = facts.host,
        { names::SERVER_PORT } = facts.port,
        { names::VERSION } = Empty,
        { names::USER_AGENT } = facts.user_agent,
        { names::ERROR } = Empty,
        { names::OUTCOME } = Empty,
        { names::STAGE } = Empty,
    )
}

// === impl Facts ===

impl Facts<'_> {
    fn name(&self) -> Name<'_> {
        Name {
            method: self.method,
            route: self.route,
        }
    }

    /// The name of the span.
    pub(super) fn name_text(&self) -> Text {
        match self.route {
            None => constant(match self.method {
                KnownMethods::OTHER => "HTTP",
                method => method,
            }),
            Some(_) => self.name().to_text(),
        }
    }

    /// What stands on a server's span from its start.
    #[inline]
    pub(super) fn of_server(&self, req: RequestHead<'_>, on: &mut Vec<Attribute>) {
        on.push((names::METHOD.into(), Value::Text(constant(self.method))));
        text(on, names::METHOD_ORIGINAL, self.method_original);
        text(on, names::PATH, Some(self.path));
        on.push((names::SCHEME.into(), self.scheme.into()));
        text(on, names::ROUTE, self.route);
        text(on, names::SERVER_ADDRESS, self.host);
        number(on, names::SERVER_PORT, self.port);
        if let Some(version) = version(req.version) {
            on.push((names::VERSION.into(), version.into()));
        }
        text(on, names::USER_AGENT, self.user_agent);
        if let Some(query) = self.query {
            on.push((names::QUERY.into(), query.to_string().into()));
        }
        if let Some(caller) = self.caller {
            on.push((names::CLIENT_ADDRESS.into(), caller.to_string().into()));
        }
        if let Some(peer) = self.peer {
            on.push((names::PEER_ADDRESS.into(), peer.ip().to_string().into()));
            number(on, names::PEER_PORT, Some(peer.port()));
        }
    }

    /// What stands on a client's span from its start.
    pub(super) fn of_client(&self, on: &mut Vec<Attribute>) {
        on.push((names::METHOD.into(), Value::Text(constant(self.method))));
        text(on, names::METHOD_ORIGINAL, self.method_original);
        if let Some(count) = self.resend_count {
            on.push((names::RESEND_COUNT.into(), i64::from(count).into()));
        }
        on.push((names::URL.into(), self.url.to_string().into()));
        text(on, names::TEMPLATE, self.route);
        text(on, names::SERVER_ADDRESS, self.host);
        number(on, names::SERVER_PORT, self.port);
        text(on, names::USER_AGENT, self.user_agent);
    }
}

/// The name of a span; never made of a path.
struct Name<'a> {
    method: &'a str,
    route: Option<&'a str>,
}

// === impl Name ===

impl Name<'_> {
    fn parts(&self) -> (&str, Option<&str>) {
        let method = match self.method {
            KnownMethods::OTHER => "HTTP",
            method => method,
        };
        (method, self.route.map(|route| capped(route, 256)))
    }

    fn to_text(&self) -> Text {
        match self.parts() {
            (method, None) => Text::new(method),
            // Without the machinery of formatting: each call has a name.
            (method, Some(route)) => Text::joined([method, " ", route]),
        }
    }
}

impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (method, route) = self.parts();
        f.write_str(method)?;
        route.map_or(Ok(()), |route| write!(f, " {route}"))
    }
}

#[inline]
pub(super) fn text(on: &mut Vec<Attribute>, name: &'static str, value: Option<&str>) {
    if let Some(value) = value {
        on.push((name.into(), Text::new(value).into()));
    }
}

#[inline]
pub(super) fn number(on: &mut Vec<Attribute>, name: &'static str, value: Option<u16>) {
    if let Some(value) = value {
        on.push((name.into(), i64::from(value).into()));
    }
}

/// A known method, which is nearly always one of a few, and need not be copied then.
fn constant(method: &str) -> Text {
    const USUAL: [&str; 8] = [
        "GET",
        "POST",
        "PUT",
        "DELETE",
        "HEAD",
        "PATCH",
        "HTTP",
        KnownMethods::OTHER,
    ];
    let usual = USUAL.into_iter().find(|usual| *usual == method);
    usual.map_or_else(|| Text::new(method), Text::from_static)
}

/// The host and the port that a request names: in its target, else in its header.
pub(super) fn host<'a>(req: RequestHead<'a>, glance: Glance<'a>) -> Option<(&'a str, Option<u16>)> {
    match req.uri.authority() {
        Some(authority) => Some(host_and_port(authority.as_str())),
        None => host_and_port_in(glance.host(req.headers)?),
    }
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
