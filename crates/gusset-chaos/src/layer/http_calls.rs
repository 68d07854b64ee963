//! Calls of HTTP and gRPC.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use gusset_core::Predicate;
use gusset_http::{
    Http, HttpClientClassifier, PeerAddr, RequestAttributes, RequestHead, RequestOptions, Side,
};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::Body;

use super::ChaosLayer;
use super::kind::{CallKind, OneInjection, Sealed};
use crate::body::FaultBody;
use crate::injection::{Abilities, Injection, decide};
use crate::mark::Injected;
use crate::rule::CallView;
use crate::{Chaos, Fault, names};

/// Calls of HTTP or gRPC, on one side.
#[derive(Clone)]
pub struct HttpCalls {
    side: Side,
    is_grpc: bool,
    options: Arc<RequestOptions>,
}

/// The side on which a request was hit, in its extensions. A request that a server forwards is another call.
#[derive(Clone, Copy)]
struct HitOn(Side);

// === impl HttpCalls ===

impl HttpCalls {
    pub(super) fn new(side: Side, is_grpc: bool) -> Self {
        Self {
            side,
            is_grpc,
            options: Arc::default(),
        }
    }
}

impl<M> ChaosLayer<HttpCalls, M> {
    /// Sets the options by which telemetry reads a request, for routes that a function names. Defaults to those of
    /// `RequestOptions::default()`.
    #[must_use = "returns the layer with the change"]
    pub fn request_options(self, options: Arc<RequestOptions>) -> Self {
        self.map_kind(|kind| HttpCalls { options, ..kind })
    }
}

impl<B, D> Sealed<Request<B>, Response<D>> for HttpCalls {
    fn decide(
        &self,
        chaos: &Chaos,
        req: &mut Request<B>,
        makes_errors: bool,
    ) -> Option<OneInjection> {
        let shared = &chaos.0;
        let head = RequestHead::from(&*req);
        let excluded = &shared.settings.excluded;
        let may_be_hit = match self.side {
            Side::Server => Predicate::<Http>::matches(excluded, head),
            Side::Client => Predicate::<Http<HttpClientClassifier>>::matches(excluded, head),
        };
        if !may_be_hit {
            return None;
        }
        let attributes = RequestAttributes::new(head, self.side, &self.options);
        let host = attributes.server_address().zip(attributes.server_port());
        let view = CallView {
            method: Some(head.method.as_str()),
            route: match self.is_grpc {
                true => Some(head.uri.path()),
                false => attributes.route(),
            },
            peer_ip: match self.side {
                Side::Server => PeerAddr::from_request(head).map(|peer| peer.ip()),
                Side::Client => None,
            },
            host,
            headers: Some(head.headers),
            key: None,
        };
        let is_hit = head.extensions.get::<HitOn>();
        let is_hit = is_hit.is_some_and(|hit| hit.0 == self.side);
        let abilities = Abilities {
            errors: makes_errors,
            responses: true,
        };
        let injection = decide(shared, &view, is_hit, abilities)?;
        req.extensions_mut().insert(HitOn(self.side));
        Some(OneInjection(injection))
    }
}

impl<B, D> CallKind<Request<B>, Response<D>> for HttpCalls
where
    D: Body<Data = Bytes>,
    D::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<FaultBody<D>>;

    #[inline]
    fn untouched(res: Response<D>) -> Self::Response {
        res.map(FaultBody::untouched)
    }

    fn finish(mut res: Response<D>, OneInjection(injection): OneInjection) -> Self::Response {
        mark(&mut res, &injection);
        res.map(|body| FaultBody::faulty(body, injection))
    }

    fn respond(fault: &Fault, OneInjection(injection): OneInjection) -> Option<Self::Response> {
        let mut res = Response::new(());
        let headers = res.headers_mut();
        match fault {
            Fault::Status { status } => {
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                *res.status_mut() = StatusCode::from_u16(*status).ok()?;
            }
            Fault::GrpcStatus { code, message } => {
                let grpc = HeaderValue::from_static("application/grpc");
                headers.insert(CONTENT_TYPE, grpc);
                headers.insert(
                    HeaderName::from_static("grpc-status"),
                    u16::from(*code).into(),
                );
                if !message.is_empty() {
                    let message = HeaderValue::try_from(percent_encoded(message)).ok()?;
                    headers.insert(HeaderName::from_static("grpc-message"), message);
                }
            }
            Fault::Abort | Fault::Cancel { .. } => {
                mark(&mut res, &injection);
                return Some(res.map(|()| FaultBody::aborted(injection)));
            }
            _ => return None,
        }
        mark(&mut res, &injection);
        Some(res.map(|()| FaultBody::empty()))
    }
}

fn mark<D>(res: &mut Response<D>, injection: &Injection) {
    let mark = Injected::new(injection.rule.clone(), &injection.faults);
    if injection.has_header {
        let name = HeaderName::from_static(names::HEADER);
        res.headers_mut().insert(name, mark.header());
    }
    res.extensions_mut().insert(mark);
}

/// Returns a message as gRPC writes it ("PROTOCOL-HTTP2", `Percent-Encoded`): printable ASCII without `%` as it is.
fn percent_encoded(message: &str) -> String {
    let mut encoded = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b'%' | 0..=0x1f | 0x7f.. => encoded.push_str(&format!("%{byte:02X}")),
            _ => encoded.push(char::from(byte)),
        }
    }
    encoded
}

impl fmt::Debug for HttpCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpCalls")
            .field("side", &self.side)
            .field("is_grpc", &self.is_grpc)
            .finish_non_exhaustive()
    }
}
