//! Puts the roads together.

use std::sync::Arc;
use std::time::Duration;

use gusset_data::{Attribute, LogRecord, MetricProducer, Resource, SpanData};
use metrics::Histogram;
use tokio::sync::watch;

use super::{Signals, Telemetry};
use crate::detect::{self, Places};
use crate::lane::{Lane, Tally};
use crate::road::Road;
use crate::settings::{self, Batching, Code, Env, Roads, Settings, Target};
use crate::sinks::{Logs, Spans};
use crate::stats::{self, Dropped, Exports};
use crate::worker::{
    self, Batches, Carrier, Console, Item, Mood, Order, Orders, Pipeline, Readings, Source,
};
use crate::{ConfigError, Protocol, SharedRecorder, Signal};

/// Sets up [`Telemetry`]. What code says is above the environment.
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct TelemetryBuilder {
    code: Code,
    resource: Option<Resource>,
    source: Option<Source>,
    recorder: Option<SharedRecorder>,
    bad_header: Option<ConfigError>,
}

// === impl TelemetryBuilder ===

impl TelemetryBuilder {
    /// What telemetry is of. Its attributes are above those of the environment and those that are
    /// detected.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Where metrics come from. It is asked off the path of requests, on a thread aside.
    pub fn metrics(mut self, source: impl MetricProducer) -> Self {
        self.source = Some(Source(Arc::new(source)));
        self
    }

    /// Where the roads' own numbers are recorded: those of [`names`](crate::names).
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// The receiver of all signals: `http://collector:4318`. Over HTTP each is sent to a path below it.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.code.endpoint = Some(url.into());
        self
    }

    /// The receiver of one signal, a URL that is taken as it is.
    pub fn endpoint_of(mut self, signal: Signal, url: impl Into<String>) -> Self {
        self.code.endpoints[signal.index()] = Some(url.into());
        self
    }

    /// How requests are sent.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.code.protocol = Some(protocol);
        self
    }

    /// A header of every request, above one of the same name in the environment. Its value is never
    /// printed.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match settings::header(name, value) {
            Ok((name, value)) => {
                self.code.headers.insert(name, value);
            }
            Err(error) => self.bad_header = Some(error),
        }
        self
    }

    /// How long one exchange may take, from the connection to the last byte of the answer.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.code.timeout = Some(timeout);
        self
    }

    /// Whether requests are compressed.
    pub fn gzip(mut self, gzip: bool) -> Self {
        self.code.gzip = Some(gzip);
        self
    }

    /// Starts it: the thread is running when this returns, if there is any road at all.
    ///
    /// # Errors
    /// Names the field or the variable with which telemetry would be lost in silence: an endpoint that
    /// is no URL, a certificate that cannot be read, a protocol whose feature is off.
    pub fn build(self) -> Result<Telemetry, ConfigError> {
        // Lossy, so that what is not Unicode is refused as a bad value, and not passed over.
        self.build_with(|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned()))
    }

    /// As [`build`](Self::build), with the environment given.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_with(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Telemetry, ConfigError> {
        let Self {
            code,
            resource,
            source,
            recorder,
            bad_header,
        } = self;
        if let Some(error) = bad_header {
            return Err(error);
        }
        let env = Env::new(&env);
        let settings = Settings::new(&env, &code)?;
        tell(&settings, source.is_some());
        let Settings {
            voice,
            disabled: _,
            roads: [traces, metrics, logs],
            spans: span_batching,
            logs: log_batching,
            log_limits,
            metrics: reading,
        } = settings;

        let detected = detect::detect(&env, &Places::default());
        let (resource, attributes) = detect::merge(detected, &env, resource.as_ref());
        if let Some(recorder) = &recorder {
            stats::describe(recorder);
        }
        let (orders, hear) = watch::channel(Order::NONE);
        let mut making = Making {
            recorder,
            voice,
            attributes,
            orders: Orders::new(hear),
            pipelines: Vec::new(),
        };
        let spans: Option<Arc<Lane<SpanData>>> =
            making.batches(Signal::Traces, traces, span_batching, ())?;
        let logs: Option<Arc<Lane<LogRecord>>> =
            making.batches(Signal::Logs, logs, log_batching, log_limits)?;
        let points = Arc::new(Tally::default());
        if let Some(source) = source {
            making.readings(metrics, source, reading, &points)?;
        }
        let pipelines = making.pipelines.len();
        if pipelines > 0 {
            worker::start(making.pipelines).map_err(|error| ConfigError::new("thread", error))?;
        }
        Ok(Telemetry {
            signals: Signals {
                spans: Spans::new(spans),
                logs: Logs::new(logs),
                points,
            },
            resource,
            orders,
            pipelines,
            order: 0,
            ended: false,
            voice,
        })
    }
}

impl std::fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TelemetryBuilder")
            .field("code", &self.code)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

/// What the pipelines are made of, and those that are made.
struct Making {
    recorder: Option<SharedRecorder>,
    voice: crate::voice::Voice,
    attributes: Arc<[Attribute]>,
    orders: Orders,
    pipelines: Vec<Pipeline>,
}

// === impl Making ===

impl Making {
    fn batches<T: Item>(
        &mut self,
        signal: Signal,
        roads: Roads,
        batching: Batching,
        with: T::With,
    ) -> Result<Option<Arc<Lane<T>>>, ConfigError> {
        if roads.is_empty() {
            return Ok(None);
        }
        let console = roads.console.then(Console::stdout);
        let carrier = self.carrier(signal, roads)?;
        let (stats, dropped) = match &self.recorder {
            Some(recorder) => {
                let (stats, dropped) = stats::Queue::new(recorder, signal, batching.queue);
                (Some(stats), dropped)
            }
            None => (None, Dropped::default()),
        };
        let lane = Arc::new(Lane::new(batching.queue, batching.size, dropped));
        let pipeline = Batches {
            lane: Arc::clone(&lane),
            batching,
            resource: Arc::clone(&self.attributes),
            with,
            carrier,
            console,
            stats,
        };
        self.pipelines
            .push(Box::pin(pipeline.run(self.orders.clone())));
        Ok(Some(lane))
    }

    fn readings(
        &mut self,
        roads: Roads,
        source: Source,
        reading: settings::Reading,
        tally: &Arc<Tally>,
    ) -> Result<(), ConfigError> {
        if roads.is_empty() {
            return Ok(());
        }
        let console = roads.console.then(Console::stdout);
        let carrier = self.carrier(Signal::Metrics, roads)?;
        let took = match &self.recorder {
            Some(recorder) => stats::collections(recorder),
            None => Histogram::noop(),
        };
        let pipeline = Readings::new(
            source,
            reading,
            Arc::clone(&self.attributes),
            Arc::clone(tally),
            carrier,
            console,
            took,
        );
        self.pipelines
            .push(Box::pin(pipeline.run(self.orders.clone())));
        Ok(())
    }

    fn carrier(&self, signal: Signal, roads: Roads) -> Result<Option<Carrier>, ConfigError> {
        let Some(target) = roads.otlp else {
            return Ok(None);
        };
        let road = Road::new(target)?;
        let mood = Mood::new(signal, road.endpoint(), self.voice);
        let stats = self.recorder.as_ref();
        let stats = stats.map(|recorder| Exports::new(recorder, signal, &road));
        Ok(Some(Carrier::new(road, mood, stats)))
    }
}

/// One line on what goes where, and what goes nowhere.
fn tell(settings: &Settings, has_source: bool) {
    if settings.disabled {
        settings
            .voice
            .info("nothing is exported, as OTEL_SDK_DISABLED is true");
        return;
    }
    let mut lines = Vec::new();
    let (mut unset, mut unwanted) = (Vec::new(), Vec::new());
    for signal in Signal::ALL {
        let roads = &settings.roads[signal.index()];
        if signal == Signal::Metrics && !has_source && !roads.is_empty() {
            lines.push("metrics have no source and are not exported".to_owned());
            continue;
        }
        if let Some(Target {
            endpoint, protocol, ..
        }) = &roads.otlp
        {
            lines.push(format!("{signal} to {endpoint} ({protocol})"));
        }
        if roads.console {
            lines.push(format!("{signal} to the console"));
        }
        match roads {
            Roads {
                prometheus: true, ..
            } => {}
            _ if !roads.is_empty() => {}
            Roads { chosen: true, .. } => unwanted.push(signal.as_str()),
            _ => unset.push(signal.as_str()),
        }
    }
    if !unwanted.is_empty() {
        lines.push(format!(
            "not exported, as OTEL_*_EXPORTER says: {}",
            unwanted.join(", ")
        ));
    }
    if !unset.is_empty() {
        lines.push(format!(
            "not exported over OTLP, as OTEL_EXPORTER_OTLP_ENDPOINT is not set: {}",
            unset.join(", ")
        ));
    }
    settings.voice.info(lines.join("; "));
}
