//! A file of the kernel that stays open.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

/// A file that is opened once and read again from its start. Opening costs more than reading.
///
/// A file below `/proc/self` belongs to the process and the network namespace that opened it: after `fork`, a
/// reader of the child is a new one.
#[derive(Debug)]
pub(super) struct KeptFile {
    path: PathBuf,
    records: Records,
    file: Option<File>,
    /// The reads to leave out before the file is opened again.
    pause: u8,
}

/// How the kernel writes a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Records {
    /// As a whole: one read returns all, if there is room.
    One,
    /// In records: one read returns at most a page of them.
    Many,
}

/// The first size of the buffer: most files have less than a page.
pub(super) const BUFFER_BYTES: usize = 8 << 10;

/// The greatest size of a file. That of `/proc/stat` with 512 CPUs has some 100 kB.
const MAX_FILE_BYTES: usize = 4 << 20;

/// The reads that are left out after a file could not be opened: five minutes at the default interval.
///
/// Most of these files will never exist: the kernel or the container does not have them.
const PAUSE: u8 = 30;

// === impl KeptFile ===

impl KeptFile {
    pub(super) fn new(path: PathBuf, records: Records) -> Self {
        Self {
            path,
            records,
            file: None,
            pause: 0,
        }
    }

    /// Reads the file into the buffer. `None` if it cannot be opened or read.
    pub(super) fn read<'a>(&mut self, buffer: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        if self.file.is_none() {
            if let Some(pause) = self.pause.checked_sub(1) {
                self.pause = pause;
                return None;
            }
            self.file = File::open(&self.path).ok();
        }
        let Some(file) = &self.file else {
            self.pause = PAUSE;
            return None;
        };
        let length = read_all(file, self.records, buffer);
        if length.is_none() {
            // The cgroup was removed, or the kernel does not have this resource. It is opened again.
            self.file = None;
            self.pause = PAUSE;
        }
        buffer.get(..length?)
    }
}

/// Reads a file from its start. Returns the number of bytes.
pub(super) fn read_all(file: &File, records: Records, buffer: &mut Vec<u8>) -> Option<usize> {
    if buffer.is_empty() {
        buffer.resize(BUFFER_BYTES, 0);
    }
    let mut length = 0;
    loop {
        if length == buffer.len() {
            if length >= MAX_FILE_BYTES {
                return None;
            }
            buffer.resize(length * 2, 0);
        }
        match file.read_at(&mut buffer[length..], length as u64) {
            Ok(0) => return Some(length),
            Ok(count) => length += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
        if records == Records::One && length < buffer.len() {
            return Some(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_of_many_records_is_read_to_its_end() {
        let mut file = KeptFile::new("/proc/self/smaps".into(), Records::Many);
        let mut buffer = Vec::new();
        let kept = file.read(&mut buffer).expect("every process has it").len();
        let whole = std::fs::read("/proc/self/smaps").expect("every process has it");
        // Memory changes between the reads, but by less than a page of text.
        assert!(kept > BUFFER_BYTES, "{kept} bytes are one read");
        assert!(kept.abs_diff(whole.len()) < 4096, "{kept} {}", whole.len());
    }

    #[test]
    fn second_read_is_fresh() {
        let mut file = KeptFile::new("/proc/self/stat".into(), Records::One);
        let mut buffer = Vec::new();
        let faults = |text: &[u8]| {
            let ticks = super::super::parse::Ticks(100);
            super::super::parse::process_stat::parse(text, ticks).minor_faults
        };
        let before = faults(file.read(&mut buffer).expect("every process has it"));
        let memory = vec![1_u8; 8 << 20];
        let after = faults(file.read(&mut buffer).expect("every process has it"));
        assert!(after > before, "{before:?} {after:?} {}", memory.len());
    }

    #[test]
    fn missing_file_is_tried_again_after_a_pause() {
        let folder = std::env::temp_dir().join(format!("gusset-kept-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for temporary files");
        let path = folder.join("later");
        let mut file = KeptFile::new(path.clone(), Records::One);
        let mut buffer = Vec::new();
        assert_eq!(file.read(&mut buffer), None);
        std::fs::write(&path, "1\n").expect("the folder exists");
        for _ in 0..PAUSE {
            assert_eq!(file.read(&mut buffer), None);
        }
        assert_eq!(file.read(&mut buffer), Some(&b"1\n"[..]));
        std::fs::remove_dir_all(&folder).expect("the folder exists");
    }
}
