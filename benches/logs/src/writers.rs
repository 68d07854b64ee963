//! Who writes: subscribers, each for a whole process.

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

static GUARD: Mutex<Option<FlushGuard>> = Mutex::new(None);

/// Waits until ours has written.
///
/// # Panics
/// If it takes for ever.
pub fn flush() {
    let guard = GUARD.lock().expect("nobody panics with it");
    if let Some(guard) = &*guard {
        assert!(guard.flush(Duration::from_secs(30)), "nothing is written");
    }
}

/// Ours.
///
/// # Panics
/// If there is a subscriber already.
pub fn gusset(out: impl Write + Send + 'static, filter: &str) {
    let log = LogLayer::builder()
        .format(Format::Json)
        .writer(out)
        .filter(filter)
        .and_then(|builder| builder.build_with(|_| None))
        .expect("by convention");
    *GUARD.lock().expect("nobody panics with it") = Some(log.flush_guard);
    set(tracing_subscriber::registry().with(log.layer));
}

/// `tracing-subscriber`'s JSON, as it comes.
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

/// `tracing-subscriber`'s JSON with as little as it can have: fields of events at the top, no spans.
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

/// `json-subscriber`, as it comes.
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

/// Nowhere; or standard output, once [`show`] was called.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Out;

static SHOWN: AtomicBool = AtomicBool::new(false);

/// Shows the lines from now on: to see that everybody writes.
pub fn show() {
    SHOWN.store(true, Ordering::Relaxed);
}

/// Where everybody writes.
pub fn nowhere() -> Out {
    Out
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match SHOWN.load(Ordering::Relaxed) {
            true => io::stdout().write(bytes),
            false => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn set(subscriber: impl tracing::Subscriber + Send + Sync + 'static) {
    set_global_default(subscriber).expect("one scenario a process");
}
