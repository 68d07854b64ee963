//! Metrics of HTTP servers and clients.

mod builder;
mod call;

use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, Observer, ObserverId};
use gusset_http::{Http, HttpClassifier, RequestBodyProgress, RequestHead};

pub use self::builder::HttpMetricsBuilder;
pub use self::call::HttpMetricsCall;
use crate::SharedRecorder;
use crate::call_metrics::{Bodies, CallInstruments, CallRecorder, HTTP_CLIENT, HTTP_SERVER};
use crate::intern::InternedId;
use crate::key::SeriesKey;

/// Records the metrics of HTTP requests, by OpenTelemetry's semantic conventions 1.44.
///
/// | metric of a server | unit | value |
/// |---|---|---|
/// | `http.server.request.duration` | s | time to the end of the response; for streams, to the headers |
/// | `http.server.active_requests` | `{request}` | requests in progress |
/// | `http.server.response.body.size` | By | bytes sent |
/// | `gusset.http.server.time_to_headers` | s | time to the response headers |
/// | `gusset.http.server.stream.duration` | s | duration of streaming responses, after the headers |
/// | `gusset.http.server.outcomes` | `{request}` | completed requests by outcome; if unfinished, also by stage |
///
/// A client has the same with `client` in the names. Inside a
/// [`RequestBodySizeLayer`](gusset_http::RequestBodySizeLayer) there are two more:
/// `http.server.request.body.size` and `gusset.http.server.unread_requests` (of a client:
/// `gusset.http.client.unsent_requests`).
///
/// Clients cannot create label values: routes are templates, unknown methods are `_OTHER`, and a
/// cardinality limit applies. A request that passes two layers is recorded once, if they record
/// the same metrics into the same recorder.
///
/// Handles are registered once for each series. After that, a request allocates nothing and takes no
/// lock, unless the recorder's handles do.
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
    instruments: Arc<CallInstruments>,
}

// === impl HttpMetrics ===

impl HttpMetrics {
    /// Returns a builder for the metrics of a server.
    pub fn server(recorder: SharedRecorder) -> HttpMetricsBuilder {
        HttpMetricsBuilder::new(recorder, &HTTP_SERVER)
    }

    /// Returns a builder for the metrics of a client.
    ///
    /// Each server that the client calls has its own series. The server is that of the request target,
    /// or else of the `Host` header.
    pub fn client(recorder: SharedRecorder) -> HttpMetricsBuilder {
        HttpMetricsBuilder::new(recorder, &HTTP_CLIENT)
    }

    /// Returns how often a function of the user for a label has panicked. The call was recorded without what the
    /// function returns, and the first panic was logged. Those of a function for the route are counted for all
    /// signals ([`route_panics`](gusset_http::route_panics)).
    pub fn panics(&self) -> u64 {
        self.instruments.panics()
    }

    /// Returns the part of the key that the request determines.
    #[expect(clippy::inline_always, reason = "measured: thirty instructions")]
    #[inline(always)]
    fn key(&self, req: RequestHead<'_>) -> SeriesKey {
        let Self { instruments } = self;
        let attributes = instruments.attributes(req);
        // Not truncated: a route that is too long has to overflow.
        let route = attributes.untruncated_route();
        let method = u8::try_from(attributes.method_index());
        let mut key = SeriesKey {
            name: route.map_or(InternedId::NONE, |route| instruments.names.id(route)),
            method: method.expect("at most 64 methods are known"),
            ..SeriesKey::default()
        };
        if instruments.is_client() {
            key.peer = instruments.peer(instruments.attributes(req));
        } else {
            key.version = attributes.protocol_version();
            key.scheme = attributes.scheme();
        }
        instruments.label_request(&mut key, req);
        key
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for HttpMetrics {
    type Call = HttpMetricsCall;

    #[inline]
    fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> Self::Call {
        HttpMetricsCall {
            call: CallRecorder::start(&self.instruments, self.key(req)),
            bodies: Bodies {
                messages: 0,
                request: RequestBodyProgress::of_request(req, R::SIDE),
                streaming: false,
            },
        }
    }

    fn id(&self) -> ObserverId {
        self.instruments.observer_id()
    }
}

impl fmt::Debug for HttpMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpMetrics")
            .field("instruments", &self.instruments)
            .finish_non_exhaustive()
    }
}
