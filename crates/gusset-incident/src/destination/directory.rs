//! Reports in a folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::{Delivery, Destination};

/// A folder in which each report is two files: JSON and Markdown. Only their owner may read them (mode 0600).
///
/// The oldest reports make room. A folder that does not exist is created with the first report, so that one that cannot be
/// written does not keep a service from starting.
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
    max_reports: usize,
    max_bytes: u64,
}

/// A report in a [`Directory`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredReport {
    /// The id: time, service, trigger, process id, number.
    pub id: String,
    /// The bytes of its two files.
    pub bytes: u64,
}

/// The two formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a report has these two files")]
pub enum ReportFormat {
    /// `incident/v1`, for programs.
    Json,
    /// Markdown, for people.
    Markdown,
}

const PREFIX: &str = "incident-";

// === impl Directory ===

impl Directory {
    /// Creates a destination with at most 20 reports and 50 MiB.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            max_reports: 20,
            max_bytes: 50 << 20,
        }
    }

    /// Sets the reports that are kept, at least one. Defaults to 20.
    #[must_use = "returns the destination with the change"]
    pub fn max_reports(mut self, reports: usize) -> Self {
        self.max_reports = reports.max(1);
        self
    }

    /// Sets the bytes of all reports. The last one is kept even if it is larger. Defaults to 50 MiB.
    #[must_use = "returns the destination with the change"]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Returns the paths of the reports as JSON, the oldest first.
    pub fn reports(&self) -> Vec<PathBuf> {
        let kept = self.stored().into_iter();
        kept.map(|kept| self.file(&kept.id, "json")).collect()
    }

    /// Reads a report. Blocks this thread.
    ///
    /// # Errors
    /// If no report has this id, or its file cannot be read.
    ///
    /// ```
    /// use gusset_incident::{Directory, ReportFormat};
    ///
    /// let error = Directory::new("/var/lib/shop").read("../../etc/passwd", ReportFormat::Json);
    /// assert_eq!(error.unwrap_err().kind(), std::io::ErrorKind::NotFound);
    /// ```
    pub fn read(&self, id: &str, format: ReportFormat) -> io::Result<String> {
        // An id comes from a request. Only names of files that are reports are opened.
        if !self.stored().iter().any(|report| report.id == id) {
            return Err(io::ErrorKind::NotFound.into());
        }
        fs::read_to_string(self.file(id, format.extension()))
    }

    fn file(&self, id: &str, extension: &str) -> PathBuf {
        self.path.join(format!("{PREFIX}{id}.{extension}"))
    }

    /// Returns the reports, the oldest first: ids begin with the time. Blocks this thread.
    pub fn stored(&self) -> Vec<StoredReport> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let ids = entries.filter_map(|entry| {
            let name = entry.file_name();
            let id = name.to_str()?.strip_prefix(PREFIX)?.strip_suffix(".json")?;
            Some(id.to_owned())
        });
        let size = |path: &Path| fs::metadata(path).map_or(0, |it| it.len());
        let mut kept: Vec<_> = ids
            .map(|id| StoredReport {
                bytes: size(&self.file(&id, "json")) + size(&self.file(&id, "md")),
                id,
            })
            .collect();
        kept.sort_by(|a, b| a.id.cmp(&b.id));
        kept
    }

    /// Removes the oldest reports, until there is room for one more.
    fn make_room(&self, bytes: u64) {
        let kept = self.stored();
        let (mut number, mut sum) = (kept.len(), kept.iter().map(|it| it.bytes).sum::<u64>());
        for oldest in kept {
            if number < self.max_reports && sum.saturating_add(bytes) <= self.max_bytes {
                return;
            }
            for extension in ["json", "md"] {
                let _ = fs::remove_file(self.file(&oldest.id, extension));
            }
            number -= 1;
            sum -= oldest.bytes;
        }
    }
}

// === impl ReportFormat ===

impl ReportFormat {
    const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Markdown => "md",
        }
    }
}

impl Destination for Directory {
    fn deliver(&self, delivery: &Delivery<'_>) -> io::Result<String> {
        let (id, json) = (&delivery.report().id, delivery.json());
        let markdown = delivery.report().to_markdown();
        fs::create_dir_all(&self.path)?;
        self.make_room(u64::try_from(json.len() + markdown.len()).unwrap_or(u64::MAX));
        write(&self.file(id, "md"), &markdown)?;
        let path = self.file(id, "json");
        write(&path, json)?;
        Ok(path.display().to_string())
    }
}

/// Writes a file that has its name when it is complete.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&new, path));
    written.inspect_err(|_| {
        let _ = fs::remove_file(&new);
    })
}
