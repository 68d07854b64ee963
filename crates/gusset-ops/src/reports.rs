//! Incident reports that are stored in a folder.
//!
//! A folder may be on a disk that hangs, and the page is served by the thread that answers the probes. So other threads
//! read it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use gusset_data::{SharedStr, ShowState, StateTree};
use gusset_incident::{Directory, ReportFormat, StoredReport};
use tokio::sync::oneshot;

use crate::html::REPORT;

/// The reports of a folder, and the state of what makes them.
pub(crate) struct Reports {
    directory: Directory,
    part: Box<dyn ShowState>,
    listed: Arc<Listed>,
}

#[derive(Default)]
struct Listed {
    reports: Mutex<Vec<StoredReport>>,
    is_reading: AtomicBool,
}

/// The time to read a folder. Then the list is the one before.
const LIST_TIMEOUT: Duration = Duration::from_millis(50);

// === impl Reports ===

impl Reports {
    pub(crate) fn new(directory: Directory, part: impl ShowState) -> Self {
        Self {
            directory,
            part: Box::new(part),
            listed: Arc::default(),
        }
    }

    /// Returns what the section shows: the state of the part, and the reports, the newest first.
    pub(crate) fn state(&self) -> StateTree {
        self.list_again();
        let reports = self.listed.reports();
        let reports = StateTree::list(reports.iter().rev().map(|report| {
            StateTree::fields([
                (REPORT, SharedStr::new(&report.id).into()),
                ("bytes", report.bytes.into()),
            ])
        }));
        let mut fields = match self.part.show_state() {
            StateTree::Fields(fields) => fields,
            StateTree::Unknown => Vec::new(),
            state => vec![("state".into(), state)],
        };
        fields.push(("reports".into(), reports));
        StateTree::Fields(fields)
    }

    /// Reads a report on a thread of its own. `None` if the system has no thread.
    pub(crate) fn read(
        &self,
        id: String,
        format: ReportFormat,
    ) -> Option<oneshot::Receiver<io::Result<String>>> {
        let directory = self.directory.clone();
        let (done, read) = oneshot::channel();
        let thread = thread::Builder::new().name("gusset-ops-report".to_owned());
        // The client may have gone.
        let spawned = thread.spawn(move || drop(done.send(directory.read(&id, format))));
        spawned.ok().map(|_| read)
    }

    /// Reads the folder, and waits a little. One thread reads it at a time.
    fn list_again(&self) {
        let listed = Arc::clone(&self.listed);
        if listed.is_reading.swap(true, Ordering::AcqRel) {
            return;
        }
        let directory = self.directory.clone();
        let (done, wait) = sync_channel(1);
        let thread = thread::Builder::new().name("gusset-ops-list".to_owned());
        let spawned = thread.spawn(move || {
            let reports = directory.stored();
            *listed
                .reports
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = reports;
            listed.is_reading.store(false, Ordering::Release);
            // The caller may not wait any more.
            let _ = done.send(());
        });
        match spawned {
            Ok(_) => drop(wait.recv_timeout(LIST_TIMEOUT)),
            Err(_) => self.listed.is_reading.store(false, Ordering::Release),
        }
    }
}

// === impl Listed ===

impl Listed {
    fn reports(&self) -> Vec<StoredReport> {
        let reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        reports.clone()
    }
}
