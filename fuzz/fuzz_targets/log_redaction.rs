//! The redaction of log entries: no secret reaches an entry or an exported record.
#![no_main]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use gusset_data::{LogRecord, LogSink};
use gusset_fuzz::SECRET;
use gusset_log::{Format, LogLayer, LogPipeline};
use libfuzzer_sys::{arbitrary, fuzz_target};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

#[derive(Debug, arbitrary::Arbitrary)]
enum Secret {
    Url,
    Bearer,
    Basic,
    Field,
}

fuzz_target!(|input: (Secret, String, String, u8)| {
    let (secret, before, after, format) = input;
    if before.contains(SECRET) || after.contains(SECRET) {
        return;
    }
    let text = match secret {
        Secret::Url => format!("{before}://user:{SECRET}@{after}"),
        Secret::Bearer => format!("{before}Bearer {SECRET}{after}"),
        Secret::Basic => format!("{before}BASIC {SECRET}{after}"),
        Secret::Field => format!("{before}{SECRET}{after}"),
    };
    let format =
        [Format::Json, Format::Logfmt, Format::pretty(false)][usize::from(format) % 3].clone();
    let output = Output::default();
    let pipeline: LogPipeline<Registry> = LogLayer::builder()
        .format(format)
        .writer(output.clone())
        .sink(output.clone())
        .build()
        .expect("valid settings");
    let subscriber = tracing_subscriber::registry().with(pipeline.layer);
    tracing::subscriber::with_default(subscriber, || match secret {
        Secret::Field => tracing::info!(db.password = text, "connected"),
        _ => {
            tracing::info!("{text}");
            tracing::info!(text, debug = ?text, "connected");
        }
    });
    // Dropping the guard writes what is queued.
    drop(pipeline.flush_guard);
    let output = output.0.lock().expect("no panic");
    assert!(!output.is_empty());
    let secret = SECRET.as_bytes();
    assert!(!output.windows(secret.len()).any(|window| window == secret));
});

/// Everything that is written and exported.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LogSink for Output {
    fn export(&self, record: LogRecord) {
        let text = format!("{record:?}");
        self.0
            .lock()
            .expect("no panic")
            .extend_from_slice(text.as_bytes());
    }
}
