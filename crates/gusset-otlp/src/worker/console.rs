//! Telemetry on standard output, for eyes and for files.

use std::fmt;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};

use super::Orders;

/// A console that takes nothing for so long is passed over until it takes something.
const PATIENCE: Duration = Duration::from_secs(5);

type Write = Arc<dyn Fn(&[u8]) -> io::Result<()> + Send + Sync>;

/// Writes one line for each batch: the message of `http/json`, which is also what OpenTelemetry's files
/// are made of.
pub(crate) struct Console {
    write: Write,
    patience: Duration,
    /// A write that has not come to its end. There is one at most.
    stuck: Option<JoinHandle<bool>>,
}

// === impl Console ===

impl Console {
    pub(crate) fn stdout() -> Self {
        let write = |line: &[u8]| {
            let mut out = io::stdout().lock();
            out.write_all(line)?;
            out.flush()
        };
        Self::new(Arc::new(write), PATIENCE)
    }

    fn new(write: Write, patience: Duration) -> Self {
        Self {
            write,
            patience,
            stuck: None,
        }
    }

    /// Writes a line, if the console takes it in time. Gives whether it did.
    pub(crate) async fn line(&mut self, mut line: Vec<u8>, orders: &mut Orders) -> bool {
        if let Some(stuck) = &self.stuck {
            if !stuck.is_finished() {
                return false;
            }
        }
        line.push(b'\n');
        let write = Arc::clone(&self.write);
        let mut writing = spawn_blocking(move || write(&line).is_ok());
        tokio::select! {
            biased;
            written = &mut writing => {
                self.stuck = None;
                written.unwrap_or(false)
            }
            () = orders.cut() => false,
            () = tokio::time::sleep(self.patience) => {
                self.stuck = Some(writing);
                false
            }
        }
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Console")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;

    use tokio::sync::watch;

    use super::*;
    use crate::worker::Order;

    #[tokio::test]
    async fn a_batch_is_one_line() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&written);
        let write = move |line: &[u8]| to.lock().unwrap().write_all(line);
        let mut console = Console::new(Arc::new(write), PATIENCE);
        let (_owner, orders) = watch::channel(Order::NONE);
        assert!(console.line(b"{}".to_vec(), &mut Orders::new(orders)).await);
        assert_eq!(*written.lock().unwrap(), b"{}\n");
    }

    #[tokio::test]
    async fn a_console_that_takes_nothing_is_passed_over_and_asked_once() {
        let (free, wait) = mpsc::channel::<()>();
        let (wait, asked) = (Mutex::new(wait), Arc::new(AtomicU32::new(0)));
        let asks = Arc::clone(&asked);
        let write = move |_: &[u8]| {
            asks.fetch_add(1, Ordering::Relaxed);
            let _ = wait.lock().unwrap().recv();
            Ok(())
        };
        let mut console = Console::new(Arc::new(write), Duration::from_millis(50));
        let (_owner, orders) = watch::channel(Order::NONE);
        let mut orders = Orders::new(orders);
        let mut takes = Vec::new();
        for _ in 0..3 {
            takes.push(console.line(Vec::new(), &mut orders).await);
        }
        assert_eq!(takes, [false; 3]);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        drop(free);
    }
}
