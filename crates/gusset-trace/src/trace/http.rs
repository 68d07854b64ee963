//! The spans of HTTP requests at their start.

use gusset_data::{Attribute, Redaction, SharedStr, Value};
use gusset_http::{ProtocolVersion, RequestAttributes, RequestId, Side};
use tracing::field::{self, Empty};
use tracing::{Level, Span, span};

use super::NewCall;
use super::span_name::{SpanName, method_in_name, method_text, route_texts};
use crate::config::TraceConfig;
use crate::{ResendCount, names};

/// Creates the `tracing` span of a server request, `{method} {route}`.
pub(super) fn server_span(call: NewCall<'_>, config: &TraceConfig) -> Span {
    let http = call.attributes;
    span!(
        target: "gusset::trace",
        Level::INFO,
        "http.server",
        { names::OTEL_NAME } = %SpanName::new(http),
        { names::OTEL_KIND } = "server",
        { names::OTEL_STATUS_CODE } = Empty,
        { names::OTEL_STATUS_DESCRIPTION } = Empty,
        { names::TRACE_ID } = %call.span_context.trace_id(),
        { names::SPAN_ID } = %call.span_context.span_id(),
        { names::TRACE_FLAGS } = %format_args!("{:02x}", call.span_context.flags().bits()),
        { names::PARENT_SPAN_ID } = call.parent.map(field::display),
        { names::REQUEST_ID } = call.request_id.map(RequestId::as_str),
        { names::HTTP_REQUEST_METHOD } = http.method(),
        { names::HTTP_REQUEST_METHOD_ORIGINAL } = http.method_original(),
        { names::URL_PATH } = http.reported_path(),
        { names::URL_SCHEME } = http.scheme().as_str(),
        { names::URL_QUERY } = http.query().map(field::display),
        { names::HTTP_ROUTE } = http.route(),
        { names::HTTP_RESPONSE_STATUS_CODE } = Empty,
        { names::SERVER_ADDRESS } = server(http).map(|(host, _)| host),
        { names::SERVER_PORT } = server(http).and_then(|(_, port)| port),
        { names::CLIENT_ADDRESS } = config.client_address(http).map(field::display),
        { names::NETWORK_PEER_ADDRESS } = config.peer_address(http).map(|peer| field::display(peer.ip())),
        { names::NETWORK_PEER_PORT } = config.peer_address(http).map(|peer| peer.port()),
        { names::NETWORK_PROTOCOL_VERSION } = http.protocol_version().map(ProtocolVersion::as_str),
        { names::USER_AGENT_ORIGINAL } = config.user_agent(http),
        { names::ERROR_TYPE } = Empty,
        { names::EXCEPTION_MESSAGE } = Empty,
        { names::GUSSET_OUTCOME } = Empty,
        { names::GUSSET_STAGE } = Empty,
        { names::USER_ID } = Empty,
        { names::ENDUSER_ID } = Empty,
        { names::TENANT } = Empty,
        { names::TENANT_ID } = Empty,
    )
}

/// Creates the `tracing` span of a client request, `{method} {template}`.
pub(super) fn client_span(call: NewCall<'_>, config: &TraceConfig) -> Span {
    let http = call.attributes;
    span!(
        target: "gusset::trace",
        Level::INFO,
        "http.client",
        { names::OTEL_NAME } = %SpanName::new(http),
        { names::OTEL_KIND } = "client",
        { names::OTEL_STATUS_CODE } = Empty,
        { names::OTEL_STATUS_DESCRIPTION } = Empty,
        { names::TRACE_ID } = %call.span_context.trace_id(),
        { names::SPAN_ID } = %call.span_context.span_id(),
        { names::TRACE_FLAGS } = %format_args!("{:02x}", call.span_context.flags().bits()),
        { names::PARENT_SPAN_ID } = call.parent.map(field::display),
        { names::REQUEST_ID } = call.request_id.map(RequestId::as_str),
        { names::HTTP_REQUEST_METHOD } = http.method(),
        { names::HTTP_REQUEST_METHOD_ORIGINAL } = http.method_original(),
        { names::HTTP_REQUEST_RESEND_COUNT } = ResendCount::from_request(http.head()),
        { names::URL_FULL } = %http.url(),
        { names::URL_TEMPLATE } = http.route(),
        { names::HTTP_RESPONSE_STATUS_CODE } = Empty,
        { names::SERVER_ADDRESS } = server(http).map(|(host, _)| host),
        { names::SERVER_PORT } = server(http).and_then(|(_, port)| port),
        { names::NETWORK_PROTOCOL_VERSION } = Empty,
        { names::USER_AGENT_ORIGINAL } = config.user_agent(http),
        { names::ERROR_TYPE } = Empty,
        { names::EXCEPTION_MESSAGE } = Empty,
        { names::GUSSET_OUTCOME } = Empty,
        { names::GUSSET_STAGE } = Empty,
    )
}

/// Adds the attributes of a server request. Returns the name of its span.
#[inline]
pub(super) fn record_server(
    http: RequestAttributes<'_>,
    config: &TraceConfig,
    attributes: &mut Vec<Attribute>,
) -> SharedStr {
    let redaction = &*config.redaction;
    push_method(attributes, http, redaction);
    push_redacted(attributes, names::URL_PATH, http.reported_path(), redaction);
    let scheme = http.scheme().as_str();
    attributes.push((names::URL_SCHEME.into(), scheme.into()));
    let span_name = push_route(attributes, names::HTTP_ROUTE, http);
    push_server(attributes, http);
    if let Some(version) = http.protocol_version() {
        let version = version.as_str();
        attributes.push((names::NETWORK_PROTOCOL_VERSION.into(), version.into()));
    }
    let user_agent = config.user_agent(http);
    push_redacted(
        attributes,
        names::USER_AGENT_ORIGINAL,
        user_agent,
        redaction,
    );
    if let Some(query) = http.query() {
        let query = Some(query.to_string());
        push_redacted(attributes, names::URL_QUERY, query.as_deref(), redaction);
    }
    if let Some(client) = config.client_address(http) {
        attributes.push((names::CLIENT_ADDRESS.into(), client.to_string().into()));
    }
    if let Some(peer) = config.peer_address(http) {
        let ip = peer.ip().to_string();
        attributes.push((names::NETWORK_PEER_ADDRESS.into(), ip.into()));
        push_number(attributes, names::NETWORK_PEER_PORT, Some(peer.port()));
    }
    span_name
}

/// Adds the attributes of a client request. Returns the name of its span.
pub(super) fn record_client(
    http: RequestAttributes<'_>,
    config: &TraceConfig,
    attributes: &mut Vec<Attribute>,
) -> SharedStr {
    let redaction = &*config.redaction;
    push_method(attributes, http, redaction);
    if let Some(count) = ResendCount::from_request(http.head()) {
        let count = i64::from(count);
        attributes.push((names::HTTP_REQUEST_RESEND_COUNT.into(), count.into()));
    }
    let url = http.url().to_string();
    push_redacted(attributes, names::URL_FULL, Some(&url), redaction);
    let span_name = push_route(attributes, names::URL_TEMPLATE, http);
    push_server(attributes, http);
    let user_agent = config.user_agent(http);
    push_redacted(
        attributes,
        names::USER_AGENT_ORIGINAL,
        user_agent,
        redaction,
    );
    span_name
}

/// Returns `server.address` and `server.port`. On a server they are what the client requests.
#[inline]
pub(super) fn server(http: RequestAttributes<'_>) -> Option<(&str, Option<u16>)> {
    match http.side() {
        Side::Server => http.requested_host(),
        Side::Client => Some((http.server_address()?, http.server_port())),
    }
}

#[inline]
pub(super) fn push_server(on: &mut Vec<Attribute>, http: RequestAttributes<'_>) {
    if let Some((host, port)) = server(http) {
        push_text(on, names::SERVER_ADDRESS, Some(host));
        push_number(on, names::SERVER_PORT, port);
    }
}

#[inline]
fn push_method(on: &mut Vec<Attribute>, http: RequestAttributes<'_>, redaction: &Redaction) {
    let method = Value::String(method_text(http.method()));
    on.push((names::HTTP_REQUEST_METHOD.into(), method));
    let original = http.method_original();
    push_redacted(on, names::HTTP_REQUEST_METHOD_ORIGINAL, original, redaction);
}

/// Adds the route. Returns the name of the span.
#[inline]
fn push_route(
    on: &mut Vec<Attribute>,
    key: &'static str,
    http: RequestAttributes<'_>,
) -> SharedStr {
    let Some(route) = http.route() else {
        return method_text(method_in_name(http.method()));
    };
    let texts = route_texts(http.method(), route);
    on.push((key.into(), texts.route.into()));
    texts.span_name
}

#[inline]
pub(super) fn push_text(on: &mut Vec<Attribute>, name: &'static str, value: Option<&str>) {
    if let Some(value) = value {
        on.push((name.into(), SharedStr::new(value).into()));
    }
}

/// Adds a text of the request, without its secrets: a client may send any.
#[inline]
pub(super) fn push_redacted(
    on: &mut Vec<Attribute>,
    name: &'static str,
    value: Option<&str>,
    redaction: &Redaction,
) {
    match value {
        Some(text) if redaction.may_contain_secret(text.as_bytes()) => {
            on.push((name.into(), redaction.redact(text).into_owned().into()));
        }
        value => push_text(on, name, value),
    }
}

#[inline]
fn push_number(on: &mut Vec<Attribute>, name: &'static str, value: Option<u16>) {
    if let Some(value) = value {
        on.push((name.into(), i64::from(value).into()));
    }
}
