//! The service that serves the script and takes beacons.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{BufMut as _, Bytes};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, DNT, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{Full, LengthLimitError, Limited};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{BeaconOutcome, BrowserMonitor};

/// How long a browser may take the script from its cache.
const SCRIPT_AGE: &str = "public, max-age=3600";

static SEC_GPC: HeaderName = HeaderName::from_static("sec-gpc");
static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Serves the script by `GET` and takes its beacons by `POST`, at any path. Created by
/// [`BrowserMonitor::service`].
///
/// It is a Tower service of any request body, for `Router::route_service` of axum or for hyper. It never fails. Mount it
/// at an address of the website itself: the script sends its beacons to where it came from.
///
/// A beacon is read if it is not over the rate, and up to
/// [`MAX_BEACON_BYTES`](BrowserMonitor::MAX_BEACON_BYTES). The time-out for a body that does not arrive is that of the server.
#[derive(Clone, Debug)]
pub struct BrowserService {
    monitor: BrowserMonitor,
}

pin_project! {
    /// The future of a [`BrowserService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct BrowserFuture<B> {
        #[pin]
        state: State<B>,
        monitor: BrowserMonitor,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<B> {
        Ready { response: Option<Response<Full<Bytes>>> },
        Reading { #[pin] body: Limited<B>, bytes: Vec<u8> },
    }
}

// === impl BrowserMonitor ===

impl BrowserMonitor {
    /// Returns the service that serves the script and takes its beacons.
    ///
    /// ```
    /// use axum::Router;
    /// use gusset_browser::BrowserMonitor;
    ///
    /// # fn main() -> Result<(), gusset_browser::ConfigError> {
    /// let browser = BrowserMonitor::builder(["/"]).build()?;
    /// let router: Router = Router::new().route_service("/browser.js", browser.service());
    /// # Ok(())
    /// # }
    /// ```
    pub fn service(&self) -> BrowserService {
        BrowserService {
            monitor: self.clone(),
        }
    }
}

// === impl BrowserService ===

impl BrowserService {
    /// Returns why a beacon is not read.
    fn refuse(&self, headers: &HeaderMap) -> Option<BeaconOutcome> {
        let is = |name: &HeaderName, value: &str| headers.get(name).is_some_and(|it| *it == *value);
        if is(&DNT, "1") || is(&SEC_GPC, "1") {
            return Some(BeaconOutcome::OptedOut);
        }
        // Older browsers do not send it. Other websites cannot set it.
        if headers.contains_key(&SEC_FETCH_SITE) && !is(&SEC_FETCH_SITE, "same-origin") {
            return Some(BeaconOutcome::CrossOrigin);
        }
        let length = headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok());
        let length = length.and_then(|it| it.parse::<u64>().ok());
        if length.is_some_and(|length| length > BrowserMonitor::MAX_BEACON_BYTES as u64) {
            return Some(BeaconOutcome::TooLarge);
        }
        (!self.monitor.try_acquire()).then_some(BeaconOutcome::RateLimited)
    }

    fn script(&self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.monitor.script()));
        for (name, value) in [
            (CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (CACHE_CONTROL, SCRIPT_AGE),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ] {
            let value = HeaderValue::from_static(value);
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl<B> Service<Request<B>> for BrowserService
where
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = BrowserFuture<B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<B>) -> BrowserFuture<B> {
        let ready = |response| State::Ready {
            response: Some(response),
        };
        let state = match *req.method() {
            Method::GET | Method::HEAD => ready(self.script()),
            Method::POST => match self.refuse(req.headers()) {
                Some(outcome) => ready(answer(&self.monitor, outcome)),
                None => State::Reading {
                    body: Limited::new(req.into_body(), BrowserMonitor::MAX_BEACON_BYTES),
                    bytes: Vec::new(),
                },
            },
            _ => {
                let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
                let methods = HeaderValue::from_static("GET, HEAD, POST");
                response.headers_mut().insert(ALLOW, methods);
                ready(response)
            }
        };
        BrowserFuture {
            state,
            monitor: self.monitor.clone(),
        }
    }
}

// === impl BrowserFuture ===

impl<B> Future for BrowserFuture<B>
where
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = match this.state.project() {
            StateProj::Ready { response } => response.take().expect("polled after it was complete"),
            StateProj::Reading { body, bytes } => {
                let outcome = match ready!(poll_read(body, bytes, cx)) {
                    Ok(()) => this.monitor.record(bytes),
                    Err(error) if error.is::<LengthLimitError>() => BeaconOutcome::TooLarge,
                    Err(_) => BeaconOutcome::Malformed,
                };
                answer(this.monitor, outcome)
            }
        };
        Poll::Ready(Ok(response))
    }
}

impl<B> std::fmt::Debug for BrowserFuture<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BrowserFuture").finish_non_exhaustive()
    }
}

/// Reads a body to its end.
fn poll_read<B: Body>(
    mut body: Pin<&mut B>,
    bytes: &mut Vec<u8>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), B::Error>> {
    while let Some(frame) = ready!(body.as_mut().poll_frame(cx)?) {
        if let Ok(data) = frame.into_data() {
            bytes.put(data);
        }
    }
    Poll::Ready(Ok(()))
}

/// Counts a beacon, and returns its response.
fn answer(monitor: &BrowserMonitor, outcome: BeaconOutcome) -> Response<Full<Bytes>> {
    monitor.count(outcome);
    let mut response = empty(outcome.status());
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, value);
    response
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
