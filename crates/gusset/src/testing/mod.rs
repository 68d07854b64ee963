//! Captures of log entries, spans and metrics, for the tests of a service.
//!
//! For `dev-dependencies`: `cargo add --dev gusset --features testing`. A test that asserts on no
//! telemetry passes [`gusset::disabled`](crate::disabled) instead.
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::get};
//! use gusset::{Gusset, testing::Capture};
//! use tower::ServiceExt as _;
//!
//! // The service: `main` passes what `gusset::init` returns.
//! fn app(gusset: &Gusset) -> Router {
//!     let user = async || {
//!         tracing::info!("found the user");
//!         metrics::counter!("users.found").increment(1);
//!         "a user"
//!     };
//!     Router::new().route("/users/{id}", get(user)).layer(gusset.http())
//! }
//!
//! // The test.
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let capture = Capture::new();
//! let request = Request::get("/users/7").body(Body::empty()).unwrap();
//! app(capture.gusset()).oneshot(request).await.unwrap();
//!
//! let call = capture.wait_for_calls(1).await.remove(0);
//! assert_eq!(call.entry()["http.route"], "/users/{id}");
//! assert_eq!(call.entry()["http.response.status_code"], 200);
//! assert_eq!(call.span().unwrap().name, "GET /users/{id}");
//! assert_eq!(call.events()[0]["message"], "found the user");
//! assert_eq!(capture.metric("users.found", &[]), 1.0);
//! let user = [("http.route", "/users/{id}")];
//! assert_eq!(capture.metric("http.server.request.duration", &user), 1.0);
//! # }
//! ```

mod call;

use std::sync::OnceLock;
use std::time::Duration;

use gusset_data::{Metric, MetricData, MetricProducer as _};
pub use gusset_data::{SpanData, SpanKind, SpanStatus, Value as AttributeValue};
pub use serde_json::Value;
use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;

pub use self::call::CapturedCall;
use crate::telemetry::Captured;
use crate::{Error, Gusset, GussetBuilder};

/// The longest time that a test waits for the log or for a call. It is over only if the test fails.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Captures the log entries, spans and metrics of one [`Gusset`].
///
/// Nothing is global, so tests that run at the same time in one process do not see each other's calls.
/// Environment variables are not read. Health checks and signal handlers are not started, and there is no
/// management server. See the [module](self) for an example.
///
/// What is logged and counted during a call of a layer is captured, also by its handler. Tasks that it
/// spawns need `tracing::instrument::WithSubscriber`.
#[derive(Debug)]
pub struct Capture {
    gusset: Gusset,
    captured: Captured,
}

// === impl Capture ===

impl Capture {
    /// Creates a capture with the default settings.
    #[expect(clippy::new_without_default, reason = "it starts a thread")]
    #[expect(clippy::missing_panics_doc, reason = "the defaults are valid")]
    pub fn new() -> Self {
        Self::with_settings(crate::builder()).expect("the defaults are valid")
    }

    /// Creates a capture with the settings of a service, to test these too. Format and output of the log
    /// and the export of spans are replaced; health and the management server are left out.
    ///
    /// ```
    /// use gusset::{GussetBuilder, testing::Capture};
    ///
    /// // `main` calls `settings().init()`.
    /// fn settings() -> GussetBuilder {
    ///     gusset::builder().http(|http| http.exclude_paths(["/internal/*"]))
    /// }
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// let capture = Capture::with_settings(settings())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If a setting is invalid.
    pub fn with_settings(builder: GussetBuilder) -> Result<Self, Error> {
        keep_other_subscriber();
        let captured = Captured::default();
        let output = captured.clone();
        let gusset = builder
            .telemetry(|telemetry| telemetry.capture(output))
            .without_health()
            .without_management()
            .build_with(|_| None)?;
        let capture = Self { gusset, captured };
        // What is logged about the start is not of a call.
        capture.entries();
        capture.captured.clear();
        Ok(capture)
    }

    /// Returns what the service is built with, instead of the result of [`gusset::init`](crate::init).
    pub fn gusset(&self) -> &Gusset {
        &self.gusset
    }

    /// Runs code outside of a call, and captures what it logs, its spans and its metrics.
    ///
    /// ```
    /// use gusset::testing::Capture;
    ///
    /// fn nightly_job() {
    ///     tracing::info!(orders = 3, "done");
    ///     metrics::counter!("orders.sent").increment(3);
    /// }
    ///
    /// let capture = Capture::new();
    /// capture.run(nightly_job);
    /// assert_eq!(capture.entries()[0]["orders"], 3);
    /// assert_eq!(capture.metric("orders.sent", &[]), 3.0);
    /// ```
    pub fn run<R>(&self, code: impl FnOnce() -> R) -> R {
        let telemetry = self.gusset.telemetry();
        let registry = telemetry.registry();
        tracing::dispatcher::with_default(telemetry.dispatch(), || {
            metrics::with_local_recorder(&*registry, code)
        })
    }

    /// Returns the log entries so far: access log entries and all others, in their order.
    ///
    /// # Panics
    /// If the log is not written within 10 s.
    pub fn entries(&self) -> Vec<Value> {
        assert!(self.gusset.flush(MAX_WAIT), "the log should be written");
        self.captured.entries()
    }

    /// Returns the ended spans that were sampled so far: of calls, and of the service's own `tracing`
    /// spans in them.
    pub fn spans(&self) -> Vec<SpanData> {
        self.captured.spans()
    }

    /// Returns the ended calls so far, in the order of their ends.
    ///
    /// A call is ended when its response body is read to the end or dropped. It is known by its access
    /// log entry, so a layer without log has none.
    ///
    /// # Panics
    /// If the log is not written within 10 s.
    pub fn calls(&self) -> Vec<CapturedCall> {
        let entries = self.entries();
        CapturedCall::all(&entries, &self.spans())
    }

    /// Waits until this number of calls has ended, and returns them. A server ends a call a moment after
    /// its client has read the response.
    ///
    /// # Panics
    /// If they have not ended within 10 s.
    pub async fn wait_for_calls(&self, count: usize) -> Vec<CapturedCall> {
        let captured = self.captured.clone();
        let has_calls = move || captured.wait_for_calls(count, MAX_WAIT);
        // On another thread, so that calls go on, and so that paused time stands still meanwhile.
        let is_in_time = tokio::task::spawn_blocking(has_calls).await;
        let calls = self.calls();
        assert!(
            is_in_time.is_ok_and(|is_in_time| is_in_time),
            "{count} calls should have ended, and {} have: {calls:#?}",
            calls.len()
        );
        calls
    }

    /// Returns the metrics so far, with every series.
    pub fn metrics(&self) -> Vec<Metric> {
        self.gusset.telemetry().registry().metrics()
    }

    /// Returns the sum of the series of a metric that have these labels, whatever others they have. Adds
    /// up the values of counters and gauges, and the numbers of records of histograms. A metric without
    /// such a series is 0.
    pub fn metric(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let matches = |series: &[(gusset_data::SharedStr, gusset_data::SharedStr)]| {
            labels.iter().all(|(key, value)| {
                let mut series = series.iter();
                series.any(|(has_key, has_value)| has_key == key && has_value == value)
            })
        };
        let metrics = self.metrics().into_iter();
        let values = metrics
            .filter(|metric| metric.name == name)
            .flat_map(|metric| match metric.data {
                MetricData::Counter(points)
                | MetricData::UpDownCounter(points)
                | MetricData::Gauge(points) => {
                    let points = points.into_iter();
                    points.map(|point| (point.labels, point.value)).collect()
                }
                MetricData::Histogram(points) => {
                    let count = |counts: &[u64]| counts.iter().sum::<u64>() as f64;
                    let points = points.into_iter();
                    points
                        .map(|point| (point.labels, count(&point.counts)))
                        .collect()
                }
                MetricData::ExponentialHistogram(points) => {
                    let points = points.into_iter();
                    points
                        .map(|point| (point.labels, point.buckets.count() as f64))
                        .collect()
                }
                _ => Vec::new(),
            });
        values
            .filter(|(series, _)| matches(series))
            .map(|(_, value)| value)
            .sum()
    }
}

/// Keeps a subscriber of no events as long as the process lives, so that tests can run in parallel.
///
/// While `tracing-core` knows a single subscriber, it takes the one of the thread that reaches an event first for
/// that of all threads, and remembers `never` if that thread has none (`callsite::Dispatchers::rebuilder`).
fn keep_other_subscriber() {
    static OTHER: OnceLock<Dispatch> = OnceLock::new();
    OTHER.get_or_init(|| Dispatch::new(NoSubscriber::new()));
}
