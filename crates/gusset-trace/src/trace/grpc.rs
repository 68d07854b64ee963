//! The spans of gRPC calls.

use gusset_core::Token;
use gusset_http::{GrpcCode, RequestHead, capped};
use tracing::field::Empty;
use tracing::{Level, Span, span};

use super::span::{Starting, host};
use crate::names;

/// What a span says in place of a method that the server does not know.
const OTHER: &str = "_OTHER";

/// `package.Service/Method`, as the path has it.
fn method(req: RequestHead<'_>) -> &str {
    let path = req.uri.path();
    capped(path.strip_prefix('/').unwrap_or(path), 256)
}

/// The span of either side, `{method}`.
macro_rules! grpc_span {
    ($name:literal, $kind:literal, $call:ident) => {
        span!(
            target: "gusset::trace",
            Level::INFO,
            $name,
            { names::NAME } = method($call.req),
            { names::KIND } = $kind,
            { names::STATUS } = Empty,
            { names::TRACE_ID } = %$call.trace.trace_id(),
            { names::SPAN_ID } = %$call.trace.span_id(),
            { names::TRACE_FLAGS } = %format_args!("{:02x}", $call.trace.flags().bits()),
            { names::PARENT_SPAN_ID } = $call.parent.map(display),
            { names::REQUEST_ID } = $call.request_id,
            { names::RPC_SYSTEM } = "grpc",
            { names::RPC_METHOD } = method($call.req),
            { names::RPC_METHOD_ORIGINAL } = Empty,
            { names::RPC_STATUS } = Empty,
            { names::SERVER_ADDRESS } = host($call.req).map(|(host, _)| host),
            { names::SERVER_PORT } = host($call.req).and_then(|(_, port)| port),
            { names::ERROR } = Empty,
            { names::OUTCOME } = Empty,
            { names::STAGE } = Empty,
        )
    };
}

pub(super) fn server_span(call: Starting<'_>) -> Span {
    grpc_span!("rpc.server", "server", call)
}

pub(super) fn client_span(call: Starting<'_>) -> Span {
    grpc_span!("rpc.client", "client", call)
}

/// The method of a server's call, kept while it is not known to be one: until then it is a
/// stranger's word.
pub(super) fn unproven(req: RequestHead<'_>) -> Box<str> {
    method(req).into()
}

/// What the end of a call tells of its span. `unproven` is the method of a server's call.
pub(super) fn on_end(span: &Span, status: Option<Token>, unproven: Option<&str>) {
    let Some(status) = status else {
        return;
    };
    span.record(names::RPC_STATUS, status.as_str());
    let unknown = GrpcCode::from_token(status) == Some(GrpcCode::UNIMPLEMENTED);
    if let Some(method) = unproven.filter(|_| unknown) {
        span.record(names::NAME, "grpc");
        span.record(names::RPC_METHOD, OTHER);
        span.record(names::RPC_METHOD_ORIGINAL, method);
    }
}
