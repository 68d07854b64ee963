//! HTTP as a protocol of `gusset-core`.

use std::fmt;
use std::marker::PhantomData;

use gusset_core::{
    CallObserver, CallTracker, Classify, End, Failure, Protocol, ProtocolRequest, ProtocolResponse,
    Rejected, RequestKey, ResponseKind,
};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body;

use crate::{AttributeCache, HttpServerClassifier, ObservedBody, RequestHead, ResponseHead, Side};
use crate::{error_sources, grpc, request_key};

/// The HTTP protocol with a classifier of outcomes. Defaults to that of a server.
///
/// An observer for every classifier is `impl<R: HttpClassifier> Observer<Http<R>> for Mine`. One for
/// servers alone is `impl Observer<Http> for Mine`.
///
/// ```
/// use gusset_core::{CallObserver, CallContext, End, ObserveLayer, Observer};
/// use gusset_http::{Http, HttpClientClassifier, RequestHead, ResponseHead, HttpClassifier};
///
/// struct Print;
/// struct PrintCall { text: String }
///
/// impl<R: HttpClassifier> Observer<Http<R>> for Print {
///     type Call = PrintCall;
///     fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> PrintCall {
///         PrintCall { text: format!("{} {}", req.method, req.uri.path()) }
///     }
/// }
///
/// impl<R: HttpClassifier> CallObserver<Http<R>> for PrintCall {
///     fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
///         self.text += &format!(" {}", res.status);
///     }
///     fn on_end(self, _: End<'_, Http<R>>, cx: &CallContext) {
///         println!("{} {:?}", self.text, cx.elapsed());
///     }
/// }
///
/// let server = ObserveLayer::<Http, _>::new(Print);
/// let client = ObserveLayer::<Http<HttpClientClassifier>, _>::new(Print);
/// ```
pub struct Http<R = HttpServerClassifier>(PhantomData<fn() -> R>);

/// A classifier of HTTP calls: [`HttpServerClassifier`], [`HttpClientClassifier`],
/// [`GrpcServerClassifier`], [`GrpcClientClassifier`] or a custom one.
///
/// A custom classifier implements [`Classify`], and this trait to state its side:
///
/// ```
/// use gusset_core::{Classify, ResponseKind, End, ObserveLayer, Outcome, Classification};
/// use gusset_http::{Http, HttpClassifier, RequestHead, ResponseHead, Side, status_code_str};
/// use http::StatusCode;
///
/// /// A cache: every complete response is a success, even a miss.
/// struct Cache(StatusCode);
///
/// impl HttpClassifier for Cache {
///     const SIDE: Side = Side::Server;
/// }
///
/// impl Classify<Http<Cache>> for Cache {
///     fn start(_: RequestHead<'_>) -> Self {
///         Self(StatusCode::OK)
///     }
///     fn on_response(&mut self, res: ResponseHead<'_>) -> ResponseKind {
///         self.0 = res.status;
///         ResponseKind::Body
///     }
///     fn on_end(&self, end: &End<'_, Http<Cache>>) -> Classification {
///         Classification::of_end(end)
///             .unwrap_or(Classification::new(Outcome::Success))
///             .with_status(Some(status_code_str(self.0)))
///     }
/// }
///
/// let layer = ObserveLayer::<Http<Cache>, _>::new(());
/// ```
///
/// [`HttpClientClassifier`]: crate::HttpClientClassifier
/// [`GrpcServerClassifier`]: crate::GrpcServerClassifier
/// [`GrpcClientClassifier`]: crate::GrpcClientClassifier
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a classifier of HTTP calls",
    label = "this type does not state which side of a call it classifies",
    note = "implement `HttpClassifier` with `const SIDE: Side = Side::Server` or `Side::Client`"
)]
pub trait HttpClassifier: Classify<Http<Self>> + Sized {
    /// The side of the call that is observed. Decides what names a request: a server's path is that
    /// before `Router::nest`, while a client may forward a request whose extensions name the one that
    /// was received.
    const SIDE: Side;

    /// Whether the calls are gRPC. If so, the body of a gRPC-Web response may be one that a layer inside has
    /// decoded, with another length than declared. Defaults to `false`.
    const IS_GRPC: bool = false;
}

impl<R: HttpClassifier> Protocol for Http<R> {
    type Request<'a> = RequestHead<'a>;
    type Response<'a> = ResponseHead<'a>;
    type Trailers = HeaderMap;
    type Classify = R;

    const IS_CLIENT: bool = matches!(R::SIDE, Side::Client);

    #[inline]
    fn key(req: RequestHead<'_>) -> Option<RequestKey> {
        Some(request_key::key(req))
    }

    fn has_key(req: RequestHead<'_>, key: RequestKey) -> bool {
        request_key::has_key(req, key)
    }

    fn failure<E: 'static>(error: &E) -> Failure<'_> {
        error_sources::as_error(error).map_or_else(|| Failure::new(error), Failure::from_error)
    }
}

impl<R: HttpClassifier, B> ProtocolRequest<Request<B>> for Http<R> {
    type Cache = AttributeCache;

    #[inline]
    fn head<'a>(req: &'a Request<B>, cache: &'a AttributeCache) -> RequestHead<'a> {
        RequestHead {
            cache: Some(cache),
            ..req.into()
        }
    }
}

impl<R: HttpClassifier, B> ProtocolResponse<Response<B>> for Http<R>
where
    B: Body,
    B::Error: 'static,
{
    type Tracked<C: CallObserver<Self>> = Response<ObservedBody<B, R, C>>;

    #[inline]
    fn attach<C: CallObserver<Self>>(
        res: Response<B>,
        mut track: CallTracker<Self, C>,
    ) -> Self::Tracked<C> {
        let mut head = ResponseHead::from(&res);
        head.length = declared_length(head.headers, res.body());
        let declared = match track.on_response(head) {
            ResponseKind::Body => head.length,
            ResponseKind::NoBody => {
                track.end(End::Complete(None));
                None
            }
            ResponseKind::Upgrade => {
                track.end(End::Upgraded);
                None
            }
        };
        if grpc::is_web_response::<R>(res.headers()) {
            return res.map(|body| ObservedBody::decoded(body, track));
        }
        res.map(|body| ObservedBody::new(body, track, declared))
    }

    fn mark_rejected(res: &mut Response<B>, rejected: &Rejected) {
        res.extensions_mut().insert(rejected.clone());
    }
}

impl<R> fmt::Debug for Http<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

/// Returns the length that the server declares: that of the header, or else the exact size that hyper
/// makes a header of.
#[inline]
fn declared_length<B: Body>(headers: &HeaderMap, body: &B) -> Option<u64> {
    match headers.get(http::header::CONTENT_LENGTH) {
        Some(value) => parse_number(value),
        None => body.size_hint().exact(),
    }
}

/// Parses a header value of digits alone; `parse` would accept a sign too.
pub(crate) fn parse_number<T: std::str::FromStr>(value: &HeaderValue) -> Option<T> {
    let text = value.to_str().ok()?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
