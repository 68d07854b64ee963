//! The page as an endpoint.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_channel::oneshot;
use gusset_http::{Endpoint, RequestHead};
use http::header::{ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

use crate::accept;
use crate::renderer::{Rendered, Renderer};
use crate::store::Store;
use crate::text::Format;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// The scrape page; implements [`Endpoint`], to be mounted at `/metrics`.
///
/// `GET` and `HEAD` are always answered `200`: no `Accept` is refused, and the page is made from
/// memory, so it cannot fail. Who asks for OpenMetrics 1.0.0 in `Accept`, as Prometheus does, gets it,
/// and with it the exemplars; everybody else text 0.0.4. It is gzipped if `Accept-Encoding` allows.
/// Other methods are answered `405`.
///
/// The page is made on a thread of its own, which the first scrape starts and which ends with the
/// last handle; scrapes that wait together share one page. The executor only hands over the bytes,
/// and any executor will do.
///
/// ```
/// use gusset_http::EndpointService;
/// use gusset_prometheus::Prometheus;
/// use http::{Request, header::CONTENT_TYPE};
/// use tower_service::Service as _;
///
/// # fn main() -> Result<(), gusset_prometheus::BuildError> {
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     struct Unpark(std::thread::Thread);
/// #     impl std::task::Wake for Unpark {
/// #         fn wake(self: std::sync::Arc<Self>) { self.0.unpark(); }
/// #     }
/// #     let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
/// #     let mut future = std::pin::pin!(future);
/// #     loop {
/// #         let mut cx = std::task::Context::from_waker(&waker);
/// #         if let std::task::Poll::Ready(it) = future.as_mut().poll(&mut cx) { return it; }
/// #         std::thread::park();
/// #     }
/// # }
/// let page = Prometheus::builder().build()?.page();
///
/// // With axum: `Router::new().route_service("/metrics", EndpointService::new(page))`.
/// let mut service = EndpointService::new(page);
/// let Ok(response) = block_on(service.call(Request::new(())));
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.headers()[CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Page {
    renderer: Arc<Renderer>,
}

/// The answer of a [`Page`], as it is being made.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct PageFuture {
    state: State,
}

#[derive(Debug)]
enum State {
    /// Taken by the poll that yields it.
    Ready(Option<Response<Full<Bytes>>>),
    Waiting {
        answer: oneshot::Receiver<Rendered>,
        wanted: Wanted,
    },
}

/// What was asked for; enough to make the page here, should the thread be gone.
#[derive(Debug)]
struct Wanted {
    store: Arc<Store>,
    format: Format,
    gzip: bool,
    head: bool,
}

// === impl Page ===

impl Page {
    pub(crate) fn new(renderer: Arc<Renderer>) -> Self {
        Self { renderer }
    }

    /// Makes the page on this thread: families by name, series by labels, in text format 0.0.4.
    ///
    /// Takes about a microsecond for each series, and never waits for those who record.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset_prometheus::BuildError> {
    /// let page = gusset_prometheus::Prometheus::builder().build()?.page();
    /// assert!(page.render().starts_with("# HELP target_info Target metadata\n"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn render(&self) -> String {
        self.renderer.store().render(Format::SharedStr)
    }

    /// As [`render`](Self::render), in OpenMetrics 1.0.0: with exemplars on the buckets that have one.
    ///
    /// ```
    /// use gusset_core::SpanIds;
    ///
    /// # fn main() -> Result<(), gusset_prometheus::BuildError> {
    /// let prometheus = gusset_prometheus::Prometheus::builder().build()?;
    /// let ids = SpanIds::new([0xab; 16], [0xcd; 8], true);
    /// metrics::with_local_recorder(&prometheus.recorder(), || {
    ///     ids.scope(|| metrics::histogram!("waits").record(3));
    /// });
    ///
    /// let page = prometheus.page().render_open_metrics();
    /// assert!(page.contains("waits_bucket{le=\"5.0\"} 1 # {trace_id=\"abababababababab"));
    /// assert!(page.ends_with("# EOF\n"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn render_open_metrics(&self) -> String {
        self.renderer.store().render(Format::OpenMetrics)
    }
}

impl Endpoint for Page {
    type Future = PageFuture;

    fn answer(&self, req: RequestHead<'_>) -> PageFuture {
        let head = match *req.method {
            Method::GET => false,
            Method::HEAD => true,
            _ => return PageFuture::ready(not_allowed()),
        };
        let wanted = Wanted {
            store: Arc::clone(self.renderer.store()),
            format: accept::format(req.headers),
            gzip: accept::gzip(req.headers),
            head,
        };
        match self.renderer.order(wanted.format, wanted.gzip) {
            Some(answer) => PageFuture {
                state: State::Waiting { answer, wanted },
            },
            None => PageFuture::ready(wanted.here()),
        }
    }
}

// === impl PageFuture ===

impl PageFuture {
    fn ready(response: Response<Full<Bytes>>) -> Self {
        Self {
            state: State::Ready(Some(response)),
        }
    }
}

impl Future for PageFuture {
    type Output = Response<Full<Bytes>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = match &mut self.state {
            State::Ready(response) => response.take().expect("futures only yield once"),
            State::Waiting { answer, wanted } => match Pin::new(answer).poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(page)) => wanted.response(page),
                Poll::Ready(Err(oneshot::Canceled)) => wanted.here(),
            },
        };
        Poll::Ready(response)
    }
}

// === impl Wanted ===

impl Wanted {
    fn here(&self) -> Response<Full<Bytes>> {
        self.response(Rendered::now(&self.store, self.format, self.gzip))
    }

    fn response(&self, page: Rendered) -> Response<Full<Bytes>> {
        let Rendered { body, gzip } = page;
        let length = body.len();
        let body = if self.head { Bytes::new() } else { body };
        let mut response = Response::new(Full::new(body));
        let headers = response.headers_mut();
        let format = match self.format {
            Format::SharedStr => TEXT,
            Format::OpenMetrics => OPEN_METRICS,
        };
        headers.insert(CONTENT_TYPE, format);
        headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
        // Written out, because a server cannot tell it from the empty body of a `HEAD`.
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        if gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

fn not_allowed() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::{Prometheus, Resource};

    #[test]
    fn a_page_whose_thread_is_gone_is_made_on_the_spot() {
        let prometheus = Prometheus::builder().resource(Resource::new().with("a", "b"));
        let page = prometheus.build().unwrap().page();
        let (reply, answer) = oneshot::channel();
        let wanted = Wanted {
            store: Arc::clone(page.renderer.store()),
            format: Format::SharedStr,
            gzip: false,
            head: false,
        };
        let mut future = PageFuture {
            state: State::Waiting { answer, wanted },
        };
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut future).poll(&mut cx).is_pending());

        drop(reply);
        let Poll::Ready(response) = Pin::new(&mut future).poll(&mut cx) else {
            panic!("still waiting for a thread that is gone");
        };
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers()[CONTENT_LENGTH],
            page.render().len().to_string()
        );
    }
}
