//! A folder that stays open.

use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::fs::{Mode, OFlags, RawDir, SeekFrom, openat, seek};

/// A folder of the kernel, and the memory for its entries.
#[derive(Debug)]
pub(super) struct KeptFolder {
    path: PathBuf,
    folder: Option<OwnedFd>,
    entries: Box<[MaybeUninit<u8>]>,
}

/// An entry takes 24 bytes and its name, so some 100 threads are one call.
const ENTRIES_BYTES: usize = 4 << 10;

// === impl KeptFolder ===

impl KeptFolder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            folder: None,
            entries: vec![MaybeUninit::uninit(); ENTRIES_BYTES].into(),
        }
    }

    /// Calls `each` with the name of each entry, until it returns `false`. `None` if the folder cannot be read.
    pub(super) fn list(&mut self, mut each: impl FnMut(&OwnedFd, &[u8]) -> bool) -> Option<()> {
        let Self {
            path,
            folder,
            entries,
        } = self;
        if folder.is_none() {
            *folder = File::open(path).ok().map(OwnedFd::from);
        }
        let opened = folder.as_ref()?;
        if list(opened, entries, &mut each).is_none() {
            *folder = None;
            return None;
        }
        Some(())
    }
}

fn list(
    folder: &OwnedFd,
    entries: &mut [MaybeUninit<u8>],
    each: &mut dyn FnMut(&OwnedFd, &[u8]) -> bool,
) -> Option<()> {
    seek(folder, SeekFrom::Start(0)).ok()?;
    let mut entries = RawDir::new(folder, entries);
    while let Some(entry) = entries.next() {
        let entry = entry.ok()?;
        let name = entry.file_name().to_bytes();
        if !matches!(name, b"." | b"..") && !each(folder, name) {
            break;
        }
    }
    Some(())
}

/// Opens a file below a folder. The path is short, so this does not allocate.
pub(super) fn open_below(folder: &OwnedFd, path: &str) -> Option<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = openat(folder, path, flags, Mode::empty()).ok()?;
    Some(File::from(file))
}
