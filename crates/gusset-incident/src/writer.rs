//! The thread that writes the file.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::{BlackBox, FlightRecorder, RunEnd};

/// Writes what a [`FlightRecorder`] has to a [`BlackBox`]: calls at an interval, and log records of `WARN` and above and state
/// changes when they happen.
///
/// It ends with [`end_cleanly`](Self::end_cleanly). If it is dropped without, or the process ends, the next start finds a run
/// that has ended uncleanly.
#[derive(Debug)]
#[must_use = "the file is written until this is dropped"]
pub struct BlackBoxWriter {
    recorder: FlightRecorder,
    file: Arc<BlackBox>,
    /// Closed to stop the thread.
    stop: Mutex<Option<Sender<()>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

// === impl BlackBoxWriter ===

impl BlackBoxWriter {
    /// Starts the thread `gusset-black-box`, which writes the calls at this interval: a second is usual. Calls that were under
    /// way for less than an interval may be missing in the file.
    ///
    /// # Errors
    /// If the recorder has a file already, or if the system has no thread.
    pub fn start(
        recorder: &FlightRecorder,
        file: BlackBox,
        interval: Duration,
    ) -> io::Result<Self> {
        let file = Arc::new(file);
        if !recorder.set_file(Arc::clone(&file)) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the recorder has a file already",
            ));
        }
        let (stop, stopped) = channel();
        let (read, written) = (recorder.clone(), Arc::clone(&file));
        let thread = thread::Builder::new()
            .name("gusset-black-box".to_owned())
            .spawn(move || run(&read, &written, &stopped, interval))?;
        Ok(Self {
            recorder: recorder.clone(),
            file,
            stop: Mutex::new(Some(stop)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Writes the calls now, besides the interval: before something that may end the process.
    pub fn write_now(&self) {
        self.recorder.write_calls(&self.file);
    }

    /// Writes what is left, and marks the run as shut down. The next start does not report it.
    pub fn end_cleanly(&self) {
        self.stop();
        self.file.end(RunEnd::Clean);
    }

    /// Returns the file.
    pub fn file(&self) -> &BlackBox {
        &self.file
    }

    fn stop(&self) {
        let stop = self
            .stop
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(stop);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // It does not panic.
            let _ = thread.join();
        }
    }
}

impl Drop for BlackBoxWriter {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(recorder: &FlightRecorder, file: &BlackBox, stopped: &Receiver<()>, interval: Duration) {
    loop {
        let waited = stopped.recv_timeout(interval);
        recorder.write_calls(file);
        if waited != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}
