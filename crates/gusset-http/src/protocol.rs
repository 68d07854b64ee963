//! HTTP as a protocol of gusset.

use std::fmt;
use std::marker::PhantomData;

use gusset_core::{Accept, Call, Classify, Deliver, Delivery, End, Protocol, Refused, Track};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body;

use crate::{HttpServer, RequestHead, ResponseHead, TrackedBody};

/// HTTP, with rules that say what an end is called: the server's unless others are named.
///
/// An observer for every kind of HTTP is `impl<R: Rules> Observer<Http<R>> for Mine`; for servers
/// alone, `impl Observer<Http> for Mine`.
pub struct Http<R = HttpServer>(PhantomData<fn() -> R>);

/// Rules that say what the end of an HTTP call is called: [`HttpServer`], [`HttpClient`],
/// [`GrpcServer`] or one's own.
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

    fn deliver<C: Call<Self>>(res: Response<B>, mut track: Track<Self, C>) -> Self::Tracked<C> {
        let head = ResponseHead::from(&res);
        match track.respond(head) {
            Delivery::Body => {
                let declared = declared_length(head.headers, res.body());
                res.map(|body| TrackedBody::new(body, track, declared))
            }
            Delivery::Bare => {
                track.end(End::Complete(None));
                res.map(|body| TrackedBody::new(body, track, None))
            }
            Delivery::Upgrade => {
                track.end(End::Upgraded);
                res.map(|body| TrackedBody::new(body, track, None))
            }
        }
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
