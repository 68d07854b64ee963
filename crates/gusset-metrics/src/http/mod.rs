//! What is measured of HTTP calls.

mod builder;
mod call;
mod handles;
mod shared;

use std::fmt;
use std::sync::Arc;

use gusset_core::{Cx, Observer};
use gusset_http::{Http, RequestHead, Rules};

pub use self::builder::HttpMetricsBuilder;
pub use self::call::HttpMetricsCall;
use self::shared::Shared;
use crate::SharedRecorder;

/// The metrics of an HTTP server, by OpenTelemetry's semantic conventions 1.44: an observer.
///
/// | metric | unit | what |
/// |---|---|---|
/// | `http.server.request.duration` | s | to the end of the response; for endless bodies, to the head |
/// | `http.server.active_requests` | `{request}` | calls under way |
/// | `http.server.response.body.size` | By | bytes handed out |
/// | `gusset.http.server.time_to_head` | s | to the head of the response |
/// | `gusset.http.server.stream.duration` | s | the life of endless bodies |
/// | `gusset.http.server.abandoned_requests` | `{request}` | calls whose caller left, by stage |
///
/// No label's value is a stranger's: the route is a template, a method is known or `_OTHER`, and a
/// limit on the number of series holds whatever a service names its routes.
///
/// Handles are resolved once for each series. From then on a call allocates nothing and takes no
/// lock, if the recorder's handles do not.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::Http;
/// use gusset_metrics::{HttpMetrics, SharedRecorder};
/// use std::sync::Arc;
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let recorder: SharedRecorder = Arc::new(metrics::NoopRecorder);
/// let metrics = HttpMetrics::builder(recorder).build()?;
/// let layer = ObserveLayer::<Http, _>::new(metrics);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HttpMetrics {
    shared: Arc<Shared>,
}

// === impl HttpMetrics ===

impl HttpMetrics {
    /// Metrics recorded there, to be configured.
    pub fn builder(recorder: SharedRecorder) -> HttpMetricsBuilder {
        HttpMetricsBuilder::new(recorder)
    }
}

impl<R: Rules> Observer<Http<R>> for HttpMetrics {
    /// `None` for the inner one of two layers that count on the same recorder.
    type Call = Option<HttpMetricsCall>;

    #[inline]
    fn start(&self, req: RequestHead<'_>, _: &mut Cx) -> Self::Call {
        HttpMetricsCall::start(&self.shared, req)
    }
}

impl fmt::Debug for HttpMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpMetrics").finish_non_exhaustive()
    }
}
