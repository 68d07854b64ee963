//! An output that tests read.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// An output in memory, for example of a log. Clones share what was written.
///
/// ```
/// use gusset_testkit::SharedOutput;
/// use std::io::Write as _;
///
/// let output = SharedOutput::default();
/// writeln!(output.clone(), "started")?;
/// assert_eq!(output.lines(), ["started"]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SharedOutput(Arc<Mutex<Vec<u8>>>);

// === impl SharedOutput ===

impl SharedOutput {
    /// Returns what was written. Bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns the lines that were written.
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }
}

impl Write for SharedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
