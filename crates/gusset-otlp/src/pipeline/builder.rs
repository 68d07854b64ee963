//! The builder of the pipeline.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::Env;
use gusset_data::{MetricProducer, Resource, contain_recorder};
use tokio::sync::watch;

use super::factory::PipelineFactory;
use super::startup_log::log_configuration;
use super::{OtlpPipeline, SignalStates};
use crate::batch_queue::ExportCounters;
use crate::detect::{self, DetectorPaths};
use crate::settings::{self, EnvReader, Overrides, Settings};
use crate::sinks::{OtlpLogSink, OtlpSpanSink};
use crate::worker::{self, FlushReceiver, FlushRequest, Producer};
use crate::{ConfigError, OtlpProtocol, Receiver, SharedRecorder, Signal, self_metrics};

/// Configures and starts an [`OtlpPipeline`].
///
/// Values set here override environment variables, which override the defaults.
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct OtlpPipelineBuilder {
    overrides: Overrides,
    resource: Option<Resource>,
    producer: Option<Producer>,
    recorder: Option<SharedRecorder>,
    invalid_header: Option<ConfigError>,
}

// === impl OtlpPipelineBuilder ===

impl OtlpPipelineBuilder {
    /// Sets the resource. Its attributes override those of the environment and the detected ones.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Sets the producer of the exported metrics.
    ///
    /// It is called every `OTEL_METRIC_EXPORT_INTERVAL`, which defaults to 60 s, on its own thread.
    pub fn metric_producer(mut self, producer: impl MetricProducer) -> Self {
        self.producer = Some(Producer(Arc::new(producer)));
        self
    }

    /// Sets the recorder of the pipeline's metrics about itself, [`names`](crate::names).
    ///
    /// By default they are not recorded.
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(contain_recorder(recorder));
        self
    }

    /// Sets the endpoint for all signals, for example `http://collector:4318`.
    ///
    /// Over HTTP, the path of each signal is appended, for example `/v1/traces`. Overrides
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and the variables of the signals.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.overrides.endpoint = Some(url.into());
        self
    }

    /// Sets the endpoint for one signal. The URL is used unchanged.
    pub fn signal_endpoint(mut self, signal: Signal, url: impl Into<String>) -> Self {
        self.overrides.signal_endpoints[signal.index()] = Some(url.into());
        self
    }

    /// Sets the protocol. Defaults to `OTEL_EXPORTER_OTLP_PROTOCOL`, or else `http/protobuf`.
    pub fn protocol(mut self, protocol: OtlpProtocol) -> Self {
        self.overrides.protocol = Some(protocol);
        self
    }

    /// Adds a header to all requests. Overrides a header of the same name in the environment.
    ///
    /// Its value is never logged.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match settings::header(name, value) {
            Ok((name, value)) => {
                self.overrides.headers.insert(name, value);
            }
            Err(error) => self.invalid_header = Some(error),
        }
        self
    }

    /// Sets the timeout of one request, from the connection to the end of the response.
    ///
    /// Defaults to `OTEL_EXPORTER_OTLP_TIMEOUT`, or else 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.overrides.timeout = Some(timeout);
        self
    }

    /// Sets whether requests are compressed with gzip.
    ///
    /// Defaults to `OTEL_EXPORTER_OTLP_COMPRESSION`, or else to no compression.
    pub fn gzip(mut self, gzip: bool) -> Self {
        self.overrides.gzip = Some(gzip);
        self
    }

    /// Starts the pipeline, with the environment of the process.
    ///
    /// Starts the worker thread if any signal is exported. Requires no runtime.
    ///
    /// # Errors
    /// If a setting would silently lose telemetry: an invalid endpoint or header, a certificate that
    /// cannot be read, or a value whose feature is disabled. The error names the builder method or the
    /// environment variable.
    pub fn build(self) -> Result<OtlpPipeline, ConfigError> {
        self.build_in(Env::process())
    }

    /// Starts the pipeline, with the given environment.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_with(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<OtlpPipeline, ConfigError> {
        self.build_in(Env::from_fn(&env))
    }

    /// Builds the pipeline with the variables of `env`.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_in(self, env: Env<'_>) -> Result<OtlpPipeline, ConfigError> {
        let Self {
            overrides,
            resource,
            producer,
            recorder,
            invalid_header,
        } = self;
        if let Some(error) = invalid_header {
            return Err(error);
        }
        let env = EnvReader::new(env);
        let settings = Settings::new(&env, &overrides)?;
        log_configuration(&settings, producer.is_some(), &env.log);
        let receivers = settings.signals.iter().filter_map(|exporters| {
            let config = exporters.otlp.as_ref()?;
            Some(Receiver::new(config))
        });
        let receivers = receivers.collect();
        let mut exported = settings
            .signals
            .each_ref()
            .map(|it| it.otlp.is_some() || it.console);
        exported[Signal::Metrics.index()] &= producer.is_some();
        let Settings {
            log_level,
            disabled: _,
            signals: [traces, metrics, logs],
            spans: span_config,
            logs: log_config,
            log_limits,
            metrics: reader_config,
        } = settings;

        let detected = detect::detect(&env, &DetectorPaths::default());
        let (resource, attributes) = detect::merge(detected, &env, resource.as_ref());
        if let Some(recorder) = &recorder {
            self_metrics::describe(recorder);
        }
        let (requests, receiver) = watch::channel(FlushRequest::NONE);
        let mut factory = PipelineFactory {
            recorder,
            log_level,
            attributes,
            flush: FlushReceiver::new(receiver),
            tasks: Vec::new(),
            processors: Vec::new(),
        };
        let spans = factory.add_processor(Signal::Traces, traces, span_config, ())?;
        let logs = factory.add_processor(Signal::Logs, logs, log_config, log_limits)?;
        let data_points = Arc::new(ExportCounters::default());
        if let Some(producer) = producer {
            factory.add_reader(metrics, producer, reader_config, &data_points)?;
        }
        let tasks = factory.tasks.len();
        if tasks > 0 {
            worker::start(factory.tasks, env.log.clone())
                .map_err(|error| ConfigError::new("thread", error))?;
        }
        Ok(OtlpPipeline {
            signals: SignalStates {
                spans: OtlpSpanSink::new(spans),
                logs: OtlpLogSink::new(logs),
                data_points,
            },
            receivers,
            exported,
            resource,
            requests,
            tasks,
            last_request_id: 0,
            is_closed: false,
            process_id: std::process::id(),
            log_level,
            log: env.log,
        })
    }
}

impl fmt::Debug for OtlpPipelineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpPipelineBuilder")
            .field("overrides", &self.overrides)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}
