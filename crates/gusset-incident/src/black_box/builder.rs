//! The settings of the file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};

use super::BlackBox;
use super::header::Header;
use super::slot::{SLOT_SIZE, unix_nanos};

/// The builder of a [`BlackBox`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `create`"]
pub struct BlackBoxBuilder {
    service: String,
    entries: u16,
    active_calls: u16,
}

pub(super) const EXTENSION: &str = "blackbox";

// === impl BlackBoxBuilder ===

impl BlackBoxBuilder {
    pub(super) fn new(service: String) -> Self {
        Self {
            service,
            entries: 958,
            active_calls: 64,
        }
    }

    /// Sets the number of entries that the file keeps, at least one. Each takes 256 bytes. Defaults to 958, with which
    /// the file has 256 KiB.
    pub fn entries(mut self, entries: u16) -> Self {
        self.entries = entries.max(1);
        self
    }

    /// Sets the number of calls under way that the file has. Each takes 256 bytes. Defaults to 64.
    pub fn active_calls(mut self, calls: u16) -> Self {
        self.active_calls = calls;
        self
    }

    /// Creates the file in a folder, which is created if it does not exist. Only its owner may read it (mode 0600).
    ///
    /// The name has the service, the process id and the time. The file is written in full, so that a disk that fills up
    /// later does not matter, and is locked until the process ends.
    ///
    /// # Errors
    /// If the folder or the file cannot be written. A service that is to start anyway goes on without the file.
    ///
    /// ```
    /// # let directory = tempfile::tempdir()?;
    /// let file = gusset_incident::BlackBox::builder("shop").entries(100).create(directory.path())?;
    /// assert!(file.path().starts_with(directory.path()));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn create(self, directory: &Path) -> io::Result<BlackBox> {
        fs::create_dir_all(directory)?;
        let (started, process_id) = (SystemTime::now(), std::process::id());
        let name = format!(
            "{}-{process_id}-{}.{EXTENSION}",
            file_name(&self.service),
            unix_nanos(started)
        );
        let path = directory.join(name);
        let header = Header {
            version: 0,
            started,
            active_slots: self.active_calls,
            ring_slots: self.entries,
            process_id,
            end: None,
            service: self.service,
        };
        // A file with the final name and without a lock would be that of a run that has ended.
        let new = path.with_extension("new");
        let created = create_locked(&new, header.slots())
            .and_then(|file| fs::rename(&new, &path).map(|()| file));
        let file = created.inspect_err(|_| {
            let _ = fs::remove_file(&new);
        })?;
        Ok(BlackBox::new(file, path, header))
    }
}

fn create_locked(path: &Path, slots: usize) -> io::Result<File> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    file.write_all(&vec![0; slots * SLOT_SIZE])?;
    Ok(file)
}

/// Returns the part of a file name for a service: letters, digits, dots and hyphens.
pub(crate) fn file_name(service: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name = service.chars().map(|c| if allowed(c) { c } else { '_' });
    name.take(64).collect()
}
