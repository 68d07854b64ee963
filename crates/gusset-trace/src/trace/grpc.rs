//! The spans of gRPC calls.

use gusset_core::StaticStr;
use gusset_data::{Attribute, SharedStr, SpanData};
use gusset_http::{GrpcCode, RequestHead, capped};
use tracing::field::{self, Empty};
use tracing::{Level, Span, span};

use super::span::{Starting, host, number, text};
use crate::glance::Glance;
use crate::names;

/// What a span says in place of a method that the server does not know.
const OTHER: &str = "_OTHER";
const SYSTEM: &str = "grpc";

/// `package.Service/Method`, as the path has it.
fn method(req: RequestHead<'_>) -> &str {
    let path = req.uri.path();
    capped(path.strip_prefix('/').unwrap_or(path), 256)
}

/// The span of either side, `{method}`.
macro_rules! grpc_span {
    ($name:literal, $kind:literal, $call:ident, $announce:ident) => {
        span!(
            target: "gusset::trace",
            Level::INFO,
            $name,
            { names::NAME } = { $announce(); method($call.req) },
            { names::KIND } = $kind,
            { names::STATUS } = Empty,
            { names::TRACE_ID } = %$call.trace.trace_id(),
            { names::SPAN_ID } = %$call.trace.span_id(),
            { names::TRACE_FLAGS } = %format_args!("{:02x}", $call.trace.flags().bits()),
            { names::PARENT_SPAN_ID } = $call.parent.map(field::display),
            { names::REQUEST_ID } = $call.request_id,
            { names::RPC_SYSTEM } = SYSTEM,
            { names::RPC_METHOD } = method($call.req),
            { names::RPC_METHOD_ORIGINAL } = Empty,
            { names::RPC_STATUS } = Empty,
            { names::SERVER_ADDRESS } = host($call.req, $call.glance).map(|(host, _)| host),
            { names::SERVER_PORT } = host($call.req, $call.glance).and_then(|(_, port)| port),
            { names::ERROR } = Empty,
            { names::OUTCOME } = Empty,
            { names::STAGE } = Empty,
        )
    };
}

pub(super) fn server_span(call: Starting<'_>, announce: impl Fn()) -> Span {
    grpc_span!("rpc.server", "server", call, announce)
}

pub(super) fn client_span(call: Starting<'_>, announce: impl Fn()) -> Span {
    grpc_span!("rpc.client", "client", call, announce)
}

/// The name of the span, at its start.
pub(super) fn name(req: RequestHead<'_>) -> SharedStr {
    SharedStr::new(method(req))
}

/// What stands on either side's span from its start.
pub(super) fn start<'a>(req: RequestHead<'a>, glance: Glance<'a>, on: &mut Vec<Attribute>) {
    on.push((names::RPC_SYSTEM.into(), SYSTEM.into()));
    text(on, names::RPC_METHOD, Some(method(req)));
    if let Some((host, port)) = host(req, glance) {
        text(on, names::SERVER_ADDRESS, Some(host));
        number(on, names::SERVER_PORT, port);
    }
}

/// The method of a server's call, kept while it is not known to be one: until then it is a
/// stranger's word.
pub(super) fn unproven(req: RequestHead<'_>) -> Box<str> {
    method(req).into()
}

/// What the end of a call tells of its span. `unproven` is the method of a server's call.
pub(super) fn on_end(span: &Span, status: Option<StaticStr>, unproven: Option<&str>) {
    let Some(status) = status else {
        return;
    };
    span.record(names::RPC_STATUS, status.as_str());
    if let Some(method) = unproven.filter(|_| is_unknown(status)) {
        span.record(names::NAME, SYSTEM);
        span.record(names::RPC_METHOD, OTHER);
        span.record(names::RPC_METHOD_ORIGINAL, method);
    }
}

/// As [`on_end`], on the span that is exported.
pub(super) fn finish(span: &mut SpanData, status: Option<StaticStr>, unproven: Option<&str>) {
    let Some(status) = status else {
        return;
    };
    let on = &mut span.attributes;
    on.push((names::RPC_STATUS.into(), status.as_str().into()));
    if let Some(method) = unproven.filter(|_| is_unknown(status)) {
        span.name = SYSTEM.into();
        if let Some((_, value)) = on.iter_mut().find(|(name, _)| name == names::RPC_METHOD) {
            *value = OTHER.into();
        }
        on.push((
            names::RPC_METHOD_ORIGINAL.into(),
            SharedStr::new(method).into(),
        ));
    }
}

fn is_unknown(status: StaticStr) -> bool {
    GrpcCode::from_token(status) == Some(GrpcCode::UNIMPLEMENTED)
}
