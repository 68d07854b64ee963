//! The flight recorder: what the service did last, in bounded memory.

mod builder;
mod logs;
mod observer;
mod shard;
mod shared;

use std::fmt;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use gusset_data::{LogRecord, LogSink, Severity, SharedStr};
use gusset_http::Side;
use gusset_system::Snapshot;

pub use self::builder::FlightRecorderBuilder;
pub use self::logs::StateChange;
use self::logs::bytes_of;
pub use self::observer::{CallRecorder, RecordedCall};
use self::shared::{Shared, lock};
use crate::black_box::{BlackBox, EntryKind, MAX_TEXT};
use crate::call::{ActiveCall, CallEntry, CallTotals};
use crate::readings::Readings;

/// Keeps what a service did last: calls, log records, readings of the system, state changes. Clones share it.
///
/// It is bounded in bytes, two megabytes by default. A call costs two uncontended locks of a thread's own shard, three with spans, and two copies,
/// and allocates nothing in steady state. It keeps no body, header, query or path: routes are templates.
///
/// It is a [`LogSink`], for `LogLayer::builder().sink(..)` of gusset-log, which has redacted the records.
///
/// ```
/// use gusset_incident::FlightRecorder;
///
/// # fn main() -> Result<(), gusset_incident::ConfigError> {
/// let recorder = FlightRecorder::builder().build()?;
/// recorder.record_change("breaker stock", "open");
/// assert_eq!(recorder.changes()[0].state, "open");
/// assert!(recorder.calls().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FlightRecorder {
    shared: Arc<Shared>,
}

// === impl FlightRecorder ===

impl FlightRecorder {
    /// Returns a builder.
    pub fn builder() -> FlightRecorderBuilder {
        FlightRecorderBuilder::default()
    }

    /// Returns the observer for the calls of a server.
    ///
    /// ```
    /// use gusset_core::ObserveLayer;
    /// use gusset_http::Http;
    /// use gusset_incident::FlightRecorder;
    ///
    /// # fn main() -> Result<(), gusset_incident::ConfigError> {
    /// let recorder = FlightRecorder::builder().build()?;
    /// let layer = ObserveLayer::<Http, _>::new(recorder.calls_of_server());
    /// # Ok(())
    /// # }
    /// ```
    pub fn calls_of_server(&self) -> CallRecorder {
        self.calls_of(Side::Server)
    }

    /// Returns the observer for the calls of a client.
    pub fn calls_of_client(&self) -> CallRecorder {
        self.calls_of(Side::Client)
    }

    fn calls_of(&self, side: Side) -> CallRecorder {
        CallRecorder {
            shared: Arc::clone(&self.shared),
            side,
            options: Arc::default(),
        }
    }

    /// Records a change of state, and writes it to the file of a [`BlackBoxWriter`](crate::BlackBoxWriter).
    pub fn record_change(&self, what: impl Into<SharedStr>, state: impl Into<SharedStr>) {
        let change = StateChange {
            time: SystemTime::now(),
            what: what.into(),
            state: state.into(),
        };
        if let Some(file) = self.shared.file.get() {
            let text = [&*change.what, ": ", &change.state];
            file.write(EntryKind::Change, change.time, &SharedStr::concat(text));
        }
        let bytes = size_of::<StateChange>() + change.what.len() + change.state.len();
        lock(&self.shared.changes).push(bytes, change);
    }

    /// Records the readings of a snapshot, and writes them to the file of a [`BlackBoxWriter`](crate::BlackBoxWriter).
    ///
    /// For the subscriber of a `SystemSampler`, which has one every 10 s.
    ///
    /// ```
    /// use gusset_incident::FlightRecorder;
    /// use gusset_system::SystemSampler;
    ///
    /// # fn main() -> Result<(), gusset_incident::ConfigError> {
    /// let recorder = FlightRecorder::builder().build()?;
    /// let sampler = SystemSampler::builder().start()?;
    /// let record = recorder.clone();
    /// sampler.subscribe(move |previous, now| record.record_snapshot(previous, now));
    /// sampler.sample();
    /// assert_eq!(recorder.readings().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn record_snapshot(&self, previous: &Snapshot, now: &Snapshot) {
        let time = now.taken_at.unwrap_or_else(SystemTime::now);
        let readings = Readings::new(previous, now);
        if let Some(file) = self.shared.file.get() {
            file.write(EntryKind::Snapshot, time, &readings.line(MAX_TEXT));
        }
        let entry = (time, readings);
        lock(&self.shared.readings).push(size_of_val(&entry), entry);
    }

    /// Returns the last readings with their times, the oldest first.
    pub fn readings(&self) -> Vec<(SystemTime, Readings)> {
        lock(&self.shared.readings).iter().copied().collect()
    }

    /// Returns the last calls that have ended, in the order of their ends within a thread.
    pub fn calls(&self) -> Vec<CallEntry> {
        let each = self
            .shared
            .each_shard(|shard| shard.ended().copied().collect::<Vec<_>>());
        let mut calls = each.concat();
        calls.sort_by_key(|call| call.started() + call.duration());
        calls
    }

    /// Returns the calls under way, the oldest first.
    pub fn active_calls(&self) -> Vec<ActiveCall> {
        self.shared.active()
    }

    /// Returns the last log records, the oldest first.
    pub fn logs(&self) -> Vec<LogRecord> {
        lock(&self.shared.logs).iter().cloned().collect()
    }

    /// Returns the log records that came after the first `count`, as far as they are kept, and the count now.
    ///
    /// ```
    /// use gusset_incident::FlightRecorder;
    ///
    /// # fn main() -> Result<(), gusset_incident::ConfigError> {
    /// let recorder = FlightRecorder::builder().build()?;
    /// let (records, count) = recorder.logs_since(0);
    /// assert!(records.is_empty() && count == 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn logs_since(&self, count: u64) -> (Vec<LogRecord>, u64) {
        let logs = lock(&self.shared.logs);
        let (new, count) = logs.since(count);
        (new.cloned().collect(), count)
    }

    /// Returns the last state changes, the oldest first.
    pub fn changes(&self) -> Vec<StateChange> {
        lock(&self.shared.changes).iter().cloned().collect()
    }

    /// Returns the calls of the last minutes by second, the oldest first. A second without calls is left out.
    ///
    /// It has entries while a [`BlackBoxWriter`](crate::BlackBoxWriter) closes the seconds.
    pub fn totals(&self) -> Vec<(SystemTime, CallTotals)> {
        lock(&self.shared.totals).iter().copied().collect()
    }

    /// Returns the number of log records that were larger than all memory for them.
    pub fn dropped_logs(&self) -> u64 {
        lock(&self.shared.logs).dropped()
    }

    /// Sets the file, unless there is one. Returns whether it was set.
    pub(crate) fn set_file(&self, file: Arc<BlackBox>) -> bool {
        self.shared.file.set(file).is_ok()
    }

    /// Writes the calls under way, and closes the totals of this second.
    pub(crate) fn write_calls(&self, file: &BlackBox) {
        file.write_active(&self.active_calls());
        self.close_totals();
    }

    /// Brings memory and the file up to date, if there is one.
    pub(crate) fn write_now(&self) {
        match self.file() {
            Some(file) => self.write_calls(file),
            None => self.close_totals(),
        }
    }

    /// Adds up the calls that have ended since the last time, and keeps their totals in memory and in the file.
    pub(crate) fn close_totals(&self) {
        let totals = self.shared.take_totals();
        if totals.calls > 0 {
            let entry = (SystemTime::now(), totals);
            if let Some(file) = self.shared.file.get() {
                file.write(EntryKind::Calls, entry.0, &totals.to_string());
            }
            lock(&self.shared.totals).push(size_of_val(&entry), entry);
        }
    }

    /// Returns the calls that were closed after the first `count` totals, and the count now.
    pub(crate) fn totals_since(&self, count: u64) -> (CallTotals, u64) {
        let totals = lock(&self.shared.totals);
        let (new, count) = totals.since(count);
        let new = new.map(|(_, totals)| *totals);
        (new.fold(CallTotals::default(), CallTotals::merge), count)
    }

    /// Returns the changes of state after the first `count`, and the count now.
    pub(crate) fn changes_since(&self, count: u64) -> (Vec<StateChange>, u64) {
        let changes = lock(&self.shared.changes);
        let (new, count) = changes.since(count);
        (new.cloned().collect(), count)
    }

    /// Returns the newest readings.
    pub(crate) fn last_readings(&self) -> Option<(SystemTime, Readings)> {
        lock(&self.shared.readings).last().copied()
    }

    /// Returns the file, if one was set.
    pub(crate) fn file(&self) -> Option<&BlackBox> {
        self.shared.file.get().map(AsRef::as_ref)
    }

    /// Returns the wall clock at a moment of the monotonic clock: when a [`CallEntry`] started.
    pub fn wall_clock(&self, at: Instant) -> SystemTime {
        self.shared.wall_clock(at)
    }
}

impl LogSink for FlightRecorder {
    fn has_queue(&self) -> bool {
        // Nothing in it waits, and a queue in front of it would be lost with the process.
        true
    }

    fn export(&self, record: LogRecord) {
        if record.severity >= Severity::Warn {
            if let Some(file) = self.shared.file.get() {
                let text = [
                    record.severity.as_str(),
                    " ",
                    &record.scope,
                    ": ",
                    &record.body,
                ];
                file.write(EntryKind::Log, record.time, &SharedStr::concat(text));
            }
        }
        lock(&self.shared.logs).push(bytes_of(&record), record);
    }
}

impl fmt::Debug for FlightRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlightRecorder").finish_non_exhaustive()
    }
}
