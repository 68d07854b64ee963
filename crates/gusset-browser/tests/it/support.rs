//! Requests to the service of a monitor.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use gusset_browser::{BeaconOutcome, BrowserMonitor, BrowserMonitorBuilder};
use gusset_core::Clock;
use gusset_data::{SpanData, SpanSink};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tower::ServiceExt as _;

/// A page view without a trace.
pub(crate) const BEACON: &str =
    "page=%2F&ratio=1&errors=0&age=900.0&first_byte=300.0&load=700.0&cls=0.0500";

/// A monitor with its metrics. Its clock stands still.
pub(crate) struct Monitored {
    pub(crate) browser: BrowserMonitor,
    metrics: Snapshotter,
}

/// The spans that were exported.
#[derive(Clone, Default)]
pub(crate) struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl Monitored {
    pub(crate) fn new(
        configure: impl FnOnce(BrowserMonitorBuilder) -> BrowserMonitorBuilder,
    ) -> Self {
        let recorder = DebuggingRecorder::new();
        let metrics = recorder.snapshotter();
        let (clock, _hand) = Clock::manual();
        let builder = BrowserMonitor::builder(["/", "/orders/{id}"])
            .recorder(Arc::new(recorder))
            .clock(clock);
        let browser = configure(builder).build().unwrap();
        Self { browser, metrics }
    }

    pub(crate) async fn post(&self, body: &str) -> StatusCode {
        self.send(Request::post("/browser.js"), body).await
    }

    pub(crate) async fn send(&self, request: http::request::Builder, body: &str) -> StatusCode {
        let body = Full::<Bytes>::from(body.to_owned());
        let request = request.body(body).unwrap();
        self.browser
            .service()
            .oneshot(request)
            .await
            .unwrap()
            .status()
    }

    /// Returns the metrics that are not zero, and sets counters back. Histograms are shown with their values.
    pub(crate) fn take(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (key, _, _, value) in self.metrics.snapshot().into_vec() {
            let key = key.key();
            let labels: Vec<_> = key.labels().map(metrics::Label::value).collect();
            let name = key.name().trim_start_matches("gusset.browser.");
            let value = match value {
                DebugValue::Counter(0) => continue,
                DebugValue::Counter(count) => count.to_string(),
                DebugValue::Histogram(values) if values.is_empty() => continue,
                DebugValue::Histogram(values) => format!("{values:?}"),
                DebugValue::Gauge(value) => value.to_string(),
            };
            lines.push(format!("{name} {} = {value}", labels.join(" ")));
        }
        lines.sort();
        lines
    }

    /// Asserts that nothing but the counter of an outcome has changed, by this number.
    #[track_caller]
    pub(crate) fn assert_only_counted(&self, outcome: BeaconOutcome, count: u64) {
        let expected = format!("beacons {} = {count}", outcome.as_str());
        assert_eq!(self.take(), [expected]);
    }
}

impl Spans {
    pub(crate) fn take(&self) -> Vec<SpanData> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl SpanSink for Spans {
    fn export(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }
}

/// Returns the text of a body.
pub(crate) async fn text(response: Response<Full<Bytes>>) -> String {
    let body: Result<_, Infallible> = response.into_body().collect().await;
    String::from_utf8(body.unwrap().to_bytes().to_vec()).unwrap()
}
