//! The configuration and the start of a pipeline.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use gusset_core::{ConfigError, Env};
use gusset_data::{SharedRecorder, contain_recorder};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter;
use tokio::runtime::{Builder, Runtime};

use super::config::BatchConfig;
use super::metrics::ProcessorMetrics;
use super::pipeline::SpanExporterPipeline;
use super::queue::Shared;
use super::suppression::suppress_on_thread;
use super::worker::Worker;

/// Configures a [`SpanExporterPipeline`].
#[derive(Default)]
#[must_use = "call `start` to start the pipeline"]
pub struct SpanExporterBuilder {
    resource: Option<Resource>,
    recorder: Option<SharedRecorder>,
}

/// The number of pipelines of this process, for `otel.component.name`.
static PIPELINES: AtomicUsize = AtomicUsize::new(0);

// === impl SpanExporterPipeline ===

impl SpanExporterPipeline {
    /// Creates a builder.
    pub fn builder() -> SpanExporterBuilder {
        SpanExporterBuilder::default()
    }
}

// === impl SpanExporterBuilder ===

impl SpanExporterBuilder {
    /// Sets the resource of the spans. Defaults to that of the SDK, which reads `OTEL_RESOURCE_ATTRIBUTES` and
    /// `OTEL_SERVICE_NAME`.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Records the queue and its drops: `otel.sdk.processor.span.*`. Off by default.
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(contain_recorder(recorder));
        self
    }

    /// Starts the thread, creates the exporter on it, and waits for that.
    ///
    /// The thread has a tokio runtime of its own, in which the function runs. What the exporter creates there,
    /// such as a gRPC channel, works while the service's runtime blocks and after its end. `OTEL_BSP_*` sets the sizes and
    /// times: a queue of 2,048 spans, batches of 512 or every 5 s, and 30 s for an export by default.
    ///
    /// # Errors
    /// If the exporter or the thread cannot be created, or the function panics.
    pub fn start<E, X>(
        self,
        create: impl FnOnce() -> Result<E, X> + Send + 'static,
    ) -> Result<SpanExporterPipeline, ConfigError>
    where
        E: SpanExporter + 'static,
        X: Into<Box<dyn Error + Send + Sync>>,
    {
        self.start_in(Env::process(), create)
    }

    /// Starts the thread with the variables of `env`; see [`start`](Self::start).
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_in<E, X>(
        self,
        env: Env<'_>,
        create: impl FnOnce() -> Result<E, X> + Send + 'static,
    ) -> Result<SpanExporterPipeline, ConfigError>
    where
        E: SpanExporter + 'static,
        X: Into<Box<dyn Error + Send + Sync>>,
    {
        let config = BatchConfig::from_env(env);
        let metrics = match &self.recorder {
            Some(recorder) => {
                let index = PIPELINES.fetch_add(1, Ordering::Relaxed);
                ProcessorMetrics::new(recorder, index, config.max_queue_size)
            }
            None => ProcessorMetrics::default(),
        };
        let resource = self.resource.unwrap_or_else(|| Resource::builder().build());
        let shared = Arc::new(Shared::new(config, metrics));
        let of_thread = shared.clone();
        let (started, has_started) = mpsc::sync_channel(1);
        let run = move || run(of_thread, config, &resource, create, &started);
        let thread = thread::Builder::new().name("gusset-exporter".to_owned());
        let thread = thread.spawn(run).map_err(failed)?.thread().clone();
        // Set here only, once.
        let _ = shared.thread.set(thread);
        match has_started.recv() {
            Ok(Ok(())) => Ok(SpanExporterPipeline::new(shared)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(failed("the function that creates it panicked")),
        }
    }
}

impl fmt::Debug for SpanExporterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanExporterBuilder")
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

fn failed(reason: impl fmt::Display) -> ConfigError {
    ConfigError::new("exporter", reason)
}

/// Runs the thread of a pipeline.
fn run<E, X>(
    shared: Arc<Shared>,
    config: BatchConfig,
    resource: &Resource,
    create: impl FnOnce() -> Result<E, X>,
    started: &SyncSender<Result<(), ConfigError>>,
) where
    E: SpanExporter,
    X: Into<Box<dyn Error + Send + Sync>>,
{
    suppress_on_thread();
    let created = runtime().map_err(failed).and_then(|runtime| {
        let entered = runtime.enter();
        let created = create().map_err(|error| failed(error.into()));
        drop(entered);
        Ok((runtime, created?))
    });
    let (runtime, mut exporter) = match created {
        Ok(created) => created,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let entered = runtime.enter();
    exporter.set_resource(resource);
    // Fails if the owner is gone. The worker then ends at once.
    let _ = started.send(Ok(()));
    let worker = Worker {
        shared,
        config,
        exporter,
        is_failing: false,
    };
    worker.run();
    drop(entered);
    // Does not wait for what the exporter has left behind.
    runtime.shutdown_background();
}

/// Returns a runtime on a thread of its own, so that connections go on while the exporter blocks.
fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .thread_name("gusset-exporter-io")
        .on_thread_start(suppress_on_thread)
        .build()
}
