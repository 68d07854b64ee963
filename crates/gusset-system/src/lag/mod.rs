//! How late the timers of a runtime fire.

mod histogram;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use gusset_data::{HistogramDataPoint, Metric, MetricData, MetricProducer};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use self::histogram::{BOUNDS, Counts, LagHistogram, quantile};
use crate::names;
use crate::producer::metric;
use crate::snapshot::Snapshot;
use crate::source::Source;

const DEFAULT_INTERVAL: Duration = Duration::from_millis(50);

/// Measures the lag of the event loop of a Tokio runtime: how late its timers fire.
///
/// A task sleeps for 50 ms, and measures how much later it runs, again and again. In between, its timer expires, the
/// runtime notices that, and a worker thread polls the task. All tasks that are woken wait as long as this one. It is
/// what `nodejs.eventloop.delay` measures, and works without `tokio_unstable`.
///
/// - Timers have a resolution of 1 ms: up to 1 ms is not a lag.
/// - One blocked thread of several delays the task only if it is the one that drives timers, or if all others are busy
///   too. [`CallMonitor`](crate::CallMonitor) names calls that block one thread.
/// - While all threads are stuck, the task measures nothing. [`overdue`](Self::overdue) shows it meanwhile, and so does
///   the snapshot of [`source`](Self::source).
///
/// The task is aborted when the probe is dropped. It costs about 20 polls of a microsecond a second.
///
/// ```
/// use gusset_system::LagProbe;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let probe = LagProbe::spawn(&tokio::runtime::Handle::current());
/// assert_eq!(probe.overdue(), None);
/// # }
/// ```
#[must_use = "the probe ends when it is dropped"]
pub struct LagProbe {
    state: Arc<ProbeState>,
    task: AbortHandle,
}

#[derive(Debug)]
struct ProbeState {
    histogram: LagHistogram,
    origin: Instant,
    since: SystemTime,
    /// When the timer that the task waits for is due, in nanoseconds since the origin.
    due: AtomicU64,
}

/// Fills in the lag of a snapshot. Created by [`LagProbe::source`].
#[derive(Debug)]
pub struct LagSource {
    state: Arc<ProbeState>,
    previous: Counts,
}

/// Returns the metric of a probe. Created by [`LagProbe::producer`].
#[derive(Clone, Debug)]
pub struct LagProducer(Arc<ProbeState>);

// === impl LagProbe ===

impl LagProbe {
    /// Starts to measure a runtime, every 50 ms. The runtime's timer has to be enabled, or else the task panics.
    pub fn spawn(runtime: &Handle) -> Self {
        Self::spawn_with_interval(runtime, DEFAULT_INTERVAL)
    }

    /// Starts to measure a runtime, at another interval.
    pub fn spawn_with_interval(runtime: &Handle, interval: Duration) -> Self {
        let state = Arc::new(ProbeState {
            histogram: LagHistogram::default(),
            origin: Instant::now(),
            since: SystemTime::now(),
            due: AtomicU64::new(u64::MAX),
        });
        let task = runtime.spawn(measure(state.clone(), interval));
        Self {
            state,
            task: task.abort_handle(),
        }
    }

    /// Returns how much later the timer is by now than it was due. `None` if it is not late.
    ///
    /// Works on any thread, also while the runtime is stuck.
    pub fn overdue(&self) -> Option<Duration> {
        self.state.overdue()
    }

    /// Returns the source of the lag in a [`Snapshot`]: its 99th percentile since the snapshot before, or what it is
    /// [overdue](Self::overdue) if that is more.
    pub fn source(&self) -> LagSource {
        LagSource {
            state: self.state.clone(),
            previous: self.state.histogram.counts(),
        }
    }

    /// Returns the producer of the metric [`TOKIO_LAG`](names::TOKIO_LAG), a histogram.
    pub fn producer(&self) -> LagProducer {
        LagProducer(self.state.clone())
    }
}

impl Drop for LagProbe {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for LagProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LagProbe").finish_non_exhaustive()
    }
}

async fn measure(state: Arc<ProbeState>, interval: Duration) {
    loop {
        let due = Instant::now() + interval;
        state.due.store(state.nanos(due), Ordering::Relaxed);
        sleep_until(due).await;
        state.histogram.record(due.elapsed());
    }
}

// === impl ProbeState ===

impl ProbeState {
    fn nanos(&self, time: Instant) -> u64 {
        let nanos = time.saturating_duration_since(self.origin).as_nanos();
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }

    fn overdue(&self) -> Option<Duration> {
        let due = self.due.load(Ordering::Relaxed);
        let late = self.nanos(Instant::now()).checked_sub(due)?;
        let late = Duration::from_nanos(late);
        // The resolution of timers.
        (late > Duration::from_millis(1)).then_some(late)
    }
}

// === impl LagSource ===

impl Source for LagSource {
    fn read(&mut self, snapshot: &mut Snapshot) {
        let now = self.state.histogram.counts();
        let max = self.state.histogram.take_max();
        let p99 = quantile(0.99, &self.previous, &now, max);
        self.previous = now;
        snapshot.runtime.lag_p99 = p99.max(self.state.overdue());
    }
}

// === impl LagProducer ===

impl MetricProducer for LagProducer {
    fn metrics(&self) -> Vec<Metric> {
        let ProbeState {
            histogram, since, ..
        } = &*self.0;
        let point = HistogramDataPoint {
            labels: [].into(),
            start: *since,
            bounds: BOUNDS.into(),
            counts: histogram.counts().into(),
            sum: Some(histogram.sum().as_secs_f64()),
            exemplars: Vec::new(),
        };
        vec![metric(
            &names::TOKIO_LAG,
            MetricData::Histogram(vec![point]),
        )]
    }
}
