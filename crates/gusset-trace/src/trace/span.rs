//! The spans themselves: what stands on them at their start.

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};

use gusset_data::{Attribute, SharedStr, Value};
use gusset_http::{KnownMethods, PeerAddr, RedactedQuery, RequestHead, Route, capped};
use http::Version;
use tracing::field::{self, Empty};
use tracing::{Level, Span, span};

use super::Shared;
use super::url::{Url, host_and_port, path};
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

/// What the head of an HTTP request tells its span, each looked for when it is asked for.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    shared: &'a Shared,
    req: RequestHead<'a>,
    glance: Glance<'a>,
}

// === impl Shared ===

impl Shared {
    #[inline]
    pub(super) fn facts<'a>(&'a self, req: RequestHead<'a>, glance: Glance<'a>) -> Facts<'a> {
        Facts {
            shared: self,
            req,
            glance,
        }
    }

    /// The name of a span whose route was matched after its start.
    pub(super) fn name(&self, method: usize, route: &str) -> SharedStr {
        named(self.methods.name(method), route).name
    }
}

/// The span of a server, `{method} {route}`.
pub(super) fn server_span<'a>(call: Starting<'a>, facts: Facts<'a>, announce: impl Fn()) -> Span {
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
        { names::METHOD } = facts.method(),
        { names::METHOD_ORIGINAL } = facts.method_original(),
        { names::PATH } = facts.path(),
        { names::SCHEME } = facts.scheme(),
        { names::QUERY } = facts.query().map(field::display),
        { names::ROUTE } = Route::from_request(facts.req),
        { names::STATUS_CODE } = Empty,
        { names::SERVER_ADDRESS } = facts.host().map(|(host, _)| host),
        { names::SERVER_PORT } = facts.host().and_then(|(_, port)| port),
        { names::CLIENT_ADDRESS } = facts.caller().map(field::display),
        { names::PEER_ADDRESS } = facts.peer().map(|peer| field::display(peer.ip())),
        { names::PEER_PORT } = facts.peer().map(|peer| peer.port()),
        { names::VERSION } = version(req.version),
        { names::USER_AGENT } = facts.user_agent(),
        { names::ERROR } = Empty,
        { names::OUTCOME } = Empty,
        { names::STAGE } = Empty,
    )
}

/// The span of a client, `{method} {template}`.
pub(super) fn client_span<'a>(call: Starting<'a>, facts: Facts<'a>, announce: impl Fn()) -> Span {
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
        { names::METHOD } = facts.method(),
        { names::METHOD_ORIGINAL } = facts.method_original(),
        { names::RESEND_COUNT } = ResendCount::of(facts.req),
        { names::URL } = %facts.url(),
        { names::TEMPLATE } = Route::from_request(facts.req),
        { names::STATUS_CODE } = Empty,
        { names::SERVER_ADDRESS } = facts.remote().map(|(host, _)| host),
        { names::SERVER_PORT } = facts.remote().and_then(|(_, port)| port),
        { names::VERSION } = Empty,
        { names::USER_AGENT } = facts.user_agent(),
        { names::ERROR } = Empty,
        { names::OUTCOME } = Empty,
        { names::STAGE } = Empty,
    )
}

// === impl Facts ===

impl<'a> Facts<'a> {
    #[inline]
    fn method(&self) -> &'a str {
        let methods = &self.shared.methods;
        methods.name(methods.index_of(self.req.method))
    }

    #[inline]
    fn method_original(&self) -> Option<&'a str> {
        let is_other = self.shared.methods.index_of(self.req.method) == 0;
        is_other.then(|| capped(self.req.method.as_str(), 32))
    }

    fn path(&self) -> &'a str {
        path(self.req.uri)
    }

    fn scheme(&self) -> &'static str {
        match (self.req.uri.scheme_str(), self.shared.https) {
            (Some("https"), _) => "https",
            (Some("http"), _) => "http",
            (_, true) => "https",
            (_, false) => "http",
        }
    }

    #[inline]
    fn host(&self) -> Option<(&'a str, Option<u16>)> {
        host(self.req, self.glance)
    }

    /// The host, and the port that a client calls.
    fn remote(&self) -> Option<(&'a str, Option<u16>)> {
        let (host, port) = self.host()?;
        let usual = || match self.req.uri.scheme_str() {
            Some("https") => 443,
            _ => 80,
        };
        Some((host, Some(port.unwrap_or_else(usual))))
    }

    fn query(&self) -> Option<RedactedQuery<'a>> {
        let (secrets, query) = (self.shared.query.as_ref()?, self.req.uri.query()?);
        Some(secrets.redact(query))
    }

    fn caller(&self) -> Option<IpAddr> {
        self.shared.proxies.as_ref()?.client(self.req)
    }

    fn peer(&self) -> Option<SocketAddr> {
        self.shared.peer.then(|| PeerAddr::of(self.req)).flatten()
    }

    #[inline]
    fn user_agent(&self) -> Option<&'a str> {
        if !self.shared.user_agent {
            return None;
        }
        let value = self.glance.user_agent(self.req.headers)?;
        value.to_str().ok().map(|value| capped(value, 256))
    }

    fn url(&self) -> Url<'a> {
        Url {
            uri: self.req.uri,
            secrets: self.shared.query.as_ref(),
        }
    }

    fn name(&self) -> Name<'a> {
        Name {
            method: self.method(),
            route: Route::from_request(self.req),
        }
    }

    /// What stands on a server's span from its start, and its name.
    #[inline]
    pub(super) fn of_server(&self, on: &mut Vec<Attribute>) -> SharedStr {
        on.push((names::METHOD.into(), Value::String(constant(self.method()))));
        text(on, names::METHOD_ORIGINAL, self.method_original());
        text(on, names::PATH, Some(self.path()));
        on.push((names::SCHEME.into(), self.scheme().into()));
        let name = self.route(names::ROUTE, on);
        if let Some((host, port)) = self.host() {
            text(on, names::SERVER_ADDRESS, Some(host));
            number(on, names::SERVER_PORT, port);
        }
        if let Some(version) = version(self.req.version) {
            on.push((names::VERSION.into(), version.into()));
        }
        text(on, names::USER_AGENT, self.user_agent());
        if let Some(query) = self.query() {
            on.push((names::QUERY.into(), query.to_string().into()));
        }
        if let Some(caller) = self.caller() {
            on.push((names::CLIENT_ADDRESS.into(), caller.to_string().into()));
        }
        if let Some(peer) = self.peer() {
            on.push((names::PEER_ADDRESS.into(), peer.ip().to_string().into()));
            number(on, names::PEER_PORT, Some(peer.port()));
        }
        name
    }

    /// What stands on a client's span from its start, and its name.
    pub(super) fn of_client(&self, on: &mut Vec<Attribute>) -> SharedStr {
        on.push((names::METHOD.into(), Value::String(constant(self.method()))));
        text(on, names::METHOD_ORIGINAL, self.method_original());
        if let Some(count) = ResendCount::of(self.req) {
            on.push((names::RESEND_COUNT.into(), i64::from(count).into()));
        }
        on.push((names::URL.into(), self.url().to_string().into()));
        let name = self.route(names::TEMPLATE, on);
        if let Some((host, port)) = self.remote() {
            text(on, names::SERVER_ADDRESS, Some(host));
            number(on, names::SERVER_PORT, port);
        }
        text(on, names::USER_AGENT, self.user_agent());
        name
    }

    /// Puts the route there, and gives the name of the span.
    #[inline]
    fn route(&self, key: &'static str, on: &mut Vec<Attribute>) -> SharedStr {
        let Some(route) = Route::from_request(self.req) else {
            return constant(match self.method() {
                KnownMethods::OTHER => "HTTP",
                method => method,
            });
        };
        let Named { route, name, .. } = named(self.method(), route);
        on.push((key.into(), route.into()));
        name
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
}

impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (method, route) = self.parts();
        f.write_str(method)?;
        route.map_or(Ok(()), |route| write!(f, " {route}"))
    }
}

/// The texts of a method's calls to a route.
#[derive(Clone)]
struct Named {
    method: SharedStr,
    route: SharedStr,
    name: SharedStr,
}

/// As many are remembered on each thread, each in the place that its route's address gives it.
const REMEMBERED: usize = 32;
/// What is longer is not remembered.
const LONGEST: usize = 256;

thread_local! {
    static NAMED: RefCell<[Option<Named>; REMEMBERED]> = const { RefCell::new([const { None }; REMEMBERED]) };
}

/// The texts of a call, which another call to the route has nearly always put together already.
fn named(method: &str, route: &str) -> Named {
    let make = || {
        let parts = Name {
            method,
            route: Some(route),
        };
        let (verb, template) = parts.parts();
        Named {
            method: SharedStr::new(method),
            route: SharedStr::new(route),
            name: SharedStr::concat([verb, " ", template.unwrap_or_default()]),
        }
    };
    let at = (route.as_ptr().addr() / 8 + method.len()) % REMEMBERED;
    let look = |all: &RefCell<[Option<Named>; REMEMBERED]>| {
        let mut all = all.try_borrow_mut().ok()?;
        match &mut all[at] {
            Some(named) if named.route == route && named.method == method => Some(named.clone()),
            place if route.len() <= LONGEST => Some(place.insert(make()).clone()),
            _ => None,
        }
    };
    NAMED.try_with(look).ok().flatten().unwrap_or_else(make)
}

#[inline]
pub(super) fn text(on: &mut Vec<Attribute>, name: &'static str, value: Option<&str>) {
    if let Some(value) = value {
        on.push((name.into(), SharedStr::new(value).into()));
    }
}

#[inline]
pub(super) fn number(on: &mut Vec<Attribute>, name: &'static str, value: Option<u16>) {
    if let Some(value) = value {
        on.push((name.into(), i64::from(value).into()));
    }
}

/// A known method, which is nearly always one of a few, and need not be copied then.
fn constant(method: &str) -> SharedStr {
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
    usual.map_or_else(|| SharedStr::new(method), SharedStr::from_static)
}

/// The host and the port that a request names: in its target, else in its header.
pub(super) fn host<'a>(req: RequestHead<'a>, glance: Glance<'a>) -> Option<(&'a str, Option<u16>)> {
    let authority = match req.uri.authority() {
        Some(authority) => authority.as_str(),
        None => glance.host(req.headers)?.to_str().ok()?,
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
