//! Requests of the pipeline's owner to flush, and to shut down.

use std::sync::mpsc::SyncSender;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// A request to export everything that is queued.
#[derive(Clone, Debug)]
pub(crate) struct FlushRequest {
    /// The number of the request. 0 stands for no request.
    pub(crate) id: u64,
    /// The time until which the owner waits.
    pub(crate) deadline: Option<Instant>,
    /// The deadline, if the request is a shutdown. Items that are not exported by then are dropped.
    pub(crate) shutdown_deadline: Option<Instant>,
    /// Receives from each task, at its completion, whether it exported everything.
    pub(crate) completed: Option<SyncSender<bool>>,
}

/// The receiving end of flush requests, for one task.
#[derive(Clone, Debug)]
pub(crate) struct FlushReceiver {
    requests: watch::Receiver<FlushRequest>,
    acknowledged: u64,
}

// === impl FlushRequest ===

impl FlushRequest {
    pub(crate) const NONE: Self = Self {
        id: 0,
        deadline: None,
        shutdown_deadline: None,
        completed: None,
    };
}

// === impl FlushReceiver ===

impl FlushReceiver {
    pub(crate) fn new(requests: watch::Receiver<FlushRequest>) -> Self {
        Self {
            requests,
            acknowledged: 0,
        }
    }

    /// Returns the request that is not acknowledged yet.
    ///
    /// If the owner is gone, this is a shutdown whose deadline has passed.
    pub(crate) fn pending(&self) -> Option<FlushRequest> {
        let request = self.requests.borrow().clone();
        if request.id != self.acknowledged {
            return Some(request);
        }
        self.requests.has_changed().is_err().then(|| FlushRequest {
            shutdown_deadline: Some(Instant::now()),
            ..FlushRequest::NONE
        })
    }

    /// Waits until a request is pending.
    pub(crate) async fn requested(&mut self) {
        while self.pending().is_none() {
            // An error means that the owner is gone, which `pending` detects too.
            let _ = self.requests.changed().await;
        }
    }

    /// Waits until the deadline of the shutdown.
    pub(crate) async fn deadline(&mut self) {
        let deadline = loop {
            match self.pending().and_then(|request| request.shutdown_deadline) {
                Some(deadline) => break deadline,
                None => {
                    let _ = self.requests.changed().await;
                }
            }
        };
        sleep_until(deadline).await;
    }

    /// Returns whether the deadline of the shutdown has passed.
    pub(crate) fn deadline_passed(&self) -> bool {
        let deadline = self.pending().and_then(|request| request.shutdown_deadline);
        deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Acknowledges a request. `complete` states whether everything was exported.
    pub(crate) fn acknowledge(&mut self, request: &FlushRequest, complete: bool) {
        self.acknowledged = request.id;
        if let Some(completed) = &request.completed {
            // An error means that the owner no longer waits.
            let _ = completed.try_send(complete);
        }
    }
}
