//! Where lines and spans are captured.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gusset_data::{SpanData, SpanSink};
use serde_json::Value;

const ACCESS_TARGET: &str = "gusset::access";

/// The output of a log in JSON and the sink of spans. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Captured(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    entry_written: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The bytes of a line that is not complete yet.
    partial: Vec<u8>,
    entries: Vec<Value>,
    spans: Vec<SpanData>,
}

// === impl Captured ===

impl Captured {
    pub(crate) fn entries(&self) -> Vec<Value> {
        self.state().entries.clone()
    }

    pub(crate) fn spans(&self) -> Vec<SpanData> {
        self.state().spans.clone()
    }

    /// Forgets what was captured so far.
    pub(crate) fn clear(&self) {
        *self.state() = State::default();
    }

    /// Waits until there are this many access log entries. Returns whether it was in time.
    pub(crate) fn wait_for_calls(&self, count: usize, timeout: Duration) -> bool {
        let has_fewer = |state: &mut State| {
            let calls = state.entries.iter().filter(|entry| is_access(entry));
            calls.count() < count
        };
        let waited = self
            .0
            .entry_written
            .wait_timeout_while(self.state(), timeout, has_fewer);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.state();
        let State {
            partial, entries, ..
        } = &mut *state;
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            partial.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = std::mem::take(partial);
                // Not lost if it is not JSON, which would be a fault of the format.
                let entry = serde_json::from_slice(&line)
                    .unwrap_or_else(|_| String::from_utf8_lossy(&line).into_owned().into());
                entries.push(entry);
            }
        }
        drop(state);
        self.0.entry_written.notify_all();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SpanSink for Captured {
    fn export(&self, span: SpanData) {
        self.state().spans.push(span);
    }
}

/// Returns whether an entry is the access log entry of a call.
pub(crate) fn is_access(entry: &Value) -> bool {
    entry["target"] == ACCESS_TARGET
}
