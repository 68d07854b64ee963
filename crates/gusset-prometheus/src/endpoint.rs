//! The HTTP endpoint that Prometheus scrapes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_channel::oneshot;
use gusset_core::ConfigError;
use gusset_http::{Endpoint, Mount, Reach, RequestHead, Routes};
use http::header::{ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

use crate::format::Format;
use crate::negotiation;
use crate::renderer::{RenderedPage, Renderer};
use crate::snapshot::Snapshotter;
use crate::text::TextFormat;

/// The endpoint that Prometheus scrapes. Implements [`Endpoint`]; mount it at `/metrics`.
///
/// `GET` and `HEAD` always return `200`. Clients that accept OpenMetrics 1.0.0, as Prometheus does, get
/// it, with exemplars. Other clients get text format 0.0.4. Those that prefer protobuf, as Prometheus does with
/// `scrape_native_histograms`, get native histograms too (feature `protobuf`). The body is compressed if `Accept-Encoding`
/// allows gzip. Other methods return `405`.
///
/// A separate thread renders. The first scrape starts it, and it exits when the last handle to the
/// exporter is dropped. Concurrent scrapes share one rendering. Any executor works.
///
/// ```
/// use gusset_http::EndpointService;
/// use gusset_prometheus::PrometheusExporter;
/// use http::{Request, header::CONTENT_TYPE};
/// use tower_service::Service as _;
///
/// # fn main() -> Result<(), gusset_prometheus::ConfigError> {
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
/// let endpoint = PrometheusExporter::builder().build()?.endpoint();
///
/// // With axum: `Router::new().route_service("/metrics", EndpointService::new(endpoint))`.
/// let mut service = EndpointService::new(endpoint);
/// let Ok(response) = block_on(service.call(Request::new(())));
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.headers()[CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ScrapeEndpoint {
    renderer: Arc<Renderer>,
}

/// The response of a [`ScrapeEndpoint`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ScrapeFuture {
    state: State,
}

#[derive(Debug)]
enum State {
    /// Taken by the poll that returns it.
    Ready(Option<Response<Full<Bytes>>>),
    Waiting {
        page: oneshot::Receiver<RenderedPage>,
        request: ScrapeRequest,
    },
}

/// A scrape, with all that is needed to render on this thread if the other one has exited.
#[derive(Debug)]
struct ScrapeRequest {
    snapshotter: Arc<Snapshotter>,
    format: Format,
    gzip: bool,
    /// The method is `HEAD`.
    headers_only: bool,
}

// === impl ScrapeEndpoint ===

impl ScrapeEndpoint {
    pub(crate) fn new(renderer: Arc<Renderer>) -> Self {
        Self { renderer }
    }

    /// Renders all metrics in text format 0.0.4, on this thread.
    ///
    /// Families are sorted by name, series by labels. Takes about a microsecond for each series, and
    /// never waits for code that records.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset_prometheus::ConfigError> {
    /// let endpoint = gusset_prometheus::PrometheusExporter::builder().build()?.endpoint();
    /// assert!(endpoint.render().starts_with("# HELP target_info Target metadata\n"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn render(&self) -> String {
        self.renderer.snapshotter().render_text(TextFormat::Plain)
    }

    /// Renders all metrics in OpenMetrics 1.0.0 with exemplars, on this thread.
    ///
    /// ```
    /// use gusset_core::SpanIds;
    ///
    /// # fn main() -> Result<(), gusset_prometheus::ConfigError> {
    /// let prometheus = gusset_prometheus::PrometheusExporter::builder().build()?;
    /// let ids = SpanIds::new([0xab; 16], [0xcd; 8], true);
    /// metrics::with_local_recorder(&prometheus.recorder(), || {
    ///     ids.scope(|| metrics::histogram!("waits").record(3));
    /// });
    ///
    /// let text = prometheus.endpoint().render_open_metrics();
    /// assert!(text.contains("waits_bucket{le=\"5.0\"} 1 # {trace_id=\"abababababababab"));
    /// assert!(text.ends_with("# EOF\n"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn render_open_metrics(&self) -> String {
        self.renderer
            .snapshotter()
            .render_text(TextFormat::OpenMetrics)
    }

    /// Renders all metrics in the Prometheus protobuf format, with native histograms and exemplars, on this
    /// thread: messages `io.prometheus.client.MetricFamily`, each after its length.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset_prometheus::ConfigError> {
    /// use gusset_metrics::ExponentialHistogram;
    /// use gusset_prometheus::PrometheusExporter;
    ///
    /// let prometheus = PrometheusExporter::builder()
    ///     .exponential_histogram("job.duration", ExponentialHistogram::new())
    ///     .build()?;
    /// metrics::with_local_recorder(&prometheus.recorder(), || {
    ///     metrics::histogram!("job.duration").record(0.3);
    /// });
    /// assert!(!prometheus.endpoint().render_protobuf().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "protobuf")]
    #[cfg_attr(docsrs, doc(cfg(feature = "protobuf")))]
    pub fn render_protobuf(&self) -> Vec<u8> {
        self.renderer.snapshotter().render_protobuf()
    }
}

impl Mount for ScrapeEndpoint {
    /// Adds the endpoint at `/metrics`.
    fn mount(&self, routes: Routes, _: Reach) -> Result<Routes, ConfigError> {
        routes.route("/metrics", self.clone())
    }
}

impl Endpoint for ScrapeEndpoint {
    type Future = ScrapeFuture;

    fn answer(&self, req: RequestHead<'_>) -> ScrapeFuture {
        let headers_only = match *req.method {
            Method::GET => false,
            Method::HEAD => true,
            _ => return ScrapeFuture::ready(method_not_allowed()),
        };
        let request = ScrapeRequest {
            snapshotter: Arc::clone(self.renderer.snapshotter()),
            format: negotiation::format(req.headers),
            gzip: negotiation::gzip(req.headers),
            headers_only,
        };
        match self.renderer.request(request.format, request.gzip) {
            Some(page) => ScrapeFuture {
                state: State::Waiting { page, request },
            },
            None => ScrapeFuture::ready(request.render()),
        }
    }
}

// === impl ScrapeFuture ===

impl ScrapeFuture {
    fn ready(response: Response<Full<Bytes>>) -> Self {
        Self {
            state: State::Ready(Some(response)),
        }
    }
}

impl Future for ScrapeFuture {
    type Output = Response<Full<Bytes>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = match &mut self.state {
            State::Ready(response) => response.take().expect("futures only yield once"),
            State::Waiting { page, request } => match Pin::new(page).poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(page)) => request.response(page),
                Poll::Ready(Err(oneshot::Canceled)) => request.render(),
            },
        };
        Poll::Ready(response)
    }
}

// === impl ScrapeRequest ===

impl ScrapeRequest {
    /// Renders the response on this thread.
    fn render(&self) -> Response<Full<Bytes>> {
        let page = RenderedPage::render(&self.snapshotter, self.format, self.gzip);
        self.response(page)
    }

    fn response(&self, page: RenderedPage) -> Response<Full<Bytes>> {
        let RenderedPage { body, gzip } = page;
        let length = body.len();
        let body = if self.headers_only {
            Bytes::new()
        } else {
            body
        };
        let mut response = Response::new(Full::new(body));
        let headers = response.headers_mut();
        let content_type = self.format.content_type();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
        // Set explicitly, because a server cannot derive it from the empty body of a `HEAD` response.
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        if gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

fn method_not_allowed() -> Response<Full<Bytes>> {
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
    use crate::{PrometheusExporter, Resource};

    #[test]
    fn scrape_renders_itself_if_the_thread_exited() {
        let builder = PrometheusExporter::builder().resource(Resource::new().with("a", "b"));
        let endpoint = builder.build().unwrap().endpoint();
        let (reply, page) = oneshot::channel();
        let request = ScrapeRequest {
            snapshotter: Arc::clone(endpoint.renderer.snapshotter()),
            format: Format::PLAIN,
            gzip: false,
            headers_only: false,
        };
        let mut future = ScrapeFuture {
            state: State::Waiting { page, request },
        };
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut future).poll(&mut cx).is_pending());

        drop(reply);
        let Poll::Ready(response) = Pin::new(&mut future).poll(&mut cx) else {
            panic!("still waits for the thread");
        };
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers()[CONTENT_LENGTH],
            endpoint.render().len().to_string()
        );
    }
}
