//! A bounded queue of spans, which a thread throws away by the batch, as the SDK's batch processor does
//! with an exporter that discards.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use gusset_data::{SpanData, SpanSink};

const QUEUE: usize = 2048;
const BATCH: usize = 512;

/// The queue.
#[derive(Clone, Debug, Default)]
pub struct Discard(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    full: Condvar,
    empty: Condvar,
}

#[derive(Debug)]
struct Queue {
    spans: Vec<SpanData>,
    is_flushing: bool,
    thrown: u64,
}

static QUEUES: OnceLock<Discard> = OnceLock::new();

// === impl Queue ===

impl Default for Queue {
    /// As large as it may become, as the SDK's channel is: its growth is nothing that a call costs.
    fn default() -> Self {
        Self {
            spans: Vec::with_capacity(QUEUE),
            is_flushing: false,
            thrown: 0,
        }
    }
}

// === impl Discard ===

impl Discard {
    /// The one queue of this process, with its thread.
    pub fn global() -> Self {
        let make = || {
            let this = Self::default();
            let shared = this.0.clone();
            std::thread::spawn(move || shared.throw());
            this
        };
        QUEUES.get_or_init(make).clone()
    }

    /// Waits until all is thrown away, and tells how many there were.
    pub fn flush() -> u64 {
        let Some(Self(shared)) = QUEUES.get() else {
            return 0;
        };
        let mut queue = shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.is_flushing = true;
        shared.full.notify_one();
        while queue.is_flushing {
            queue = shared
                .empty
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
        queue.thrown
    }
}

impl SpanSink for Discard {
    fn export(&self, span: SpanData) {
        let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.spans.len() < QUEUE {
            queue.spans.push(span);
            if queue.spans.len() == BATCH {
                self.0.full.notify_one();
            }
        }
    }
}

// === impl Shared ===

impl Shared {
    fn throw(&self) {
        let mut batch = Vec::with_capacity(QUEUE);
        loop {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            while queue.spans.len() < BATCH && !queue.is_flushing {
                queue = self
                    .full
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            mem::swap(&mut queue.spans, &mut batch);
            let is_flushing = mem::take(&mut queue.is_flushing);
            queue.thrown += batch.len() as u64;
            drop(queue);
            batch.clear();
            if is_flushing {
                self.empty.notify_all();
            }
        }
    }
}
