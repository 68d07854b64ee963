//! The creation of the tasks of all signals.

use std::sync::Arc;

use gusset_data::Attribute;
use metrics::Histogram;
use tokio::sync::watch;

use crate::batch_queue::{BatchQueue, ExportCounters};
use crate::diagnostics::SdkLogLevel;
use crate::self_metrics::{self, DropCounters, ExporterMetrics, ProcessorMetrics};
use crate::settings::{BatchConfig, ReaderConfig, SignalExporters};
use crate::transport::OtlpClient;
use crate::worker::{
    BatchItem, BatchProcessor, ConsoleExporter, Exporter, FlushReceiver, HealthReporter,
    PeriodicReader, Producer, SignalTask,
};
use crate::{ConfigError, SharedRecorder, Signal};

/// Creates the tasks, from what they have in common.
pub(super) struct PipelineFactory {
    pub(super) recorder: Option<SharedRecorder>,
    pub(super) log_level: SdkLogLevel,
    pub(super) attributes: Arc<[Attribute]>,
    pub(super) flush: FlushReceiver,
    pub(super) tasks: Vec<SignalTask>,
    /// The number of the last flush request that each processor has completed.
    pub(super) processors: Vec<watch::Receiver<u64>>,
}

// === impl PipelineFactory ===

impl PipelineFactory {
    /// Adds the batch processor of a signal. Returns its queue, or `None` if the signal is not exported.
    pub(super) fn add_processor<T: BatchItem>(
        &mut self,
        signal: Signal,
        exporters: SignalExporters,
        config: BatchConfig,
        encode_options: T::EncodeOptions,
    ) -> Result<Option<Arc<BatchQueue<T>>>, ConfigError> {
        if exporters.is_empty() {
            return Ok(None);
        }
        let console = exporters.console.then(ConsoleExporter::stdout);
        let exporter = self.exporter(signal, exporters)?;
        let BatchConfig {
            max_queue_size,
            max_batch_size,
            ..
        } = config;
        let (metrics, drops) = match &self.recorder {
            Some(recorder) => {
                let (metrics, drops) = ProcessorMetrics::new(recorder, signal, max_queue_size);
                (Some(metrics), drops)
            }
            None => (None, DropCounters::default()),
        };
        let queue = Arc::new(BatchQueue::new(max_queue_size, max_batch_size, drops));
        let (completed, receiver) = watch::channel(0);
        self.processors.push(receiver);
        let processor = BatchProcessor {
            queue: Arc::clone(&queue),
            config,
            resource: Arc::clone(&self.attributes),
            encode_options,
            exporter,
            console,
            metrics,
            completed,
        };
        self.tasks.push(Box::pin(processor.run(self.flush.clone())));
        Ok(Some(queue))
    }

    /// Adds the periodic metric reader, unless metrics are not exported. It waits for the processors that
    /// were added before.
    pub(super) fn add_reader(
        &mut self,
        exporters: SignalExporters,
        producer: Producer,
        config: ReaderConfig,
        counters: &Arc<ExportCounters>,
    ) -> Result<(), ConfigError> {
        if exporters.is_empty() {
            return Ok(());
        }
        let console = exporters.console.then(ConsoleExporter::stdout);
        let exporter = self.exporter(Signal::Metrics, exporters)?;
        let collection_duration = match &self.recorder {
            Some(recorder) => self_metrics::collection_duration(recorder),
            None => Histogram::noop(),
        };
        let reader = PeriodicReader::new(
            producer,
            config,
            Arc::clone(&self.attributes),
            Arc::clone(counters),
            (exporter, console),
            collection_duration,
            self.processors.clone(),
        );
        self.tasks.push(Box::pin(reader.run(self.flush.clone())));
        Ok(())
    }

    fn exporter(
        &self,
        signal: Signal,
        exporters: SignalExporters,
    ) -> Result<Option<Exporter>, ConfigError> {
        let Some(config) = exporters.otlp else {
            return Ok(None);
        };
        let client = OtlpClient::new(config)?;
        let health = HealthReporter::new(signal, client.destination(), self.log_level);
        let recorder = self.recorder.as_ref();
        let metrics = recorder.map(|recorder| ExporterMetrics::new(recorder, signal, &client));
        Ok(Some(Exporter::new(client, health, metrics)))
    }
}
