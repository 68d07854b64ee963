//! Bounds on the spans that are buffered until their requests complete.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A permit to buffer the spans of one request until it completes.
///
/// It is released when the request completes in any way.
pub struct SpanBuffer {
    max_spans: usize,
    limits: Option<Arc<BufferLimits>>,
}

/// The use of the buffers of a [`TailSampler`](super::TailSampler).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TailSamplerStats {
    /// The number of requests whose spans are buffered now.
    pub buffered_calls: usize,
    /// The number of requests that were dropped, because too many were buffered.
    pub dropped_calls: u64,
    /// The number of spans that were dropped, because their request had too many.
    pub dropped_spans: u64,
}

/// The limit on requests that are buffered at the same time, and its counters.
#[derive(Debug)]
pub(super) struct BufferLimits {
    max_calls: usize,
    buffered_calls: AtomicUsize,
    dropped_calls: AtomicU64,
    dropped_spans: AtomicU64,
}

// === impl SpanBuffer ===

impl SpanBuffer {
    /// Creates a permit for this many spans, for a sampler that limits the number of requests itself.
    pub const fn new(max_spans: usize) -> Self {
        Self {
            max_spans,
            limits: None,
        }
    }

    pub(crate) fn max_spans(&self) -> usize {
        self.max_spans
    }

    pub(crate) fn count_dropped_span(&self) {
        if let Some(limits) = &self.limits {
            limits.dropped_spans.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for SpanBuffer {
    fn drop(&mut self) {
        if let Some(limits) = &self.limits {
            limits.buffered_calls.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for SpanBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanBuffer({} spans)", self.max_spans)
    }
}

// === impl BufferLimits ===

impl BufferLimits {
    pub(super) fn new(max_calls: usize) -> Arc<Self> {
        Arc::new(Self {
            max_calls,
            buffered_calls: AtomicUsize::new(0),
            dropped_calls: AtomicU64::new(0),
            dropped_spans: AtomicU64::new(0),
        })
    }

    /// Returns a permit for one request. Counts the request as dropped if too many are buffered.
    pub(super) fn try_acquire(self: &Arc<Self>, max_spans: usize) -> Option<SpanBuffer> {
        // Relaxed: the counter guards nothing but itself.
        let add_one = |calls: usize| (calls < self.max_calls).then_some(calls + 1);
        let acquired =
            self.buffered_calls
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add_one);
        if acquired.is_err() {
            self.dropped_calls.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(SpanBuffer {
            max_spans,
            limits: Some(self.clone()),
        })
    }

    pub(super) fn stats(&self) -> TailSamplerStats {
        TailSamplerStats {
            buffered_calls: self.buffered_calls.load(Ordering::Relaxed),
            dropped_calls: self.dropped_calls.load(Ordering::Relaxed),
            dropped_spans: self.dropped_spans.load(Ordering::Relaxed),
        }
    }
}
