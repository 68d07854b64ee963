//! What the tests send, and what they watch.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gusset_data::{
    Labels, LogRecord, Metric, MetricData, NumberDataPoint, Severity, SpanData, SpanKind,
    SpanStatus,
};
use gusset_otlp::{ConfigError, Telemetry, TelemetryBuilder};
use tracing_subscriber::layer::SubscriberExt as _;

/// More than anything takes on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const T0: SystemTime = UNIX_EPOCH;

pub(crate) fn at(millis: u64) -> SystemTime {
    T0 + Duration::from_millis(millis)
}

/// An environment of these variables.
pub(crate) fn env<'a>(variables: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        let mut all = variables.iter();
        let found = all.find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    }
}

pub(crate) fn with(variables: &[(&str, &str)]) -> Result<Telemetry, ConfigError> {
    Telemetry::builder().build_with(env(variables))
}

/// Sends all to `url`, whenever there is anything.
pub(crate) fn to(url: &str) -> Telemetry {
    quick(Telemetry::builder().endpoint(url), &[])
}

/// Exports soon, and gives up soon; all of which these variables may change.
pub(crate) fn quick(builder: TelemetryBuilder, variables: &[(&str, &str)]) -> Telemetry {
    let quick = [
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "20"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "3600000"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "5000"),
    ];
    let all: Vec<_> = variables.iter().copied().chain(quick).collect();
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

/// What is logged under our target.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// What is logged on this thread while `f` runs.
    pub(crate) fn of<T>(f: impl FnOnce() -> T) -> (T, Vec<String>) {
        let lines = Self::default();
        let subscriber = tracing_subscriber::registry().with(Watch(lines.clone()));
        let result = tracing::subscriber::with_default(subscriber, f);
        let lines = lines.0.lock().unwrap().clone();
        (result, lines)
    }

    /// Those that have these words in them.
    pub(crate) fn about(&self, word: &str) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        lines
            .iter()
            .filter(|line| line.contains(word))
            .cloned()
            .collect()
    }

    /// What is logged on all threads, from the first call on: the worker is another thread. Each test
    /// looks for its own words.
    pub(crate) fn all() -> Self {
        static LINES: std::sync::OnceLock<Lines> = std::sync::OnceLock::new();
        LINES
            .get_or_init(|| {
                let lines = Self::default();
                let subscriber = tracing_subscriber::registry().with(Watch(lines.clone()));
                tracing::subscriber::set_global_default(subscriber).unwrap();
                lines
            })
            .clone()
    }
}

struct Watch(Lines);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Watch {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if event.metadata().target() != "gusset::otlp" {
            return;
        }
        let mut line = format!("{} ", event.metadata().level());
        event.record(
            &mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
                if field.name() == "message" {
                    write!(line, "{value:?}").unwrap();
                }
            },
        );
        self.0.0.lock().unwrap().push(line);
    }
}
