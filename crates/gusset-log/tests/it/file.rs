//! Log files: rotated by size, reopened after others have renamed them.

mod errors;
mod folder;
mod reopened;
mod rotated;
mod settings;

use gusset_log::{Format, LogFile, LogFileBuilder, LogFileHandle, LogLayer, LogPipeline};
use tracing::Dispatch;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use self::folder::Folder;
use crate::support::{TEST_TIMEOUT, no_env};

/// A log that writes to a file.
struct Log {
    dispatch: Dispatch,
    flush_guard: gusset_log::FlushGuard,
    handle: LogFileHandle,
}

impl Log {
    fn new(file: LogFileBuilder) -> Self {
        Self::build(LogLayer::builder().file(file.open().unwrap()))
    }

    fn build(builder: gusset_log::LogLayerBuilder) -> Self {
        let builder = builder.format(Format::Json);
        let log: LogPipeline<Registry> = builder.build_with(no_env).unwrap();
        Self {
            handle: log.file_handle.unwrap(),
            dispatch: Dispatch::new(tracing_subscriber::registry().with(log.layer)),
            flush_guard: log.flush_guard,
        }
    }

    /// Logs a message and waits until it is written, or dropped.
    fn write(&self, message: &str) {
        self.log(message);
        assert!(self.flush_guard.flush(TEST_TIMEOUT));
    }

    fn log(&self, message: &str) {
        gusset_testkit::with_subscriber(self.dispatch.clone(), || tracing::info!("{message}"));
    }
}

fn file(folder: &Folder) -> LogFileBuilder {
    LogFile::builder(folder.path("shop.log"))
}
