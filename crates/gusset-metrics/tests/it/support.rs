//! A recorder for tests, and calls that are polled without a runtime.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use gusset_core::{Clock, MockClock, ObserveLayer, Observer};
use gusset_http::{Http, HttpClassifier, Route};
use gusset_metrics::{HttpMetrics, HttpMetricsBuilder, SharedRecorder};
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use http_body::Body;
use metrics::Key;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tower_layer::Layer;
use tower_service::Service;

/// A recorder, and access to what it recorded.
pub(crate) struct TestRecorder {
    pub(crate) recorder: SharedRecorder,
    snapshotter: Snapshotter,
    /// The sums of earlier snapshots, because a snapshot resets counters and gauges.
    totals: Mutex<HashMap<Key, f64>>,
}

/// One series: its labels as `key=value`, sorted, and its values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) labels: Vec<String>,
    pub(crate) values: Vec<f64>,
}

impl TestRecorder {
    pub(crate) fn new() -> Self {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        Self {
            recorder: Arc::new(recorder),
            snapshotter,
            totals: Mutex::default(),
        }
    }

    /// Returns the series of all metrics. Resets histograms.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut totals = self.totals.lock().unwrap();
        let mut total = |key: &Key, added: f64| {
            let total = totals.entry(key.clone()).or_default();
            *total += added;
            vec![*total]
        };
        let mut all: Vec<(String, Series)> = Vec::new();
        for (key, _, _, value) in self.snapshotter.snapshot().into_vec() {
            let (name, labels) = key.key().clone().into_parts();
            let mut labels: Vec<String> = labels
                .iter()
                .map(|label| format!("{}={}", label.key(), label.value()))
                .collect();
            labels.sort();
            let values = match value {
                DebugValue::Counter(count) => total(key.key(), count as f64),
                DebugValue::Gauge(value) => total(key.key(), value.into_inner()),
                DebugValue::Histogram(values) => values.into_iter().map(f64::from).collect(),
            };
            all.push((name.as_str().to_owned(), Series { labels, values }));
        }
        Snapshot(all)
    }

    pub(crate) fn server(&self) -> HttpMetricsBuilder {
        HttpMetrics::server(self.recorder.clone())
    }
}

pub(crate) struct Snapshot(Vec<(String, Series)>);

impl Snapshot {
    /// Returns the series of a metric.
    pub(crate) fn all(&self, metric: &str) -> Vec<Series> {
        self.0
            .iter()
            .filter(|(name, _)| name == metric)
            .map(|(_, series)| series.clone())
            .collect()
    }

    /// Returns the only series of a metric.
    pub(crate) fn one(&self, metric: &str) -> Series {
        match &self.all(metric)[..] {
            [series] => series.clone(),
            all => panic!("{metric} has {} series: {all:?}", all.len()),
        }
    }

    /// Returns how many values of a metric were recorded.
    pub(crate) fn count(&self, metric: &str) -> usize {
        self.all(metric)
            .iter()
            .map(|series| series.values.len())
            .sum()
    }

    pub(crate) fn sum(&self, metric: &str) -> f64 {
        self.all(metric)
            .iter()
            .flat_map(|series| series.values.clone())
            .sum()
    }
}

impl Series {
    pub(crate) fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|own| own == label)
    }

    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.labels
            .iter()
            .any(|own| own.split_once('=').is_some_and(|(own, _)| own == key))
    }
}

/// A service that calls a function for each request.
pub(crate) struct FnService<F>(pub(crate) F);

impl<F, B, D> Service<Request<B>> for FnService<F>
where
    F: FnMut(Request<B>) -> Response<D>,
{
    type Response = Response<D>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<D>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<B>) -> Self::Future {
        std::future::ready(Ok((self.0)(req)))
    }
}

pub(crate) fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Returns the output of a future that is ready at the first poll.
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    match poll(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it should be ready"),
    }
}

/// Polls a body until it ends.
pub(crate) fn read_to_end(body: impl Body) {
    let mut body = pin!(body);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        match body.as_mut().poll_frame(&mut cx) {
            Poll::Ready(Some(Ok(_))) => {}
            Poll::Ready(Some(Err(_)) | None) => return,
            Poll::Pending => {}
        }
    }
}

pub(crate) fn layer<O: Observer<Http>>(observer: O) -> ObserveLayer<Http, O> {
    ObserveLayer::new(observer)
}

/// Calls an observed service that returns `response`, and reads the body until it ends.
pub(crate) fn exchange<R: HttpClassifier, O: Observer<Http<R>>>(
    layer: &ObserveLayer<Http<R>, O>,
    req: Request<()>,
    response: Response<ScriptedBody>,
) {
    let mut response = Some(response);
    let mut service = layer.layer(FnService(|_| response.take().unwrap()));
    let Ok(res) = ready(service.call(req));
    read_to_end(res.into_body());
}

pub(crate) fn get(route: &'static str) -> Request<()> {
    let mut req = Request::new(());
    req.extensions_mut().insert(Route::new(route));
    req
}

pub(crate) fn hello() -> Response<ScriptedBody> {
    Response::new(ScriptedBody::new().data("hello"))
}

pub(crate) fn with_status(status: u16) -> Response<ScriptedBody> {
    Response::builder()
        .status(status)
        .body(ScriptedBody::new())
        .unwrap()
}

pub(crate) fn with_mock_clock<O: Observer<Http>>(
    observer: O,
) -> (ObserveLayer<Http, O>, MockClock) {
    let (clock, mock) = Clock::manual();
    (ObserveLayer::new(observer).with_clock(clock), mock)
}
