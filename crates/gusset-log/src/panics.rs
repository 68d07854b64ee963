//! A panic hook that logs panics.

use std::backtrace::Backtrace;
use std::panic::{Location, PanicHookInfo, set_hook, take_hook};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use gusset_data::{panic_aborts, panic_message};
use tracing::{Level, error, event_enabled};

use crate::names;
use crate::writer::{FlushGuard, Queue};

/// How long a panic that aborts the process waits until its log entry is written.
const ABORT_FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

/// How long the first panic of a process that goes on waits. The thread may run other tasks.
const FIRST_FLUSH_TIMEOUT: Duration = Duration::from_millis(100);

/// Installs a panic hook that logs each panic with its location and backtrace. Later calls do nothing.
///
/// The entry is an event of the target `gusset::panic` at `ERROR`, for the subscriber of the thread that
/// panics. The hook then calls the previous hook.
///
/// If the panic aborts the process (`panic = "abort"`, or a panic that leaves a destructor during unwinding
/// or a function that cannot unwind), the hook first waits until the log of `guard` is written, for at most
/// 500 ms. Otherwise the process goes on, and a reader of the log that is stuck must not block the thread: the
/// hook waits at the first panic only, for at most 100 ms.
///
/// The previous hook is beyond this limit. The default one writes to standard error, and blocks as long as
/// the reader of that is stuck. [`replace`] does not call it.
///
/// ```no_run
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// use tracing_subscriber::layer::SubscriberExt as _;
/// use tracing_subscriber::util::SubscriberInitExt as _;
///
/// let log = gusset_log::LogLayer::builder().build()?;
/// tracing_subscriber::registry().with(log.layer).init();
/// gusset_log::panics::install(&log.flush_guard);
/// # Ok(())
/// # }
/// ```
pub fn install(guard: &FlushGuard) {
    set(guard, CallPrevious::Always);
}

/// Replaces the panic hook by one that logs each panic, as [`install`] does, and does not call the previous
/// hook. Does nothing if one of the two was called before.
///
/// For a service whose standard output and standard error have one reader, as in a container: the default
/// hook writes each panic a second time, and blocks the thread while that reader is stuck. The previous hook is
/// still called for a panic that no subscriber takes, because nothing else would report it.
///
/// ```no_run
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// use tracing_subscriber::layer::SubscriberExt as _;
/// use tracing_subscriber::util::SubscriberInitExt as _;
///
/// let log = gusset_log::LogLayer::builder().build()?;
/// tracing_subscriber::registry().with(log.layer).init();
/// gusset_log::panics::replace(&log.flush_guard);
/// # Ok(())
/// # }
/// ```
pub fn replace(guard: &FlushGuard) {
    set(guard, CallPrevious::UnlessLogged);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CallPrevious {
    Always,
    UnlessLogged,
}

fn set(guard: &FlushGuard, call_previous: CallPrevious) {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    let queue = guard.queue().clone();
    let previous = take_hook();
    set_hook(Box::new(move |info| {
        let is_logged = log(info);
        flush(&queue, panic_aborts(info));
        if call_previous == CallPrevious::Always || !is_logged {
            previous(info);
        }
    }));
}

/// Flushes the log. Waits for it only if the process ends, or for the first time.
fn flush(queue: &Queue, aborts: bool) {
    static HAS_WAITED: AtomicBool = AtomicBool::new(false);
    if aborts {
        queue.flush(ABORT_FLUSH_TIMEOUT);
    } else if !HAS_WAITED.swap(true, Ordering::Relaxed) {
        queue.flush(FIRST_FLUSH_TIMEOUT);
    } else {
        queue.request_flush();
    }
}

/// Logs a panic. Returns `false` if no subscriber takes it.
fn log(info: &PanicHookInfo<'_>) -> bool {
    if !event_enabled!(target: names::PANIC_TARGET, Level::ERROR) {
        return false;
    }
    let text = panic_message(info);
    let location = info.location();
    let thread = thread::current();
    error!(
        name: "gusset.panic",
        target: names::PANIC_TARGET,
        {
            { names::ERROR_TYPE } = "panic",
            { names::EXCEPTION_MESSAGE } = text,
            { names::CODE_FILE_PATH } = location.map(Location::file),
            { names::CODE_LINE_NUMBER } = location.map(Location::line),
            { "thread.name" } = thread.name(),
            { names::EXCEPTION_STACKTRACE } = %Backtrace::force_capture(),
        },
        "panicked: {text}"
    );
    true
}
