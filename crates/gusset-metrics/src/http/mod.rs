//! What is measured of HTTP calls, on the server's side and on the client's.

mod builder;
mod call;

use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, Observer};
use gusset_http::{Http, HttpClassifier, RequestBodyProgress, RequestHead, Route};

pub use self::builder::HttpMetricsBuilder;
pub use self::call::HttpMetricsCall;
use crate::SharedRecorder;
use crate::intern::NameId;
use crate::key::{Scheme, SeriesKey};
use crate::meter::{HTTP_CLIENT, HTTP_SERVER, Meter, Metered};

type RouteFn = Box<dyn for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync>;

/// The metrics of HTTP calls, by OpenTelemetry's semantic conventions 1.44: an observer.
///
/// | metric of a server | unit | what |
/// |---|---|---|
/// | `http.server.request.duration` | s | to the end of the response; for endless bodies, to the head |
/// | `http.server.active_requests` | `{request}` | calls under way |
/// | `http.server.response.body.size` | By | bytes handed out |
/// | `gusset.http.server.time_to_headers` | s | to the head of the response |
/// | `gusset.http.server.stream.duration` | s | the life of endless bodies |
/// | `gusset.http.server.outcomes` | `{request}` | what became of calls: success, whose fault, abandoned or refused; and at which stage |
///
/// A client's are the same with `client` in their names. Inside a
/// [`RequestBodySizeLayer`](gusset_http::RequestBodySizeLayer) there are two more:
/// `http.server.request.body.size` and `gusset.http.server.unread_requests` (of a client:
/// `gusset.http.client.unsent_requests`).
///
/// No label's value is a stranger's: the route is a template, a method is known or `_OTHER`, and a
/// limit on the number of series holds whatever a service names its routes. Of two layers that
/// record the same metrics on the same recorder for the same call, the outer one counts it.
///
/// Handles are resolved once for each series. From then on a call allocates nothing and takes no
/// lock, if the recorder's handles do not.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::{Http, HttpClientClassifier};
/// use gusset_metrics::{HttpMetrics, SharedRecorder};
/// use std::sync::Arc;
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let recorder: SharedRecorder = Arc::new(metrics::NoopRecorder);
/// let server = ObserveLayer::<Http, _>::new(HttpMetrics::server(recorder.clone()).build()?);
/// let client = ObserveLayer::<Http<HttpClientClassifier>, _>::new(HttpMetrics::client(recorder).build()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HttpMetrics {
    shared: Arc<Shared>,
}

struct Shared {
    meter: Arc<Meter>,
    route: Option<RouteFn>,
    /// The scheme of requests that do not name theirs.
    scheme: Scheme,
}

// === impl HttpMetrics ===

impl HttpMetrics {
    /// Metrics of a server, recorded there, to be configured.
    pub fn server(recorder: SharedRecorder) -> HttpMetricsBuilder {
        HttpMetricsBuilder::new(recorder, &HTTP_SERVER)
    }

    /// Metrics of a client, recorded there, to be configured. Its series tell the servers apart that
    /// it calls, by the authority of the request's target.
    pub fn client(recorder: SharedRecorder) -> HttpMetricsBuilder {
        HttpMetricsBuilder::new(recorder, &HTTP_CLIENT)
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for HttpMetrics {
    /// `None` for the inner one of two layers that count the same.
    type Call = Option<HttpMetricsCall>;

    #[inline]
    fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> Self::Call {
        let shared = &*self.shared;
        let mut call = Metered::start(&shared.meter, || shared.key(req))?;
        call.request = req.extensions.get::<RequestBodyProgress>().cloned();
        Some(HttpMetricsCall(call))
    }
}

impl fmt::Debug for HttpMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpMetrics")
            .field("meter", &self.shared.meter)
            .finish_non_exhaustive()
    }
}

// === impl Shared ===

impl Shared {
    /// What a request tells of its series.
    #[inline]
    fn key(&self, req: RequestHead<'_>) -> SeriesKey {
        let meter = &*self.meter;
        let route = match &self.route {
            Some(route) => route(req).or_else(|| Route::from_request(req)),
            None => Route::from_request(req),
        };
        let method = meter.methods.index_of(req.method);
        let mut key = SeriesKey {
            name: route.map_or(NameId::NONE, |route| meter.names.id(route)),
            method: u8::try_from(method).expect("at most 64 methods are known"),
            ..SeriesKey::default()
        };
        if meter.is_client() {
            // The version is agreed upon with the server: the response tells it.
            key.peer = meter.peer(req.uri);
        } else {
            key.version = req.version.into();
            key.scheme = self.scheme(req);
        }
        meter.label_request(&mut key, req);
        key
    }

    /// The scheme that the target names (HTTP/2 and 3 always do), else the one configured. A caller
    /// chooses between two values at most.
    #[inline]
    fn scheme(&self, req: RequestHead<'_>) -> Scheme {
        match req.uri.scheme_str() {
            Some("https") => Scheme::Https,
            Some("http") => Scheme::Http,
            _ => self.scheme,
        }
    }
}
