//! HTTP as a protocol of gusset.

use std::fmt;
use std::marker::PhantomData;

use gusset_core::{
    Accept, Call, Classify, Deliver, Delivery, End, Failure, Protocol, Refused, Track,
};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body;

use crate::known;
use crate::{HttpServer, RequestHead, ResponseHead, TrackedBody};

/// HTTP, with rules that say what an end is called: the server's unless others are named.
///
/// An observer for every kind of HTTP is `impl<R: Rules> Observer<Http<R>> for Mine`; for servers
/// alone, `impl Observer<Http> for Mine`.
///
/// ```
/// use gusset_core::{Call, Cx, End, ObserveLayer, Observer};
/// use gusset_http::{Http, HttpClient, RequestHead, ResponseHead, Rules};
///
/// struct Print;
/// struct PrintCall { line: String }
///
/// impl<R: Rules> Observer<Http<R>> for Print {
///     type Call = PrintCall;
///     fn start(&self, req: RequestHead<'_>, _: &mut Cx) -> PrintCall {
///         PrintCall { line: format!("{} {}", req.method, req.uri.path()) }
///     }
/// }
///
/// impl<R: Rules> Call<Http<R>> for PrintCall {
///     fn on_response(&mut self, res: ResponseHead<'_>, _: &Cx) {
///         self.line += &format!(" {}", res.status);
///     }
///     fn on_end(self, _: End<'_, Http<R>>, cx: &Cx) {
///         println!("{} {:?}", self.line, cx.elapsed());
///     }
/// }
///
/// let of_a_server = ObserveLayer::<Http, _>::new(Print);
/// let of_a_client = ObserveLayer::<Http<HttpClient>, _>::new(Print);
/// ```
pub struct Http<R = HttpServer>(PhantomData<fn() -> R>);

/// Rules that say what the end of an HTTP call is called: [`HttpServer`], [`HttpClient`],
/// [`GrpcServer`] or one's own.
///
/// Rules of one's own are a [`Classify`]:
///
/// ```
/// use gusset_core::{Classify, Delivery, End, ObserveLayer, Outcome, Verdict};
/// use gusset_http::{Http, RequestHead, ResponseHead, status_token};
/// use http::StatusCode;
///
/// /// A cache: whatever is delivered is a success, a miss too.
/// struct Cache(StatusCode);
///
/// impl Classify<Http<Cache>> for Cache {
///     fn start(_: RequestHead<'_>) -> Self {
///         Self(StatusCode::OK)
///     }
///     fn on_response(&mut self, res: ResponseHead<'_>) -> Delivery {
///         self.0 = res.status;
///         Delivery::Body
///     }
///     fn on_end(&self, end: &End<'_, Http<Cache>>) -> Verdict {
///         Verdict::of_end(end)
///             .unwrap_or(Verdict::new(Outcome::Success))
///             .with_status(Some(status_token(self.0)))
///     }
/// }
///
/// let layer = ObserveLayer::<Http<Cache>, _>::new(());
/// ```
///
/// [`HttpClient`]: crate::HttpClient
/// [`GrpcServer`]: crate::GrpcServer
pub trait Rules: Classify<Http<Self>> + Sized {}

impl<R: Classify<Http<R>>> Rules for R {}

impl<R: Rules> Protocol for Http<R> {
    type Request<'a> = RequestHead<'a>;
    type Response<'a> = ResponseHead<'a>;
    type Trailers = HeaderMap;
    type Classify = R;

    fn failure<E: 'static>(error: &E) -> Failure<'_> {
        known::error(error).map_or_else(|| Failure::new(error), Failure::of)
    }
}

impl<R: Rules, B> Accept<Request<B>> for Http<R> {
    #[inline]
    fn head(req: &Request<B>) -> RequestHead<'_> {
        req.into()
    }
}

impl<R: Rules, B> Deliver<Response<B>> for Http<R>
where
    B: Body,
    B::Error: 'static,
{
    type Tracked<C: Call<Self>> = Response<TrackedBody<B, R, C>>;

    #[inline]
    fn deliver<C: Call<Self>>(res: Response<B>, mut track: Track<Self, C>) -> Self::Tracked<C> {
        let mut head = ResponseHead::from(&res);
        head.length = declared_length(head.headers, res.body());
        let declared = match track.respond(head) {
            Delivery::Body => head.length,
            Delivery::Bare => {
                track.end(End::Complete(None));
                None
            }
            Delivery::Upgrade => {
                track.end(End::Upgraded);
                None
            }
        };
        res.map(|body| TrackedBody::new(body, track, declared))
    }

    fn mark_refused(res: &mut Response<B>, refused: &Refused) {
        res.extensions_mut().insert(refused.clone());
    }
}

impl<R> fmt::Debug for Http<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

/// What the server will promise the caller: the header where there is one, else the exact size that
/// hyper makes a header of.
#[inline]
fn declared_length<B: Body>(headers: &HeaderMap, body: &B) -> Option<u64> {
    match headers.get(http::header::CONTENT_LENGTH) {
        Some(value) => number(value),
        None => body.size_hint().exact(),
    }
}

/// The number that a header's value is: digits alone, where `parse` would take a sign too.
pub(crate) fn number<T: std::str::FromStr>(value: &HeaderValue) -> Option<T> {
    let text = value.to_str().ok()?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
