//! The spans of gRPC calls.

use gusset_core::StaticStr;
use gusset_data::{Attribute, Redaction, SharedStr, SpanData};
use gusset_http::{KnownMethods, RequestAttributes, RequestId, RpcMethodName};
use tracing::field::{self, Empty};
use tracing::{Level, Span, span};

use super::NewCall;
use super::http::{push_redacted, push_server, server};
use crate::names;

/// The system, which names the span of a method that is not known.
const SYSTEM: &str = "grpc";

/// Creates the `tracing` span of a call, `{method}`.
macro_rules! grpc_span {
    ($name:literal, $kind:literal, $call:ident $(, $own:ident)*) => {{
        let rpc = $call.attributes;
        span!(
            target: "gusset::trace",
            Level::INFO,
            $name,
            { names::OTEL_NAME } = span_name(rpc.rpc_method()),
            { names::OTEL_KIND } = $kind,
            { names::OTEL_STATUS_CODE } = Empty,
            { names::OTEL_STATUS_DESCRIPTION } = Empty,
            { names::TRACE_ID } = %$call.span_context.trace_id(),
            { names::SPAN_ID } = %$call.span_context.span_id(),
            { names::TRACE_FLAGS } = %format_args!("{:02x}", $call.span_context.flags().bits()),
            { names::PARENT_SPAN_ID } = $call.parent.map(field::display),
            { names::REQUEST_ID } = $call.request_id.map(RequestId::as_str),
            { names::RPC_SYSTEM_NAME } = SYSTEM,
            { names::RPC_METHOD } = rpc.rpc_method().as_str(),
            { names::RPC_METHOD_ORIGINAL } = Empty,
            { names::RPC_RESPONSE_STATUS_CODE } = Empty,
            { names::SERVER_ADDRESS } = server(rpc).map(|(host, _)| host),
            { names::SERVER_PORT } = server(rpc).and_then(|(_, port)| port),
            { names::ERROR_TYPE } = Empty,
            { names::EXCEPTION_MESSAGE } = Empty,
            { names::GUSSET_OUTCOME } = Empty,
            { names::GUSSET_STAGE } = Empty,
            $({ names::$own } = Empty,)*
        )
    }};
}

pub(super) fn server_span(call: NewCall<'_>) -> Span {
    grpc_span!(
        "rpc.server",
        "server",
        call,
        USER_ID,
        ENDUSER_ID,
        TENANT,
        TENANT_ID
    )
}

pub(super) fn client_span(call: NewCall<'_>) -> Span {
    grpc_span!("rpc.client", "client", call)
}

/// Adds the attributes of a call. Returns the name of its span.
pub(super) fn record(rpc: RequestAttributes<'_>, attributes: &mut Vec<Attribute>) -> SharedStr {
    attributes.push((names::RPC_SYSTEM_NAME.into(), SYSTEM.into()));
    let (name, method) = texts(rpc.rpc_method());
    attributes.push((names::RPC_METHOD.into(), method.into()));
    push_server(attributes, rpc);
    name
}

/// Records the completion of a call on its `tracing` span.
///
/// `method` is that of a server call whose method was not known when the call began.
pub(super) fn record_end(
    span: &Span,
    status: Option<StaticStr>,
    method: Option<RpcMethodName<'_>>,
) {
    if let Some(status) = status {
        span.record(names::RPC_RESPONSE_STATUS_CODE, status.as_str());
    }
    let Some(method) = method else {
        return;
    };
    match method.original() {
        Some(original) => {
            span.record(names::RPC_METHOD_ORIGINAL, original);
        }
        None => {
            span.record(names::OTEL_NAME, method.as_str());
            span.record(names::RPC_METHOD, method.as_str());
        }
    }
}

/// Records the completion of a call on its exported span, like [`record_end`].
pub(super) fn finish(
    span: &mut SpanData,
    status: Option<StaticStr>,
    method: Option<RpcMethodName<'_>>,
    redaction: &Redaction,
) {
    let attributes = &mut span.attributes;
    if let Some(status) = status {
        let status = status.as_str();
        attributes.push((names::RPC_RESPONSE_STATUS_CODE.into(), status.into()));
    }
    let Some(method) = method else {
        return;
    };
    if let Some(original) = method.original() {
        push_redacted(
            attributes,
            names::RPC_METHOD_ORIGINAL,
            Some(original),
            redaction,
        );
        return;
    }
    let (name, method) = texts(method);
    span.name = name;
    let mut present = attributes.iter_mut();
    if let Some((_, value)) = present.find(|(name, _)| name == names::RPC_METHOD) {
        *value = method.into();
    }
}

/// Returns the name of a span and its `rpc.method`, with at most one copy of the text.
fn texts(method: RpcMethodName<'_>) -> (SharedStr, SharedStr) {
    if method.is_known() {
        let text = SharedStr::new(method.as_str());
        return (text.clone(), text);
    }
    let other = SharedStr::from_static(KnownMethods::OTHER);
    (SharedStr::from_static(SYSTEM), other)
}

fn span_name(method: RpcMethodName<'_>) -> &str {
    if method.is_known() {
        method.as_str()
    } else {
        SYSTEM
    }
}
