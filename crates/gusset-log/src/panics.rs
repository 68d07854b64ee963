//! A panic hook that logs panics.

use std::backtrace::Backtrace;
use std::panic::{Location, PanicHookInfo, set_hook, take_hook};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tracing::error;

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
/// If panics abort the process (`panic = "abort"`), the hook first waits until the log of `guard` is
/// written, for at most 500 ms. Otherwise the process goes on, and a reader of the log that is stuck must
/// not block the thread: the hook waits at the first panic only, for at most 100 ms.
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
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    let queue = guard.queue().clone();
    let previous = take_hook();
    set_hook(Box::new(move |info| {
        log(info);
        flush(&queue, cfg!(panic = "abort"));
        previous(info);
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

fn log(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is not a string");
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
}
