//! Test data and helpers.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gusset_data::{
    Labels, LogRecord, Metric, MetricData, NumberDataPoint, Severity, SpanData, SpanKind,
    SpanStatus,
};
use gusset_otlp::{ConfigError, OtlpPipeline, OtlpPipelineBuilder};
use tracing_subscriber::layer::SubscriberExt as _;

/// The limit of every wait, for the slowest machine.
pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) const T0: SystemTime = UNIX_EPOCH;

pub(crate) fn at(millis: u64) -> SystemTime {
    T0 + Duration::from_millis(millis)
}

/// Returns an environment with these variables.
pub(crate) fn env<'a>(variables: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        let mut all = variables.iter();
        let found = all.find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    }
}

pub(crate) fn build_with(variables: &[(&str, &str)]) -> Result<OtlpPipeline, ConfigError> {
    OtlpPipeline::builder().build_with(env(variables))
}

/// Starts a pipeline to this URL with short delays.
pub(crate) fn pipeline_to(url: &str) -> OtlpPipeline {
    build_fast(OtlpPipeline::builder().endpoint(url), &[])
}

/// Starts a pipeline with short delays and timeouts, which these variables override.
pub(crate) fn build_fast(builder: OtlpPipelineBuilder, variables: &[(&str, &str)]) -> OtlpPipeline {
    let defaults = [
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "20"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "3600000"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "5000"),
    ];
    let all: Vec<_> = variables.iter().copied().chain(defaults).collect();
    builder.build_with(env(&all)).unwrap()
}

pub(crate) fn span(name: &'static str) -> SpanData {
    SpanData {
        trace_id: [1; 16],
        span_id: [2; 8],
        parent_span_id: None,
        parent_is_remote: false,
        flags: 1,
        trace_state: "".into(),
        name: name.into(),
        kind: SpanKind::Server,
        scope: "test".into(),
        start: at(1000),
        end: at(2000),
        attributes: Vec::new(),
        dropped_attributes: 0,
        events: Vec::new(),
        dropped_events: 0,
        links: Vec::new(),
        dropped_links: 0,
        status: SpanStatus::Unset,
    }
}

pub(crate) fn record(body: &'static str) -> LogRecord {
    LogRecord {
        time: at(1000),
        severity: Severity::Info,
        scope: "test".into(),
        event_name: None,
        body: body.into(),
        attributes: Vec::new(),
        dropped_attributes: 0,
        trace_id: None,
        span_id: None,
        flags: 0,
    }
}

pub(crate) fn counter(value: f64) -> Metric {
    Metric {
        name: "requests".into(),
        unit: "{request}".into(),
        description: "Requests.".into(),
        data: MetricData::Counter(vec![NumberDataPoint {
            labels: Labels::from([("http.route".into(), "/a".into())]),
            start: at(500),
            value,
        }]),
    }
}

/// The log entries with the target of the crate.
#[derive(Clone, Debug, Default)]
pub(crate) struct CapturedLogs(Arc<Mutex<Vec<String>>>);

impl CapturedLogs {
    /// Captures the log entries of this thread while `f` runs.
    pub(crate) fn capture<T>(f: impl FnOnce() -> T) -> (T, Vec<String>) {
        let logs = Self::default();
        let subscriber = tracing_subscriber::registry().with(CaptureLayer(logs.clone()));
        let result = gusset_testkit::with_subscriber(subscriber, f);
        let logs = logs.0.lock().unwrap().clone();
        (result, logs)
    }

    /// Returns the entries that contain this text.
    pub(crate) fn containing(&self, text: &str) -> Vec<String> {
        let logs = self.0.lock().unwrap();
        logs.iter()
            .filter(|entry| entry.contains(text))
            .cloned()
            .collect()
    }

    /// Captures the log entries of all threads, including the worker, from the first call on.
    pub(crate) fn global() -> Self {
        static LOGS: std::sync::OnceLock<CapturedLogs> = std::sync::OnceLock::new();
        LOGS.get_or_init(|| {
            let logs = Self::default();
            let subscriber = tracing_subscriber::registry().with(CaptureLayer(logs.clone()));
            tracing::subscriber::set_global_default(subscriber).unwrap();
            logs
        })
        .clone()
    }
}

struct CaptureLayer(CapturedLogs);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for CaptureLayer {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if event.metadata().target() != "gusset::otlp" {
            return;
        }
        let mut entry = format!("{} ", event.metadata().level());
        event.record(
            &mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
                if field.name() == "message" {
                    write!(entry, "{value:?}").unwrap();
                }
            },
        );
        self.0.0.lock().unwrap().push(entry);
    }
}
