//! A span processor of a provider, for gusset's spans too.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::TARGET;

/// A `SpanProcessor` with several owners: the service's `SdkTracerProvider`, and gusset's
/// [`SpanProcessorSink`](crate::SpanProcessorSink). A handle that is cheap to clone.
///
/// A provider does not hand out its processors, so the service shares one from the start. The resource of the
/// provider is passed on, and a flush of either owner exports the spans of both. The first shutdown shuts the
/// processor down; later ones wait for its end and return its result. Spans that end afterwards are dropped
/// and counted.
///
/// **Build the provider before the first call.** From the first span on, the processor is used without a
/// lock, and a resource that comes later cannot reach it: it is ignored with a warning.
///
/// ```
/// use gusset_opentelemetry::{SharedSpanProcessor, SpanProcessorSink};
/// use gusset_trace::TraceObserver;
/// use opentelemetry_sdk::trace::{BatchSpanProcessor, InMemorySpanExporter, SdkTracerProvider};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = InMemorySpanExporter::default();
/// let shared = SharedSpanProcessor::new(BatchSpanProcessor::builder(exporter).build());
/// let provider = SdkTracerProvider::builder().with_span_processor(shared.clone()).build();
/// let trace = TraceObserver::server().sink(SpanProcessorSink::new(shared)).build()?;
/// // Spans of both are exported at the end of the service.
/// provider.shutdown()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SharedSpanProcessor {
    shared: Arc<Shared>,
}

struct Shared {
    /// The processor since its first use.
    in_use: OnceLock<Box<dyn SpanProcessor>>,
    /// The processor before its first use.
    ///
    /// Invariant: it is here or in `in_use`, where it never leaves again.
    setup: Mutex<Option<Box<dyn SpanProcessor>>>,
    is_shutdown: AtomicBool,
    shutdown: Mutex<Shutdown>,
    shutdown_ended: Condvar,
    dropped: AtomicU64,
}

enum Shutdown {
    NotRequested,
    Running,
    Ended(OTelSdkResult),
}

/// Ends the shutdown, also if the processor panics.
struct EndShutdown<'a> {
    shared: &'a Shared,
    result: OTelSdkResult,
}

// === impl SharedSpanProcessor ===

impl SharedSpanProcessor {
    /// Shares a processor.
    pub fn new(processor: impl SpanProcessor + 'static) -> Self {
        let shared = Shared {
            in_use: OnceLock::new(),
            setup: Mutex::new(Some(Box::new(processor))),
            is_shutdown: AtomicBool::new(false),
            shutdown: Mutex::new(Shutdown::NotRequested),
            shutdown_ended: Condvar::new(),
            dropped: AtomicU64::new(0),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Returns how many spans ended after the shutdown and were dropped.
    pub fn dropped_spans(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    fn is_shutdown(&self) -> bool {
        self.shared.is_shutdown.load(Ordering::Relaxed)
    }
}

impl SpanProcessor for SharedSpanProcessor {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        if !self.is_shutdown() {
            self.shared.processor().on_start(span, cx);
        }
    }

    fn on_end(&self, span: SpanData) {
        if self.is_shutdown() {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.shared.processor().on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        match self.is_shutdown() {
            true => Err(OTelSdkError::AlreadyShutdown),
            false => self.shared.processor().force_flush(),
        }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let shared = &*self.shared;
        let mut shutdown = lock(&shared.shutdown);
        if !matches!(*shutdown, Shutdown::NotRequested) {
            let running = |shutdown: &mut Shutdown| matches!(shutdown, Shutdown::Running);
            let waited = shared
                .shutdown_ended
                .wait_timeout_while(shutdown, timeout, running);
            let (shutdown, _) = waited.unwrap_or_else(PoisonError::into_inner);
            return match &*shutdown {
                Shutdown::Ended(result) => copy(result),
                _ => Err(OTelSdkError::Timeout(timeout)),
            };
        }
        *shutdown = Shutdown::Running;
        drop(shutdown);
        shared.is_shutdown.store(true, Ordering::Relaxed);
        let panicked = "the span processor panicked at its shutdown";
        let mut end = EndShutdown {
            shared,
            result: Err(OTelSdkError::InternalFailure(panicked.to_owned())),
        };
        end.result = shared.processor().shutdown_with_timeout(timeout);
        copy(&end.result)
    }

    fn set_resource(&mut self, resource: &Resource) {
        match &mut *lock(&self.shared.setup) {
            Some(processor) => processor.set_resource(resource),
            None => tracing::warn!(
                target: TARGET,
                "ignoring the resource of a tracer provider, its shared span processor exports another one: \
                 the processor has received spans already; build the provider before the first call"
            ),
        }
    }
}

impl fmt::Debug for SharedSpanProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSpanProcessor")
            .field("is_shutdown", &self.is_shutdown())
            .finish_non_exhaustive()
    }
}

// === impl Shared ===

impl Shared {
    fn processor(&self) -> &dyn SpanProcessor {
        let processor = self.in_use.get_or_init(|| {
            let processor = lock(&self.setup).take();
            processor.expect("the processor is in `setup` until this runs, which is once")
        });
        &**processor
    }
}

// === impl EndShutdown ===

impl Drop for EndShutdown<'_> {
    fn drop(&mut self) {
        *lock(&self.shared.shutdown) = Shutdown::Ended(copy(&self.result));
        self.shared.shutdown_ended.notify_all();
    }
}

/// Copies a result, which the SDK's type cannot do itself.
fn copy(result: &OTelSdkResult) -> OTelSdkResult {
    match result {
        Ok(()) => Ok(()),
        Err(OTelSdkError::AlreadyShutdown) => Err(OTelSdkError::AlreadyShutdown),
        Err(OTelSdkError::Timeout(timeout)) => Err(OTelSdkError::Timeout(*timeout)),
        Err(OTelSdkError::InternalFailure(reason)) => {
            Err(OTelSdkError::InternalFailure(reason.clone()))
        }
    }
}

/// Locks and ignores poison: each change is one assignment, or the processor's own.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
