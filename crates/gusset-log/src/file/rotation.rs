//! The names of rotated files.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::{fs, iter};

/// Renames the file to `.1`, the one before to `.2`, and so on. The last of `max_files` is replaced, and so
/// removed.
pub(super) fn shift(path: &Path, max_files: usize) -> io::Result<()> {
    let names: Vec<_> = iter::once(path.to_owned())
        .chain((1..=max_files).map(|number| rotated(path, number)))
        .collect();
    // Only up to the first gap: files after it keep their numbers.
    let count = names.iter().position(|name| !name.exists());
    let last = count.unwrap_or(max_files);
    for at in (0..last).rev() {
        match fs::rename(&names[at], &names[at + 1]) {
            // Another program has removed it meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            result => result?,
        }
    }
    Ok(())
}

/// Returns the path with a number: `shop.log.1`.
fn rotated(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}
