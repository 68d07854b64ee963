//! Calls of an instrumented service.

use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gusset::Rejected;
use gusset::http::{PeerAddr, Route, RpcMethod, TrustedProxies, UrlTemplate};
use gusset_testkit::ScriptedBody;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version};
use http_body::Body;
use tower::Service;

use crate::attributes::Attributes;

/// The options of an instrumentation, for all signals.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) https: bool,
    pub(crate) known_methods: Option<Vec<&'static str>>,
    pub(crate) proxies: Option<TrustedProxies>,
    pub(crate) query: bool,
    pub(crate) user_agent: Option<bool>,
}

/// A request, and the behaviour of the service.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) version: Version,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) route: Option<&'static str>,
    pub(crate) end: End,
    pub(crate) status: StatusCode,
    pub(crate) response_version: Version,
    pub(crate) response_route: Option<&'static str>,
    pub(crate) grpc_status: GrpcStatus,
    pub(crate) is_rejected: bool,
}

/// How a call ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    EmptyBody,
    CompleteBody,
    FailedBody,
    DroppedBody,
    DroppedBeforeHeaders,
    Failed,
    Panicked,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum GrpcStatus {
    None,
    Headers(&'static str),
    Trailers(&'static str),
}

/// Makes one call, which ends before this returns.
pub(crate) fn exchange<S, B>(service: &mut S, call: &Call)
where
    S: Service<Request<()>, Response = Response<B>, Error = io::Error>,
    B: Body,
{
    let mut cx = Context::from_waker(Waker::noop());
    let result = catch_unwind(AssertUnwindSafe(|| {
        match pin!(service.call(call.request())).poll(&mut cx) {
            Poll::Ready(result) => result.ok(),
            Poll::Pending => None,
        }
    }));
    let Ok(Some(response)) = result else {
        return;
    };
    let mut body = pin!(response.into_body());
    while let Poll::Ready(Some(Ok(_))) = body.as_mut().poll_frame(&mut cx) {}
}

/// Responds as the call in the extensions of the request requires.
pub(crate) async fn respond(req: Request<()>) -> io::Result<Response<ScriptedBody>> {
    let call = req.extensions().get::<Call>().unwrap();
    match call.end {
        End::DroppedBeforeHeaders => pending().await,
        End::Failed => Err(io::ErrorKind::TimedOut.into()),
        End::Panicked => std::panic::resume_unwind(Box::new("expected")),
        _ => Ok(call.response()),
    }
}

// === impl Options ===

impl Options {
    /// Returns whether spans lack an attribute of log entries, because it is not explicitly enabled.
    pub(crate) fn omits_from_spans(&self, name: &str) -> bool {
        match name {
            "client.address" => self.proxies.is_none(),
            "user_agent.original" => self.user_agent.is_none(),
            _ => false,
        }
    }
}

// === impl Call ===

impl Call {
    pub(crate) fn request(&self) -> Request<()> {
        let mut req = Request::new(());
        *req.method_mut() = self.method.clone();
        *req.uri_mut() = self.uri.clone();
        *req.version_mut() = self.version;
        req.headers_mut().extend(self.headers.iter().cloned());
        req.extensions_mut().insert(self.clone());
        if let Some(peer) = self.peer {
            req.extensions_mut().insert(PeerAddr(peer));
        }
        if let Some(route) = self.route {
            req.extensions_mut().insert(Route::new(route));
            req.extensions_mut().insert(UrlTemplate::new(route));
        }
        req
    }

    /// Returns whether the call is counted in the overflow series: its route or gRPC method is longer
    /// than a label value may be.
    pub(crate) fn is_overflow(&self, span: &Attributes) -> bool {
        if let Some(method) = span.get("rpc.method") {
            return method.len() >= RpcMethod::MAX_BYTES;
        }
        let has_response = !matches!(
            self.end,
            End::DroppedBeforeHeaders | End::Failed | End::Panicked
        );
        let route = self.response_route.filter(|_| has_response);
        route.or(self.route).is_some_and(|route| route.len() > 256)
    }

    pub(crate) fn response(&self) -> Response<ScriptedBody> {
        let body = ScriptedBody::new();
        let mut body = match self.end {
            End::CompleteBody => body.data("complete"),
            End::FailedBody => body.data("failed").error(),
            End::DroppedBody => body.data("dropped").pend_forever(),
            _ => body,
        };
        if let GrpcStatus::Trailers(status) = self.grpc_status {
            body = body.trailers("grpc-status", status);
        }
        let mut res = Response::new(body);
        *res.status_mut() = self.status;
        *res.version_mut() = self.response_version;
        // A gRPC server answers in the type of the request.
        let content_type = self.headers.iter().find(|(name, _)| name == CONTENT_TYPE);
        res.headers_mut().extend(content_type.cloned());
        if let GrpcStatus::Headers(status) = self.grpc_status {
            let status = HeaderValue::from_static(status);
            res.headers_mut().insert("grpc-status", status);
        }
        if let Some(route) = self.response_route {
            res.extensions_mut().insert(Route::new(route));
            res.extensions_mut().insert(UrlTemplate::new(route));
        }
        if self.is_rejected {
            res.extensions_mut().insert(Rejected::new("test"));
        }
        res
    }
}
