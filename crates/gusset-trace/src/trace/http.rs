//! The spans of HTTP requests at their start.

use std::net::{IpAddr, SocketAddr};

use gusset_data::{Attribute, SharedStr, Value};
use gusset_http::{PeerAddr, RedactedQuery, RequestHead, Route, truncate_str};
use gusset_propagation::HeaderScan;
use http::Version;
use tracing::field::{self, Empty};
use tracing::{Level, Span, span};

use super::NewCall;
use super::span_name::{SpanName, method_in_name, method_text, route_texts};
use super::url::{Url, host_and_port, path};
use crate::config::TraceConfig;
use crate::{ResendCount, names};

const MAX_METHOD_BYTES: usize = 32;
const MAX_USER_AGENT_BYTES: usize = 256;

/// The attributes of an HTTP request, each read when it is needed.
#[derive(Clone, Copy)]
pub(super) struct HttpAttributes<'a> {
    config: &'a TraceConfig,
    req: RequestHead<'a>,
    scan: HeaderScan<'a>,
}

/// Creates the `tracing` span of a server request, `{method} {route}`.
pub(super) fn server_span(call: NewCall<'_>, config: &TraceConfig) -> Span {
    let http = HttpAttributes::new(call, config);
    span!(
        target: "gusset::trace",
        Level::INFO,
        "http.server",
        { names::OTEL_NAME } = %http.span_name(),
        { names::OTEL_KIND } = "server",
        { names::OTEL_STATUS_CODE } = Empty,
        { names::TRACE_ID } = %call.span_context.trace_id(),
        { names::SPAN_ID } = %call.span_context.span_id(),
        { names::TRACE_FLAGS } = %format_args!("{:02x}", call.span_context.flags().bits()),
        { names::PARENT_SPAN_ID } = call.parent.map(field::display),
        { names::GUSSET_REQUEST_ID } = call.request_id,
        { names::HTTP_REQUEST_METHOD } = http.method(),
        { names::HTTP_REQUEST_METHOD_ORIGINAL } = http.method_original(),
        { names::URL_PATH } = http.path(),
        { names::URL_SCHEME } = http.scheme(),
        { names::URL_QUERY } = http.query().map(field::display),
        { names::HTTP_ROUTE } = Route::from_request(call.req),
        { names::HTTP_RESPONSE_STATUS_CODE } = Empty,
        { names::SERVER_ADDRESS } = http.host().map(|(host, _)| host),
        { names::SERVER_PORT } = http.host().and_then(|(_, port)| port),
        { names::CLIENT_ADDRESS } = http.client_ip().map(field::display),
        { names::NETWORK_PEER_ADDRESS } = http.peer().map(|peer| field::display(peer.ip())),
        { names::NETWORK_PEER_PORT } = http.peer().map(|peer| peer.port()),
        { names::NETWORK_PROTOCOL_VERSION } = version(call.req.version),
        { names::USER_AGENT_ORIGINAL } = http.user_agent(),
        { names::ERROR_TYPE } = Empty,
        { names::GUSSET_OUTCOME } = Empty,
        { names::GUSSET_STAGE } = Empty,
    )
}

/// Creates the `tracing` span of a client request, `{method} {template}`.
pub(super) fn client_span(call: NewCall<'_>, config: &TraceConfig) -> Span {
    let http = HttpAttributes::new(call, config);
    span!(
        target: "gusset::trace",
        Level::INFO,
        "http.client",
        { names::OTEL_NAME } = %http.span_name(),
        { names::OTEL_KIND } = "client",
        { names::OTEL_STATUS_CODE } = Empty,
        { names::TRACE_ID } = %call.span_context.trace_id(),
        { names::SPAN_ID } = %call.span_context.span_id(),
        { names::TRACE_FLAGS } = %format_args!("{:02x}", call.span_context.flags().bits()),
        { names::PARENT_SPAN_ID } = call.parent.map(field::display),
        { names::GUSSET_REQUEST_ID } = call.request_id,
        { names::HTTP_REQUEST_METHOD } = http.method(),
        { names::HTTP_REQUEST_METHOD_ORIGINAL } = http.method_original(),
        { names::HTTP_REQUEST_RESEND_COUNT } = ResendCount::from_request(call.req),
        { names::URL_FULL } = %http.url(),
        { names::URL_TEMPLATE } = Route::from_request(call.req),
        { names::HTTP_RESPONSE_STATUS_CODE } = Empty,
        { names::SERVER_ADDRESS } = http.remote().map(|(host, _)| host),
        { names::SERVER_PORT } = http.remote().map(|(_, port)| port),
        { names::NETWORK_PROTOCOL_VERSION } = Empty,
        { names::USER_AGENT_ORIGINAL } = http.user_agent(),
        { names::ERROR_TYPE } = Empty,
        { names::GUSSET_OUTCOME } = Empty,
        { names::GUSSET_STAGE } = Empty,
    )
}

/// Adds the attributes of a server request. Returns the name of its span.
#[inline]
pub(super) fn record_server(
    call: NewCall<'_>,
    config: &TraceConfig,
    attributes: &mut Vec<Attribute>,
) -> SharedStr {
    let http = HttpAttributes::new(call, config);
    http.record_method(attributes);
    push_text(attributes, names::URL_PATH, Some(http.path()));
    attributes.push((names::URL_SCHEME.into(), http.scheme().into()));
    let span_name = http.record_route(names::HTTP_ROUTE, attributes);
    if let Some((host, port)) = http.host() {
        push_text(attributes, names::SERVER_ADDRESS, Some(host));
        push_number(attributes, names::SERVER_PORT, port);
    }
    if let Some(version) = version(call.req.version) {
        attributes.push((names::NETWORK_PROTOCOL_VERSION.into(), version.into()));
    }
    push_text(attributes, names::USER_AGENT_ORIGINAL, http.user_agent());
    if let Some(query) = http.query() {
        attributes.push((names::URL_QUERY.into(), query.to_string().into()));
    }
    if let Some(client) = http.client_ip() {
        attributes.push((names::CLIENT_ADDRESS.into(), client.to_string().into()));
    }
    if let Some(peer) = http.peer() {
        let ip = peer.ip().to_string();
        attributes.push((names::NETWORK_PEER_ADDRESS.into(), ip.into()));
        push_number(attributes, names::NETWORK_PEER_PORT, Some(peer.port()));
    }
    span_name
}

/// Adds the attributes of a client request. Returns the name of its span.
pub(super) fn record_client(
    call: NewCall<'_>,
    config: &TraceConfig,
    attributes: &mut Vec<Attribute>,
) -> SharedStr {
    let http = HttpAttributes::new(call, config);
    http.record_method(attributes);
    if let Some(count) = ResendCount::from_request(call.req) {
        let count = i64::from(count);
        attributes.push((names::HTTP_REQUEST_RESEND_COUNT.into(), count.into()));
    }
    attributes.push((names::URL_FULL.into(), http.url().to_string().into()));
    let span_name = http.record_route(names::URL_TEMPLATE, attributes);
    if let Some((host, port)) = http.remote() {
        push_text(attributes, names::SERVER_ADDRESS, Some(host));
        push_number(attributes, names::SERVER_PORT, Some(port));
    }
    push_text(attributes, names::USER_AGENT_ORIGINAL, http.user_agent());
    span_name
}

// === impl HttpAttributes ===

impl<'a> HttpAttributes<'a> {
    #[inline]
    fn new(call: NewCall<'a>, config: &'a TraceConfig) -> Self {
        Self {
            config,
            req: call.req,
            scan: call.scan,
        }
    }

    #[inline]
    fn method(&self) -> &'a str {
        let methods = &self.config.methods;
        methods.name(methods.index_of(self.req.method))
    }

    #[inline]
    fn method_original(&self) -> Option<&'a str> {
        let is_other = self.config.methods.index_of(self.req.method) == 0;
        is_other.then(|| truncate_str(self.req.method.as_str(), MAX_METHOD_BYTES))
    }

    fn path(&self) -> &'a str {
        path(self.req.uri)
    }

    fn scheme(&self) -> &'static str {
        match (self.req.uri.scheme_str(), self.config.https) {
            (Some("https"), _) => "https",
            (Some("http"), _) => "http",
            (_, true) => "https",
            (_, false) => "http",
        }
    }

    #[inline]
    fn host(&self) -> Option<(&'a str, Option<u16>)> {
        host(self.req, self.scan)
    }

    /// Returns the host and port that a client connects to.
    fn remote(&self) -> Option<(&'a str, u16)> {
        let (host, port) = self.host()?;
        let default = || match self.req.uri.scheme_str() {
            Some("https") => 443,
            _ => 80,
        };
        Some((host, port.unwrap_or_else(default)))
    }

    fn query(&self) -> Option<RedactedQuery<'a>> {
        let (redaction, query) = (self.config.query.as_ref()?, self.req.uri.query()?);
        Some(redaction.redact(query))
    }

    fn client_ip(&self) -> Option<IpAddr> {
        self.config.proxies.as_ref()?.client_ip(self.req)
    }

    fn peer(&self) -> Option<SocketAddr> {
        let is_recorded = self.config.peer_address;
        is_recorded
            .then(|| PeerAddr::from_request(self.req))
            .flatten()
    }

    #[inline]
    fn user_agent(&self) -> Option<&'a str> {
        if !self.config.user_agent {
            return None;
        }
        let value = self.scan.user_agent(self.req.headers)?.to_str().ok()?;
        Some(truncate_str(value, MAX_USER_AGENT_BYTES))
    }

    fn url(&self) -> Url<'a> {
        Url {
            uri: self.req.uri,
            redaction: self.config.query.as_ref(),
        }
    }

    fn span_name(&self) -> SpanName<'a> {
        SpanName {
            method: self.method(),
            route: Route::from_request(self.req),
        }
    }

    #[inline]
    fn record_method(&self, attributes: &mut Vec<Attribute>) {
        let method = Value::String(method_text(self.method()));
        attributes.push((names::HTTP_REQUEST_METHOD.into(), method));
        let original = self.method_original();
        push_text(attributes, names::HTTP_REQUEST_METHOD_ORIGINAL, original);
    }

    /// Adds the route. Returns the name of the span.
    #[inline]
    fn record_route(&self, key: &'static str, attributes: &mut Vec<Attribute>) -> SharedStr {
        let Some(route) = Route::from_request(self.req) else {
            return method_text(method_in_name(self.method()));
        };
        let texts = route_texts(self.method(), route);
        attributes.push((key.into(), texts.route.into()));
        texts.span_name
    }
}

#[inline]
pub(super) fn push_text(on: &mut Vec<Attribute>, name: &'static str, value: Option<&str>) {
    if let Some(value) = value {
        on.push((name.into(), SharedStr::new(value).into()));
    }
}

#[inline]
pub(super) fn push_number(on: &mut Vec<Attribute>, name: &'static str, value: Option<u16>) {
    if let Some(value) = value {
        on.push((name.into(), i64::from(value).into()));
    }
}

/// Returns the host and port of a request, from its target or else from its `Host` header.
pub(super) fn host<'a>(
    req: RequestHead<'a>,
    scan: HeaderScan<'a>,
) -> Option<(&'a str, Option<u16>)> {
    let authority = match req.uri.authority() {
        Some(authority) => authority.as_str(),
        None => scan.host(req.headers)?.to_str().ok()?,
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
