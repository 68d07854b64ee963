//! The panic hook.

use std::cell::Cell;
use std::panic::{Location, PanicHookInfo, set_hook, take_hook};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::SystemTime;

use gusset_data::{panic_aborts, panic_message};

use crate::black_box::{BlackBox, EntryKind};
use crate::{Incidents, RunEnd, Trigger};

/// The panics since the hook was installed.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// What the hook reports to. The hook is of the process, so there is one.
static INCIDENTS: OnceLock<Incidents> = OnceLock::new();

thread_local! {
    /// Whether the hook runs on this thread: a panic in it must not run it again.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Returns the panics of the process since the hook was installed.
pub(crate) fn panics() -> u64 {
    PANICS.load(Relaxed)
}

impl Incidents {
    /// Installs a panic hook that counts each panic, writes it to the file of the recorder, and requests a report. It then
    /// calls the hook that was there before. Later calls do nothing: there is one hook for the process.
    ///
    /// The hook takes no lock. It waits only if the process ends after it (`panic = "abort"`, or a panic that cannot unwind):
    /// for the report, its delivery and the flush of telemetry, at most for the [`budget`](crate::IncidentsBuilder::budget).
    /// Otherwise the report is made meanwhile on its own thread. A panic inside of the hook, or on the thread that makes the
    /// reports, is only counted.
    ///
    /// ```no_run
    /// use gusset_incident::{FlightRecorder, Incidents};
    ///
    /// # fn main() -> Result<(), gusset_incident::ConfigError> {
    /// let incidents = Incidents::builder("shop", FlightRecorder::builder().build()?).start()?;
    /// incidents.install_panic_hook();
    /// # Ok(())
    /// # }
    /// ```
    pub fn install_panic_hook(&self) {
        if INCIDENTS.set(self.clone()).is_err() {
            return;
        }
        let previous = take_hook();
        set_hook(Box::new(move |info| {
            PANICS.fetch_add(1, Relaxed);
            // Thread-local memory is gone at the end of a thread: then only the count is safe.
            let is_first = IS_INSIDE.try_with(|inside| !inside.replace(true));
            if is_first == Ok(true) {
                if let Some(incidents) = INCIDENTS.get() {
                    report(incidents, info);
                }
                let _ = IS_INSIDE.try_with(|inside| inside.set(false));
            }
            previous(info);
        }));
    }
}

fn report(incidents: &Incidents, info: &PanicHookInfo<'_>) {
    let aborts = panic_aborts(info);
    let text = describe(incidents, info);
    if let Some(file) = incidents.recorder().file() {
        write(file, &text, aborts);
    }
    if aborts {
        // Whatever comes of it, the process ends.
        let _ = incidents.capture_and_flush(Trigger::Panic, text);
    } else {
        incidents.request_capture(Trigger::Panic, text);
    }
}

/// Writes the panic to the file, without a lock.
fn write(file: &BlackBox, text: &str, aborts: bool) {
    file.write(EntryKind::Panic, SystemTime::now(), text);
    if aborts {
        file.try_end(RunEnd::Panicked);
    }
}

/// Returns a panic as text: `thread main, src/main.rs:7: index out of bounds`.
fn describe(incidents: &Incidents, info: &PanicHookInfo<'_>) -> String {
    let thread = thread::current();
    let thread = thread.name().unwrap_or("without a name");
    let message = panic_message(info);
    let message = incidents.core().redaction().redact(message);
    let location = info.location();
    let (file, line) = location.map_or(("unknown", 0), |it: &Location<'_>| (it.file(), it.line()));
    format!("thread {thread}, {file}:{line}: {message}")
}
