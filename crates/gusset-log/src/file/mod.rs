//! A log file: rotated by size, and reopened after others have renamed it.

mod builder;
mod handle;
mod rotation;
mod shared;
#[cfg(all(unix, feature = "sighup"))]
mod sighup;
mod state;
pub(crate) mod variables;

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use metrics::Counter;

pub use self::builder::LogFileBuilder;
pub use self::handle::LogFileHandle;
use self::shared::Shared;

/// An output of the log that writes to a file, for [`LogLayerBuilder::file`](crate::LogLayerBuilder::file).
///
/// It appends, and creates the file if there is none. With [`max_bytes`](LogFileBuilder::max_bytes) it
/// rotates the file itself: `shop.log` becomes `shop.log.1`, that becomes `shop.log.2`, and so on, up to
/// [`max_files`](LogFileBuilder::max_files). Without it, another program rotates, such as logrotate:
///
/// | logrotate | here |
/// |---|---|
/// | `create` (renames the file) | [`LogFileHandle::reopen`], or [`reopen_on_sighup`](LogFileBuilder::reopen_on_sighup) with `postrotate kill -HUP` |
/// | `copytruncate` | nothing: each write appends to the end that the file has then |
///
/// A file is changed between two entries only, so no entry is torn. Only the writer's thread waits for the
/// disk. After an error the file in use stays, and opening or rotating is tried again a second later:
/// errors are counted, entries that could not be written too ([`names::ALL`](crate::names::ALL)), and
/// nothing panics or ends. One process writes a file.
///
/// ```
/// use gusset_log::{LogFile, LogLayer};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = std::env::temp_dir().join(format!("gusset-log-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let file = LogFile::builder(folder.join("shop.log")).max_bytes(100 << 20).max_files(7).open()?;
/// let handle = file.handle();
/// let log = LogLayer::builder().file(file).build()?;
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// let subscriber = tracing_subscriber::registry().with(log.layer);
/// // After another program has renamed the file:
/// handle.reopen();
/// assert_eq!(handle.errors(), 0);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok(())
/// # }
/// ```
pub struct LogFile {
    shared: Arc<Shared>,
    #[cfg(all(unix, feature = "sighup"))]
    _sighup: Option<sighup::Listener>,
}

// === impl LogFile ===

impl LogFile {
    /// Returns a builder for the file with this path, which is not rotated.
    pub fn builder(path: impl Into<std::path::PathBuf>) -> LogFileBuilder {
        LogFileBuilder::new(path.into())
    }

    /// Returns a handle, which remains valid when the file belongs to the log.
    pub fn handle(&self) -> LogFileHandle {
        LogFileHandle::new(self.shared.clone())
    }

    /// Counts the errors of the file with this counter too.
    pub(crate) fn set_counter(&self, counter: Counter) {
        self.shared.set_counter(counter);
    }
}

impl Write for LogFile {
    /// Writes as many whole entries as belong into the current file.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.shared.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for LogFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.fmt(f)
    }
}
