//! The spans of gRPC calls.

use gusset_core::StaticStr;
use gusset_data::{Attribute, SharedStr, SpanData};
use gusset_http::{GrpcCode, RequestHead, truncate_str};
use tracing::field::{self, Empty};
use tracing::{Level, Span, span};

use super::NewCall;
use super::http::{host, push_number, push_text};
use crate::names;

/// The method of a call that the server does not implement.
const OTHER_METHOD: &str = "_OTHER";
const SYSTEM: &str = "grpc";
const MAX_METHOD_BYTES: usize = 256;

/// Returns `package.Service/Method`, from the path.
fn method(req: RequestHead<'_>) -> &str {
    let path = req.uri.path();
    truncate_str(path.strip_prefix('/').unwrap_or(path), MAX_METHOD_BYTES)
}

/// Creates the `tracing` span of a call, `{method}`.
macro_rules! grpc_span {
    ($name:literal, $kind:literal, $call:ident) => {
        span!(
            target: "gusset::trace",
            Level::INFO,
            $name,
            { names::OTEL_NAME } = method($call.req),
            { names::OTEL_KIND } = $kind,
            { names::OTEL_STATUS_CODE } = Empty,
            { names::TRACE_ID } = %$call.span_context.trace_id(),
            { names::SPAN_ID } = %$call.span_context.span_id(),
            { names::TRACE_FLAGS } = %format_args!("{:02x}", $call.span_context.flags().bits()),
            { names::PARENT_SPAN_ID } = $call.parent.map(field::display),
            { names::GUSSET_REQUEST_ID } = $call.request_id,
            { names::RPC_SYSTEM_NAME } = SYSTEM,
            { names::RPC_METHOD } = method($call.req),
            { names::RPC_METHOD_ORIGINAL } = Empty,
            { names::RPC_RESPONSE_STATUS_CODE } = Empty,
            { names::SERVER_ADDRESS } = host($call.req, $call.scan).map(|(host, _)| host),
            { names::SERVER_PORT } = host($call.req, $call.scan).and_then(|(_, port)| port),
            { names::ERROR_TYPE } = Empty,
            { names::GUSSET_OUTCOME } = Empty,
            { names::GUSSET_STAGE } = Empty,
        )
    };
}

pub(super) fn server_span(call: NewCall<'_>) -> Span {
    grpc_span!("rpc.server", "server", call)
}

pub(super) fn client_span(call: NewCall<'_>) -> Span {
    grpc_span!("rpc.client", "client", call)
}

/// Adds the attributes of a call. Returns the name of its span.
pub(super) fn record(call: NewCall<'_>, attributes: &mut Vec<Attribute>) -> SharedStr {
    attributes.push((names::RPC_SYSTEM_NAME.into(), SYSTEM.into()));
    push_text(attributes, names::RPC_METHOD, Some(method(call.req)));
    if let Some((host, port)) = host(call.req, call.scan) {
        push_text(attributes, names::SERVER_ADDRESS, Some(host));
        push_number(attributes, names::SERVER_PORT, port);
    }
    SharedStr::new(method(call.req))
}

/// Returns the method of a server call, which is unconfirmed until the status shows that it exists.
pub(super) fn unconfirmed_method(req: RequestHead<'_>) -> Box<str> {
    method(req).into()
}

/// Records the status of a call on its `tracing` span.
pub(super) fn record_status(span: &Span, status: Option<StaticStr>, unconfirmed: Option<&str>) {
    let Some(status) = status else {
        return;
    };
    span.record(names::RPC_RESPONSE_STATUS_CODE, status.as_str());
    if let Some(method) = unconfirmed.filter(|_| is_unimplemented(status)) {
        span.record(names::OTEL_NAME, SYSTEM);
        span.record(names::RPC_METHOD, OTHER_METHOD);
        span.record(names::RPC_METHOD_ORIGINAL, method);
    }
}

/// Records the status of a call on its exported span.
pub(super) fn finish(span: &mut SpanData, status: Option<StaticStr>, unconfirmed: Option<&str>) {
    let Some(status) = status else {
        return;
    };
    let attributes = &mut span.attributes;
    attributes.push((
        names::RPC_RESPONSE_STATUS_CODE.into(),
        status.as_str().into(),
    ));
    if let Some(method) = unconfirmed.filter(|_| is_unimplemented(status)) {
        span.name = SYSTEM.into();
        let mut present = attributes.iter_mut();
        if let Some((_, value)) = present.find(|(name, _)| name == names::RPC_METHOD) {
            *value = OTHER_METHOD.into();
        }
        push_text(attributes, names::RPC_METHOD_ORIGINAL, Some(method));
    }
}

fn is_unimplemented(status: StaticStr) -> bool {
    GrpcCode::from_name(status) == Some(GrpcCode::UNIMPLEMENTED)
}
