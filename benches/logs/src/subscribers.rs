//! The subscribers. Each is global in its process.

use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gusset_log::{FlushGuard, Format, LogLayer};
use tracing::subscriber::set_global_default;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;

static FLUSH_GUARD: Mutex<Option<FlushGuard>> = Mutex::new(None);

/// Waits until gusset's log is written.
///
/// # Panics
/// If it takes longer than 30 seconds.
pub fn flush() {
    let guard = FLUSH_GUARD.lock().expect("no panic");
    if let Some(guard) = &*guard {
        assert!(
            guard.flush(Duration::from_secs(30)),
            "the log was not written in time"
        );
    }
}

/// Installs gusset's subscriber.
///
/// # Panics
/// If there is a subscriber already.
pub fn gusset(out: impl Write + Send + 'static, filter: &str) {
    let log = LogLayer::builder()
        .format(Format::Json)
        .writer(out)
        .filter(filter)
        .and_then(|builder| builder.build_with(|_| None))
        .expect("the defaults are valid");
    *FLUSH_GUARD.lock().expect("no panic") = Some(log.flush_guard);
    set(tracing_subscriber::registry().with(log.layer));
}

/// Installs `tracing-subscriber`'s JSON with its defaults.
///
/// # Panics
/// If there is a subscriber already.
pub fn fmt<W>(out: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    set(tracing_subscriber::fmt()
        .json()
        .with_max_level(LevelFilter::INFO)
        .with_writer(out)
        .finish());
}

/// Installs `tracing-subscriber`'s smallest JSON: flat fields of events, no spans.
///
/// # Panics
/// If there is a subscriber already.
pub fn fmt_slim<W>(out: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    set(tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_span_events(FmtSpan::NONE)
        .with_max_level(LevelFilter::INFO)
        .with_writer(out)
        .finish());
}

/// Installs `json-subscriber` with its defaults.
///
/// # Panics
/// If there is a subscriber already.
pub fn json_subscriber<W>(out: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    set(json_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_writer(out)
        .finish());
}

/// A writer that discards, or writes to standard output after [`print_entries`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Out;

static IS_PRINTED: AtomicBool = AtomicBool::new(false);

/// Prints entries from now on.
pub fn print_entries() {
    IS_PRINTED.store(true, Ordering::Relaxed);
}

/// Returns the writer of all subscribers.
pub fn discard() -> Out {
    Out
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match IS_PRINTED.load(Ordering::Relaxed) {
            true => io::stdout().write(bytes),
            false => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn set(subscriber: impl tracing::Subscriber + Send + Sync + 'static) {
    set_global_default(subscriber).expect("each process has one scenario");
}
