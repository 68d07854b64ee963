//! What is written to which file.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::rotation;

/// How long to wait before a file that could not be opened or rotated is tried again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// When the file is rotated, and what is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) max_bytes: Option<u64>,
    pub(super) max_files: usize,
}

/// An error of opening or rotating, after which the file in use stays.
#[derive(Debug)]
pub(super) struct FileError {
    pub(super) error: io::Error,
    /// What could not be done.
    pub(super) what: &'static str,
    /// Whether the attempt before it had no error.
    pub(super) is_first: bool,
}

/// The open file.
#[derive(Debug)]
pub(super) struct State {
    path: PathBuf,
    limits: Limits,
    file: File,
    /// The bytes of the file. Too many after another program has truncated it.
    len: u64,
    /// Whether the last entry is not complete, so the file must not change.
    is_in_entry: bool,
    reopen: bool,
    /// The time of the next attempt after an error.
    retry_at: Option<Instant>,
}

// === impl State ===

impl State {
    pub(super) fn open(path: PathBuf, limits: Limits) -> io::Result<Self> {
        let (file, len) = open(&path)?;
        Ok(Self {
            path,
            limits,
            file,
            len,
            is_in_entry: false,
            reopen: false,
            retry_at: None,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the file be reopened before the next entry, without a wait after an error.
    pub(super) fn request_reopen(&mut self) {
        self.reopen = true;
        self.retry_at = None;
    }

    /// Writes the entries that belong into the current file, or a part of them. Also returns the error of a
    /// file that could not be changed.
    pub(super) fn write(
        &mut self,
        bytes: &[u8],
        now: Instant,
    ) -> (io::Result<usize>, Option<FileError>) {
        let mut failed = self.reopen_if_due(now);
        let mut end = self.end_of_fitting(bytes);
        if end == 0 {
            if self.len > 0 && self.is_due(now) {
                failed = self.rotate(now).or(failed);
                end = self.end_of_fitting(bytes);
            }
            if end == 0 {
                // The file cannot be rotated, or the entry is longer than a file.
                end = match self.len {
                    0 => first_entry(bytes),
                    _ => bytes.len(),
                };
            }
        }
        let written = self.file.write(&bytes[..end]);
        if let Ok(written @ 1..) = written {
            self.len += written as u64;
            self.is_in_entry = bytes[written - 1] != b'\n';
        }
        (written, failed)
    }

    /// Opens the file again if it was requested and no entry is incomplete.
    pub(super) fn reopen_if_due(&mut self, now: Instant) -> Option<FileError> {
        if !self.reopen || self.is_in_entry || !self.is_due(now) {
            return None;
        }
        match open(&self.path) {
            Ok((file, len)) => {
                (self.file, self.len) = (file, len);
                self.reopen = false;
                self.retry_at = None;
                None
            }
            Err(error) => Some(self.failed("cannot be opened", error, now)),
        }
    }

    /// Renames the files, and opens a new one.
    fn rotate(&mut self, now: Instant) -> Option<FileError> {
        if let Err(error) = rotation::shift(&self.path, self.limits.max_files) {
            return Some(self.failed("cannot be rotated", error, now));
        }
        self.reopen = true;
        self.reopen_if_due(now)
    }

    /// Returns how many bytes of whole entries fit into the file.
    fn end_of_fitting(&mut self, bytes: &[u8]) -> usize {
        let Some(max_bytes) = self.limits.max_bytes else {
            return bytes.len();
        };
        if self.is_in_entry {
            return first_entry(bytes);
        }
        let mut room = max_bytes.saturating_sub(self.len);
        if room < bytes.len() as u64
            && let Ok(metadata) = self.file.metadata()
        {
            // Another program may have truncated it (`copytruncate`).
            self.len = metadata.len();
            room = max_bytes.saturating_sub(self.len);
        }
        let fitting = usize::try_from(room).unwrap_or(usize::MAX);
        match bytes.get(..fitting) {
            None => bytes.len(),
            Some(fitting) => {
                let last = fitting.iter().rposition(|byte| *byte == b'\n');
                last.map_or(0, |last| last + 1)
            }
        }
    }

    /// Returns whether the delay after an error is over.
    fn is_due(&self, now: Instant) -> bool {
        self.retry_at.is_none_or(|retry_at| now >= retry_at)
    }

    fn failed(&mut self, what: &'static str, error: io::Error, now: Instant) -> FileError {
        let is_first = self.retry_at.is_none();
        self.retry_at = Some(now + RETRY_DELAY);
        FileError {
            error,
            what,
            is_first,
        }
    }
}

/// Opens a file at its end. Each write then appends, also after another program has truncated it.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    let len = file.metadata()?.len();
    Ok((file, len))
}

/// Returns the end of the first entry, or of all bytes if it is not complete.
fn first_entry(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    end.map_or(bytes.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use gusset_core::Clock;

    use super::*;

    #[test]
    fn rotation_is_tried_again_after_the_delay() {
        let folder = env::temp_dir().join(format!("gusset-log-retry-{}", process::id()));
        let in_the_way = folder.join("shop.log.1/in the way");
        fs::create_dir_all(&in_the_way).expect("it is new");
        let limits = Limits {
            max_bytes: Some(1),
            max_files: 1,
        };
        let mut state = State::open(folder.join("shop.log"), limits).expect("the folder exists");
        let (clock, hand) = Clock::manual();
        let mut write = |now| {
            let (written, failed) = state.write(b"entry\n", now);
            assert_eq!(written.expect("there is space"), 6);
            failed.map(|failed| failed.is_first)
        };
        assert_eq!(
            write(clock.now()),
            None,
            "the first entry needs no rotation"
        );
        assert_eq!(write(clock.now()), Some(true));
        assert_eq!(
            write(clock.now()),
            None,
            "it is not tried before the delay is over"
        );
        hand.advance(RETRY_DELAY);
        assert_eq!(write(clock.now()), Some(false));
        fs::remove_dir_all(folder.join("shop.log.1")).expect("it is there");
        hand.advance(RETRY_DELAY);
        assert_eq!(write(clock.now()), None);
        let rotated = fs::metadata(folder.join("shop.log.1")).expect("it is rotated");
        assert_eq!(rotated.len(), 4 * 6);
        fs::remove_dir_all(&folder).expect("it is there");
    }
}
