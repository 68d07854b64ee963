//! What is laid over the services.

use std::hint::black_box;
use std::sync::Arc;

use gusset_core::{CallContext, CallObserver, End, ObserveLayer, Observer};
use gusset_http::{Http, HttpClientClassifier, RequestHead, ResponseHead};
use gusset_metrics::{HttpMetrics, SharedRecorder};
use gusset_prometheus::Prometheus;

use crate::floor::FloorLayer;
use crate::pass::PassLayer;

/// A layer of `O`, as a user makes it.
pub type Observed<O> = ObserveLayer<Http, O>;

/// The least that any layer costs.
pub fn pass() -> PassLayer {
    PassLayer
}

/// What the metrics cost when written by hand.
pub fn floor() -> FloorLayer {
    FloorLayer::default()
}

/// The driver, with nobody to tell.
pub fn driver() -> Observed<()> {
    ObserveLayer::new(())
}

/// The driver, with three observers that do next to nothing.
pub fn three() -> Observed<(Trivial, Trivial, Trivial)> {
    ObserveLayer::new((Trivial, Trivial, Trivial))
}

/// HTTP metrics, without the cost of recording them.
pub fn metrics_noop() -> Observed<HttpMetrics> {
    metrics_on(Arc::new(metrics::NoopRecorder))
}

/// HTTP metrics on a scrape page.
///
/// # Panics
/// Never: this configuration is good.
pub fn metrics() -> Observed<HttpMetrics> {
    metrics_on(recorder())
}

/// HTTP metrics of a client on a scrape page.
///
/// # Panics
/// Never: this configuration is good.
pub fn client_metrics() -> ObserveLayer<Http<HttpClientClassifier>, HttpMetrics> {
    let metrics = HttpMetrics::client(recorder())
        .build_with(|_| None)
        .expect("by convention");
    ObserveLayer::new(metrics)
}

fn recorder() -> SharedRecorder {
    let prometheus = PrometheusExporter::builder().build().expect("by convention");
    prometheus.recorder()
}

/// The observer of [`metrics`], to be laid beside others.
///
/// # Panics
/// Never: this configuration is good.
pub fn metrics_observer() -> HttpMetrics {
    observer_on(recorder())
}

pub(crate) fn metrics_on(recorder: SharedRecorder) -> Observed<HttpMetrics> {
    ObserveLayer::new(observer_on(recorder))
}

fn observer_on(recorder: SharedRecorder) -> HttpMetrics {
    HttpMetrics::server(recorder)
        .build_with(|_| None)
        .expect("by convention")
}

/// An observer that hears everything and does next to nothing.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "not published")]
pub struct Trivial;

/// The call of [`Trivial`].
#[derive(Debug)]
pub struct TrivialCall {
    status: u16,
    bytes: usize,
}

// === impl Trivial ===

impl Observer<Http> for Trivial {
    type Call = TrivialCall;

    #[inline]
    fn start(&self, _: RequestHead<'_>, _: &mut CallContext) -> TrivialCall {
        TrivialCall {
            status: 0,
            bytes: 0,
        }
    }
}

// === impl TrivialCall ===

impl CallObserver<Http> for TrivialCall {
    #[inline]
    fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
        self.status = res.status.as_u16();
    }

    #[inline]
    fn on_data(&mut self, len: usize, _: &CallContext) {
        self.bytes += len;
    }

    #[inline]
    fn on_end(self, _: End<'_, Http>, cx: &CallContext) {
        black_box((self.status, self.bytes, cx.elapsed()));
    }
}
