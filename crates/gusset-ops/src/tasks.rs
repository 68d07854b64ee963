//! Tasks that an operator may run.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gusset_data::SharedStr;

use crate::TARGET;

type TaskFuture = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A task. It runs once at a time.
pub(crate) struct Task {
    name: SharedStr,
    run: Box<dyn Fn() -> TaskFuture + Send + Sync>,
    is_running: AtomicBool,
}

/// How a request to run a task ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    Done,
    Failed(String),
    /// It is running already.
    Busy,
}

/// Ends the run, also if the request is given up.
struct Running(Arc<Task>);

// === impl Task ===

impl Task {
    pub(crate) fn new<F, R, E>(name: SharedStr, run: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let run = move || {
            let result = run();
            let result = async { result.await.map_err(|error| error.to_string()) };
            Box::pin(result) as TaskFuture
        };
        Self {
            name,
            run: Box::new(run),
            is_running: AtomicBool::new(false),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_running(&self) -> bool {
        self.is_running.load(Ordering::Acquire)
    }

    /// Runs the task, and logs who ran what and how it ended.
    pub(crate) async fn run(self: Arc<Self>) -> Ran {
        if self.is_running.swap(true, Ordering::AcqRel) {
            return Ran::Busy;
        }
        let running = Running(self);
        let task = &*running.0;
        tracing::warn!(target: TARGET, task = task.name(), "an operator runs a task");
        match (task.run)().await {
            Ok(()) => {
                tracing::warn!(target: TARGET, task = task.name(), "the task is done");
                Ran::Done
            }
            Err(error) => {
                tracing::warn!(target: TARGET, task = task.name(), error, "the task failed");
                Ran::Failed(error)
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.is_running.store(false, Ordering::Release);
    }
}
