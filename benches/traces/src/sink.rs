//! A bounded queue of spans, which a thread discards in batches, like the SDK's batch processor with an
//! exporter that discards.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use gusset_data::{SpanData, SpanSink};

const QUEUE_CAPACITY: usize = 2048;
const BATCH_SIZE: usize = 512;

/// A sink that discards its spans.
#[derive(Clone, Debug, Default)]
pub struct DiscardSink(Arc<Shared>);

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
    discarded: u64,
}

static GLOBAL: OnceLock<DiscardSink> = OnceLock::new();

// === impl Queue ===

impl Default for Queue {
    /// Allocates the whole capacity, like the SDK's channel, so that no call pays for growth.
    fn default() -> Self {
        Self {
            spans: Vec::with_capacity(QUEUE_CAPACITY),
            is_flushing: false,
            discarded: 0,
        }
    }
}

// === impl DiscardSink ===

impl DiscardSink {
    /// Returns the queue of this process, and starts its thread.
    pub fn global() -> Self {
        let start = || {
            let this = Self::default();
            let shared = this.0.clone();
            std::thread::spawn(move || shared.discard_batches());
            this
        };
        GLOBAL.get_or_init(start).clone()
    }

    /// Waits until all spans are discarded, and returns how many there were in total.
    pub fn flush() -> u64 {
        let Some(Self(shared)) = GLOBAL.get() else {
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
        queue.discarded
    }
}

impl SpanSink for DiscardSink {
    fn export(&self, span: SpanData) {
        let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.spans.len() < QUEUE_CAPACITY {
            queue.spans.push(span);
            if queue.spans.len() == BATCH_SIZE {
                self.0.full.notify_one();
            }
        }
    }
}

// === impl Shared ===

impl Shared {
    fn discard_batches(&self) {
        let mut batch = Vec::with_capacity(QUEUE_CAPACITY);
        loop {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            while queue.spans.len() < BATCH_SIZE && !queue.is_flushing {
                queue = self
                    .full
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            mem::swap(&mut queue.spans, &mut batch);
            let is_flushing = mem::take(&mut queue.is_flushing);
            queue.discarded += batch.len() as u64;
            drop(queue);
            batch.clear();
            if is_flushing {
                self.empty.notify_all();
            }
        }
    }
}
