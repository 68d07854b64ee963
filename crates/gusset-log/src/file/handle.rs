//! What a service does with its log file while it runs.

use std::sync::Arc;

use super::shared::Shared;

/// Reopens a [`LogFile`](super::LogFile), and counts its errors. Clones belong to the same file.
#[derive(Clone, Debug)]
pub struct LogFileHandle(Arc<Shared>);

// === impl LogFileHandle ===

impl LogFileHandle {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Opens the file at its path again, after another program has renamed or removed it.
    ///
    /// At once, unless the writer's thread is writing: then that thread does so after the write, and this
    /// call does not wait. If the file cannot be opened, entries go to the one in use until it can.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = std::env::temp_dir().join(format!("gusset-log-reopen-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// let path = folder.join("shop.log");
    /// let file = gusset_log::LogFile::builder(&path).open()?;
    /// std::fs::rename(&path, folder.join("shop.log.old"))?;
    /// file.handle().reopen();
    /// assert!(path.exists());
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn reopen(&self) {
        self.0.reopen();
    }

    /// Returns how often the file could not be written, opened or rotated. Interrupted writes do not count.
    pub fn errors(&self) -> u64 {
        self.0.errors()
    }
}
