//! Telemetry as a value: made at start, shut down at the end.

mod builder;

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use gusset_data::Resource;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::ConfigError;
use crate::lane::Tally;
use crate::report::Report;
use crate::sinks::{Logs, Spans};
use crate::voice::Voice;
use crate::worker::Order;

pub use builder::TelemetryBuilder;

/// How long a drop waits, at most.
const DROP: Duration = Duration::from_secs(2);
/// More than this is as good as for ever, and still a time that can be reckoned with.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// The roads of traces, metrics and logs to a collector.
///
/// Nothing of it is global: give [`spans`](Self::spans) and [`logs`](Self::logs) to those that make
/// them. Several live in one process. What is exported is exported on a thread of its own, with a
/// runtime of its own, so it serves any runtime and none.
///
/// When it is dropped it is shut down, within two seconds, and a line of the log tells what was lost.
/// [`shutdown`](Self::shutdown) gives a deadline of one's own and tells more.
#[must_use = "telemetry ends when this is dropped"]
pub struct Telemetry {
    signals: Signals,
    resource: Resource,
    orders: watch::Sender<Order>,
    pipelines: usize,
    /// The number of the last order.
    order: u64,
    ended: bool,
    voice: Voice,
}

/// What each signal goes through, and its numbers.
#[derive(Clone, Debug)]
struct Signals {
    spans: Spans,
    logs: Logs,
    points: Arc<Tally>,
}

// === impl Telemetry ===

impl Telemetry {
    /// Telemetry by code, and by the environment where code says nothing.
    pub fn builder() -> TelemetryBuilder {
        TelemetryBuilder::default()
    }

    /// Telemetry by the environment alone.
    ///
    /// # Errors
    /// As [`TelemetryBuilder::build`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// Takes spans that have ended. Without a road for traces it takes none, and says so.
    pub fn spans(&self) -> Spans {
        self.signals.spans.clone()
    }

    /// Takes log records. Without a road for logs it takes none, and says so.
    pub fn logs(&self) -> Logs {
        self.signals.logs.clone()
    }

    /// What all of it is said to be of: what was detected, below what the environment says, below what
    /// code says. For the scrape page, so that both roads tell the same.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// What has become of everything so far.
    pub fn report(&self) -> Report {
        self.signals.told(true)
    }

    /// Exports all that is waiting, and the metrics as they stand, and waits for it: until the deadline
    /// at most. What is not exported by then is exported later. Blocks the thread.
    pub fn flush(&mut self, deadline: Duration) -> Report {
        self.carry_out(false, deadline)
    }

    /// Ends it: takes nothing more, exports all that is waiting and the metrics as they stand, and tells
    /// what was exported and what was lost. Returns by the deadline, whatever the collector does, on any
    /// runtime and on none.
    ///
    /// Blocks the thread; [`shutdown_async`](Self::shutdown_async) does not.
    pub fn shutdown(mut self, deadline: Duration) -> Report {
        self.end(deadline)
    }

    /// As [`shutdown`](Self::shutdown), without blocking. Needs no timer of the runtime. If it is dropped
    /// before its end the shutdown goes on, by itself, to its deadline.
    pub async fn shutdown_async(mut self, deadline: Duration) -> Report {
        if self.pipelines == 0 {
            return self.end(deadline);
        }
        // A thread for the wait, so that the deadline is kept even by a runtime without a clock.
        let signals = self.signals.clone();
        let (tell, told) = oneshot::channel();
        let wait = move || {
            // Whoever asked may have gone.
            let _ = tell.send(self.shutdown(deadline));
        };
        // Without a thread to be had it is shut down as a drop is, and is told of as cut short.
        let _ = thread::Builder::new()
            .name("gusset-otlp-end".to_owned())
            .spawn(wait);
        told.await.unwrap_or_else(|_| signals.told(false))
    }

    fn end(&mut self, deadline: Duration) -> Report {
        self.ended = true;
        let Signals {
            spans,
            logs,
            points: _,
        } = &self.signals;
        if let Some(lane) = spans.lane() {
            lane.close();
        }
        if let Some(lane) = logs.lane() {
            lane.close();
        }
        self.carry_out(true, deadline)
    }

    fn carry_out(&mut self, last: bool, deadline: Duration) -> Report {
        let deadline = deadline.min(LONGEST);
        let end = Instant::now() + deadline;
        // The pipelines stop a little before, so that they are heard of in time.
        let early = (deadline / 10).min(Duration::from_millis(50));
        let (done, all_done) = mpsc::sync_channel(self.pipelines);
        self.order += 1;
        self.orders.send_replace(Order {
            number: self.order,
            last: last.then(|| end - early),
            done: Some(done),
        });
        let mut in_time = true;
        for _ in 0..self.pipelines {
            let left = end.saturating_duration_since(Instant::now());
            match all_done.recv_timeout(left) {
                Ok(whole) => in_time &= whole,
                Err(_) => {
                    in_time = false;
                    break;
                }
            }
        }
        self.signals.told(in_time)
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let report = self.end(DROP);
        if report.lost() > 0 {
            self.voice
                .warn(format_args!("dropped before it was shut down. {report}"));
        }
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry")
            .field("signals", &self.signals)
            .finish_non_exhaustive()
    }
}

// === impl Signals ===

impl Signals {
    fn told(&self, in_time: bool) -> Report {
        let spans = self.spans.lane().map(|lane| lane.tally.count());
        let logs = self.logs.lane().map(|lane| lane.tally.count());
        let counts = [
            spans.unwrap_or_default(),
            self.points.count(),
            logs.unwrap_or_default(),
        ];
        Report::new(counts, in_time)
    }
}
