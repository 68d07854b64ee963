//! The settings of a log file.

use std::path::PathBuf;
use std::sync::Arc;

use gusset_core::ConfigError;

use super::LogFile;
use super::shared::Shared;
use super::state::{Limits, State};

const DEFAULT_MAX_FILES: usize = 5;
/// More files are a mistake: each rotation renames all of them.
const MAX_FILES: usize = 1000;

/// Configures a [`LogFile`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `open` is called"]
pub struct LogFileBuilder {
    path: PathBuf,
    max_bytes: Option<u64>,
    max_files: usize,
    #[cfg(all(unix, feature = "sighup"))]
    reopen_on_sighup: bool,
}

// === impl LogFileBuilder ===

impl LogFileBuilder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            max_bytes: None,
            max_files: DEFAULT_MAX_FILES,
            #[cfg(all(unix, feature = "sighup"))]
            reopen_on_sighup: false,
        }
    }

    /// Rotates the file before it has more bytes than this. A longer entry has a file of its own. Defaults
    /// to no limit.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Sets how many rotated files are kept besides the current one, up to 1000. The oldest one is removed.
    /// Defaults to 5.
    pub fn max_files(mut self, files: usize) -> Self {
        self.max_files = files;
        self
    }

    /// Reopens the file when the process receives SIGHUP, as [`LogFileHandle::reopen`](super::LogFileHandle::reopen)
    /// does. Off by default.
    ///
    /// SIGHUP then does not end the process. Other handlers of it are called too. Starts a thread, which
    /// ends with the log.
    #[cfg(all(unix, feature = "sighup"))]
    pub fn reopen_on_sighup(mut self) -> Self {
        self.reopen_on_sighup = true;
        self
    }

    /// Opens the file, at its end.
    ///
    /// # Errors
    /// If a setting is not valid, the file cannot be opened for writing, or SIGHUP cannot be handled. The
    /// error names the setting.
    pub fn open(self) -> Result<LogFile, ConfigError> {
        let Self {
            path,
            max_bytes,
            max_files,
            ..
        } = &self;
        if *max_bytes == Some(0) {
            return Err(ConfigError::new(
                "max_bytes",
                "a file of 0 bytes has no entries",
            ));
        }
        if !(1..=MAX_FILES).contains(max_files) {
            return Err(ConfigError::new("max_files", "not from 1 to 1000"));
        }
        let limits = Limits {
            max_bytes: *max_bytes,
            max_files: *max_files,
        };
        let state = State::open(path.clone(), limits)
            .map_err(|error| ConfigError::new("file", format!("{}: {error}", path.display())))?;
        let shared = Arc::new(Shared::new(state));
        Ok(LogFile {
            #[cfg(all(unix, feature = "sighup"))]
            _sighup: match self.reopen_on_sighup {
                true => Some(
                    super::sighup::listen(&shared)
                        .map_err(|error| ConfigError::new("reopen_on_sighup", error))?,
                ),
                false => None,
            },
            shared,
        })
    }
}
