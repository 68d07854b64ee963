//! Takes readings on a thread.

use std::convert::Infallible;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;
use std::{io, mem};

use gusset_core::Clock;
use gusset_data::MetricProducer;

use crate::{History, TARGET};

type ReadingFn = Box<dyn FnMut(Instant) + Send>;

/// Takes readings for a [`History`] on a thread of its own, as long as this handle lives.
///
/// A thread and not a task: readings are taken also while the runtime is blocked, which is when they are needed.
///
/// ```
/// use std::sync::Arc;
/// use gusset_history::{History, Sampler};
/// # use gusset_data::{Metric, MetricProducer};
/// # struct Nothing;
/// # impl MetricProducer for Nothing { fn metrics(&self) -> Vec<Metric> { Vec::new() } }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let registry = Arc::new(Nothing);
/// let history = History::builder().build()?;
/// let sampler = Sampler::builder(history.clone()).producer(registry).start()?;
/// // … and at the end of `main`:
/// sampler.stop();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "no readings are taken after the handle was dropped"]
pub struct Sampler {
    /// Dropping it is the signal to stop.
    stop: SyncSender<Infallible>,
    thread: JoinHandle<()>,
}

/// Configures a [`Sampler`].
#[must_use = "a builder does nothing until `start` is called"]
pub struct SamplerBuilder {
    history: History,
    clock: Clock,
    producers: Vec<Arc<dyn MetricProducer>>,
    before: Vec<ReadingFn>,
    after: Vec<ReadingFn>,
}

// === impl Sampler ===

impl Sampler {
    /// Returns a builder for the readings of a history, at its interval.
    pub fn builder(history: History) -> SamplerBuilder {
        SamplerBuilder {
            history,
            clock: Clock::system(),
            producers: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    /// Stops, and waits for a reading in progress.
    pub fn stop(self) {
        let Self { stop, thread } = self;
        drop(stop);
        // Panics of the service's code are contained.
        let _ = thread.join();
    }
}

// === impl SamplerBuilder ===

impl SamplerBuilder {
    /// Adds a producer. If two have the same series, that of the first is kept.
    pub fn producer(mut self, producer: Arc<dyn MetricProducer>) -> Self {
        self.producers.push(producer);
        self
    }

    /// Adds a function that is called before each reading, with its time, for example to update gauges.
    pub fn before_reading(mut self, run: impl FnMut(Instant) + Send + 'static) -> Self {
        self.before.push(Box::new(run));
        self
    }

    /// Adds a function that is called after each reading, with its time, for example to evaluate ranges.
    pub fn after_reading(mut self, run: impl FnMut(Instant) + Send + 'static) -> Self {
        self.after.push(Box::new(run));
        self
    }

    /// Sets the clock. Defaults to that of the system. It is read for the time of a reading; the thread waits for the
    /// interval in any case.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Starts the thread `gusset-history`, which takes the first reading at once.
    ///
    /// A panic of a producer or a function is contained, counted in
    /// [`PANICS`](crate::names::PANICS), and logged once. The others run.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn start(self) -> io::Result<Sampler> {
        let (stop, stopped) = sync_channel(0);
        let thread = thread::Builder::new()
            .name("gusset-history".to_owned())
            .spawn(move || self.run(&stopped))?;
        Ok(Sampler { stop, thread })
    }

    fn run(mut self, stopped: &Receiver<Infallible>) {
        let interval = self.history.interval();
        let mut has_warned = false;
        loop {
            let now = self.clock.now();
            let panics = self.read(now);
            if panics > 0 && !mem::replace(&mut has_warned, true) {
                tracing::warn!(
                    target: TARGET,
                    "a producer of metrics or a function of the history panicked; its part of the readings is missing"
                );
            }
            // A reading that took long does not delay the next one.
            let taken = self.clock.now().saturating_duration_since(now);
            match stopped.recv_timeout(interval.saturating_sub(taken)) {
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
                Ok(never) => match never {},
            }
        }
    }

    /// Takes a reading. Returns the number of panics.
    fn read(&mut self, now: Instant) -> usize {
        let mut panics = 0;
        let mut contain = |run: &mut dyn FnMut()| {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(run)) {
                // The destructor of the payload may panic as well.
                mem::forget(payload);
                panics += 1;
            }
        };
        for run in &mut self.before {
            contain(&mut || run(now));
        }
        let mut metrics = Vec::new();
        for producer in &self.producers {
            contain(&mut || metrics.extend(producer.metrics()));
        }
        self.history.record(now, metrics);
        for run in &mut self.after {
            contain(&mut || run(now));
        }
        for _ in 0..panics {
            self.history.add_panic();
        }
        panics
    }
}

impl fmt::Debug for SamplerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SamplerBuilder")
            .field("history", &self.history)
            .finish_non_exhaustive()
    }
}
