//! The layers that are measured.

use std::hint::black_box;
use std::sync::Arc;

use gusset_chaos::{Chaos, ChaosLayer, Fault, HttpCalls, Rule, RuleSet};
use gusset_core::{CallContext, CallObserver, End, ObserveLayer, Observer};
use gusset_http::{Http, HttpClientClassifier, RequestHead, ResponseHead};
use gusset_metrics::{HttpMetrics, SharedRecorder};
use gusset_prometheus::PrometheusExporter;

use crate::manual::ManualLayer;
use crate::pass::PassLayer;

/// A layer with the observer `O`.
pub type Observed<O> = ObserveLayer<Http, O>;

/// Returns a layer that does nothing: the cost that every layer has.
pub fn pass() -> PassLayer {
    PassLayer
}

/// Returns a layer that injects faults, with a rule for all calls, and disarmed.
///
/// # Panics
/// Never, because the configuration is valid.
pub fn chaos_disarmed() -> ChaosLayer<HttpCalls> {
    let rules = RuleSet::new([Rule::new("all").fault(Fault::Status { status: 503 })]);
    let builder = Chaos::builder().rules(rules.expect("the rule is valid"));
    let chaos = builder
        .build_with(|_| None)
        .expect("the defaults are valid");
    chaos.http_server()
}

/// Returns a layer of manual metrics.
pub fn manual() -> ManualLayer {
    ManualLayer::default()
}

/// Returns the driver without an observer.
pub fn driver() -> Observed<()> {
    ObserveLayer::new(())
}

/// Returns the driver with three trivial observers.
pub fn three_observers() -> Observed<(Trivial, Trivial, Trivial)> {
    ObserveLayer::new((Trivial, Trivial, Trivial))
}

/// Returns HTTP metrics with a recorder that does nothing.
pub fn metrics_noop() -> Observed<HttpMetrics> {
    metrics_on(Arc::new(metrics::NoopRecorder))
}

/// Returns HTTP metrics with the Prometheus exporter.
///
/// # Panics
/// Never, because the configuration is valid.
pub fn metrics() -> Observed<HttpMetrics> {
    metrics_on(recorder())
}

/// Returns HTTP client metrics with the Prometheus exporter.
///
/// # Panics
/// Never, because the configuration is valid.
pub fn client_metrics() -> ObserveLayer<Http<HttpClientClassifier>, HttpMetrics> {
    let metrics = HttpMetrics::client(recorder())
        .build_with(|_| None)
        .expect("the defaults are valid");
    ObserveLayer::new(metrics)
}

fn recorder() -> SharedRecorder {
    let prometheus = PrometheusExporter::builder()
        .build()
        .expect("the defaults are valid");
    prometheus.recorder()
}

/// Returns the observer of [`metrics`](fn@metrics), to be combined with others.
///
/// # Panics
/// Never, because the configuration is valid.
pub fn metrics_observer() -> HttpMetrics {
    observer_on(recorder())
}

pub(crate) fn metrics_on(recorder: SharedRecorder) -> Observed<HttpMetrics> {
    ObserveLayer::new(observer_on(recorder))
}

fn observer_on(recorder: SharedRecorder) -> HttpMetrics {
    HttpMetrics::server(recorder)
        .build_with(|_| None)
        .expect("the defaults are valid")
}

/// An observer that receives every event and does almost nothing.
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
