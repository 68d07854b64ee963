//! Panics of the process, as one line each.

use std::backtrace::Backtrace;
use std::panic::{Location, PanicHookInfo, set_hook, take_hook};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use tracing::error;

use crate::{FlushGuard, names};

/// How long a panic waits for its line to be written: it may be the last one.
const DEADLINE: Duration = Duration::from_millis(500);

/// Writes a line for each panic of the process, with its place and its backtrace, and sees that it is
/// written; then calls the hook that was there before. A second time, it does nothing.
///
/// The line is an event of the target `gusset::panic`, at `ERROR`, for whoever subscribes where the panic
/// happens. Lines that wait to be written by the log of `guard` are written first.
///
/// ```no_run
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// use tracing_subscriber::layer::SubscriberExt as _;
/// use tracing_subscriber::util::SubscriberInitExt as _;
///
/// let log = gusset_log::LogLayer::builder().build()?;
/// tracing_subscriber::registry().with(log.layer).init();
/// gusset_log::panics::install(&log.guard);
/// # Ok(())
/// # }
/// ```
pub fn install(guard: &FlushGuard) {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    let mut is_first = false;
    INSTALLED.get_or_init(|| is_first = true);
    if !is_first {
        return;
    }
    let flush = guard.flusher();
    let before = take_hook();
    set_hook(Box::new(move |info| {
        line(info);
        flush(DEADLINE);
        before(info);
    }));
}

fn line(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is no text");
    let place = info.location();
    let thread = thread::current();
    error!(
        name: "panic",
        target: names::PANIC,
        {
            { "error.type" } = "panic",
            { "code.file.path" } = place.map(Location::file),
            { "code.line.number" } = place.map(Location::line),
            { "thread.name" } = thread.name(),
            { "exception.stacktrace" } = %Backtrace::force_capture(),
        },
        "panicked: {text}"
    );
}
