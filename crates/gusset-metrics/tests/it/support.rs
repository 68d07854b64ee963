//! A recorder that gives back what was recorded, and calls that are polled by hand.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use gusset_core::{Clock, ObserveLayer, Observer};
use gusset_http::{Http, HttpClassifier, Route};
use gusset_metrics::{HttpMetrics, HttpMetricsBuilder, SharedRecorder};
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use http_body::Body;
use metrics::Key;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tower_layer::Layer;
use tower_service::Service;

/// A recorder and the way to what it holds.
pub(crate) struct Book {
    pub(crate) recorder: SharedRecorder,
    snapshotter: Snapshotter,
    /// Reading empties counters and gauges too: what they held before.
    totals: Mutex<HashMap<Key, f64>>,
}

/// One series: its labels as `key=value`, sorted, and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) labels: Vec<String>,
    pub(crate) values: Vec<f64>,
}

impl Book {
    pub(crate) fn new() -> Self {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        Self {
            recorder: Arc::new(recorder),
            snapshotter,
            totals: Mutex::default(),
        }
    }

    /// The series of all metrics, by name. Histograms are emptied by being read.
    pub(crate) fn rows(&self) -> Rows {
        let mut totals = self.totals.lock().unwrap();
        let mut total = |key: &Key, more: f64| {
            let total = totals.entry(key.clone()).or_default();
            *total += more;
            vec![*total]
        };
        let mut rows: Vec<(String, Row)> = Vec::new();
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
            rows.push((name.as_str().to_owned(), Row { labels, values }));
        }
        Rows(rows)
    }

    pub(crate) fn server(&self) -> HttpMetricsBuilder {
        HttpMetrics::server(self.recorder.clone())
    }
}

pub(crate) struct Rows(Vec<(String, Row)>);

impl Rows {
    pub(crate) fn of(&self, name: &str) -> Vec<Row> {
        self.0
            .iter()
            .filter(|(of, _)| of == name)
            .map(|(_, row)| row.clone())
            .collect()
    }

    /// The one series of a metric.
    pub(crate) fn one(&self, name: &str) -> Row {
        match &self.of(name)[..] {
            [row] => row.clone(),
            rows => panic!("{name} has {} series: {rows:?}", rows.len()),
        }
    }

    /// How many times a metric was recorded.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.of(name).iter().map(|row| row.values.len()).sum()
    }

    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.of(name)
            .iter()
            .flat_map(|row| row.values.clone())
            .sum()
    }
}

impl Row {
    pub(crate) fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|own| own == label)
    }

    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.labels
            .iter()
            .any(|own| own.split_once('=').is_some_and(|(own, _)| own == key))
    }
}

/// A service that answers with what a function makes of the request.
pub(crate) struct Answer<F>(pub(crate) F);

impl<F, B, D> Service<Request<B>> for Answer<F>
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

pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match poll(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it should be ready"),
    }
}

/// Polls a body to its end.
pub(crate) fn drain(body: impl Body) {
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

/// Calls an observed service that answers with `response`, and reads the body to its end.
pub(crate) fn exchange<R: HttpClassifier, O: Observer<Http<R>>>(
    observer: &ObserveLayer<Http<R>, O>,
    req: Request<()>,
    response: Response<ScriptedBody>,
) {
    let mut response = Some(response);
    let mut service = observer.layer(Answer(|_| response.take().unwrap()));
    let Ok(res) = now(service.call(req));
    drain(res.into_body());
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

pub(crate) fn manual<O: Observer<Http>>(
    observer: O,
) -> (ObserveLayer<Http, O>, gusset_core::MockClock) {
    let (clock, hand) = Clock::manual();
    (ObserveLayer::new(observer).with_clock(clock), hand)
}
