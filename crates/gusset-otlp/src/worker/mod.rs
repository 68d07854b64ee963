//! The thread that exports, with its own runtime.
//!
//! It works with any runtime of the service and with none, also while that runtime is blocked. A shutdown
//! therefore never waits for a thread that is waiting for the shutdown.

mod batch_processor;
mod console;
mod delta;
mod exporter;
mod flush;
mod health_reporter;
mod periodic_reader;
mod size_limit;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::thread;

use tokio::runtime;
use tokio::task::JoinSet;

use crate::diagnostics;
use crate::pending_log::PendingLog;

pub(crate) use batch_processor::{BatchItem, BatchProcessor};
pub(crate) use console::ConsoleExporter;
pub(crate) use exporter::{ExportOutcome, Exporter};
pub(crate) use flush::{FlushReceiver, FlushRequest};
pub(crate) use health_reporter::HealthReporter;
pub(crate) use periodic_reader::{PeriodicReader, Producer};

/// The task of one signal. It runs until the shutdown.
pub(crate) type SignalTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The limit of blocking threads: one per console exporter, one for the collection of metrics, and the
/// others for name resolution.
const MAX_BLOCKING_THREADS: usize = 8;

/// Starts the worker thread, which runs the tasks concurrently.
///
/// It logs the entries of the start when the process has a subscriber.
pub(crate) fn start(tasks: Vec<SignalTask>, log: PendingLog) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(MAX_BLOCKING_THREADS)
        .thread_name("gusset-otlp-blocking")
        .on_thread_start(diagnostics::suppress_on_thread)
        .build()?;
    let run = move || {
        diagnostics::suppress_on_thread();
        runtime.block_on(async {
            // Ends with the runtime, so it does not keep the thread running.
            drop(tokio::spawn(log.log_later()));
            let mut running = JoinSet::new();
            for task in tasks {
                running.spawn(task);
            }
            while running.join_next().await.is_some() {}
        });
        // Does not wait for a name resolution or a console that blocks.
        runtime.shutdown_background();
    };
    thread::Builder::new()
        .name("gusset-otlp".to_owned())
        .spawn(run)?;
    Ok(())
}
