//! The console exporter: writes telemetry to standard output.

use std::fmt;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};

use super::FlushReceiver;

/// The time after which a blocked write is left alone. Batches are dropped until it completes.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

type WriteFn = Arc<dyn Fn(&[u8]) -> io::Result<()> + Send + Sync>;

/// Writes one line for each batch: the message of `http/json`, which is also OpenTelemetry's file format.
pub(crate) struct ConsoleExporter {
    write: WriteFn,
    write_timeout: Duration,
    /// A write that exceeded the timeout and still blocks. There is at most one.
    pending_write: Option<JoinHandle<bool>>,
}

// === impl ConsoleExporter ===

impl ConsoleExporter {
    pub(crate) fn stdout() -> Self {
        let write = |line: &[u8]| {
            let mut out = io::stdout().lock();
            out.write_all(line)?;
            out.flush()
        };
        Self::new(Arc::new(write), WRITE_TIMEOUT)
    }

    fn new(write: WriteFn, write_timeout: Duration) -> Self {
        Self {
            write,
            write_timeout,
            pending_write: None,
        }
    }

    /// Writes a line. Returns whether it was written within the timeout.
    pub(crate) async fn write_line(
        &mut self,
        mut line: Vec<u8>,
        flush: &mut FlushReceiver,
    ) -> bool {
        if let Some(pending) = &self.pending_write {
            if !pending.is_finished() {
                return false;
            }
        }
        line.push(b'\n');
        let write = Arc::clone(&self.write);
        let mut writing = spawn_blocking(move || write(&line).is_ok());
        tokio::select! {
            biased;
            written = &mut writing => {
                self.pending_write = None;
                written.unwrap_or(false)
            }
            () = flush.deadline() => false,
            () = tokio::time::sleep(self.write_timeout) => {
                self.pending_write = Some(writing);
                false
            }
        }
    }
}

impl fmt::Debug for ConsoleExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConsoleExporter")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;

    use tokio::sync::watch;

    use super::*;
    use crate::worker::FlushRequest;

    #[tokio::test]
    async fn batch_is_written_as_one_line() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&written);
        let write = move |line: &[u8]| to.lock().unwrap().write_all(line);
        let mut console = ConsoleExporter::new(Arc::new(write), WRITE_TIMEOUT);
        let (_owner, requests) = watch::channel(FlushRequest::NONE);
        let mut flush = FlushReceiver::new(requests);
        assert!(console.write_line(b"{}".to_vec(), &mut flush).await);
        assert_eq!(*written.lock().unwrap(), b"{}\n");
    }

    #[tokio::test]
    async fn blocked_console_is_written_to_once() {
        let (unblock, blocked) = mpsc::channel::<()>();
        let (blocked, writes) = (Mutex::new(blocked), Arc::new(AtomicU32::new(0)));
        let counter = Arc::clone(&writes);
        let write = move |_: &[u8]| {
            counter.fetch_add(1, Ordering::Relaxed);
            let _ = blocked.lock().unwrap().recv();
            Ok(())
        };
        let mut console = ConsoleExporter::new(Arc::new(write), Duration::from_millis(50));
        let (_owner, requests) = watch::channel(FlushRequest::NONE);
        let mut flush = FlushReceiver::new(requests);
        let mut written = Vec::new();
        for _ in 0..3 {
            written.push(console.write_line(Vec::new(), &mut flush).await);
        }
        assert_eq!(written, [false; 3]);
        assert_eq!(writes.load(Ordering::Relaxed), 1);
        drop(unblock);
    }
}
