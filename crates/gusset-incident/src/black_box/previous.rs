//! What runs before this one have left.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};

use super::InterruptedCall;
use super::builder::{EXTENSION, file_name};
use super::header::{HEADER_SLOTS, Header, RunEnd};
use super::slot::{Entry, EntryKind, SLOT_SIZE, Slot};
use crate::{CallTotals, Readings};

/// A run that has ended uncleanly, as its file has it.
///
/// Its `Display` is for people: how it ended, its last entries, and the calls that were under way.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PreviousRun {
    /// The service.
    pub service: String,
    /// The process id.
    pub process_id: u32,
    /// When it started.
    pub started: SystemTime,
    /// When its last entry was written.
    pub last_seen: SystemTime,
    /// How it ended, if it has stated it: a panic. `None` if it had no chance to: it was killed, or ran out of memory.
    pub end: Option<RunEnd>,
    /// The entries, the oldest first.
    pub entries: Vec<Entry>,
    /// The calls that were under way when calls were last written.
    pub interrupted_calls: Vec<InterruptedCall>,
    /// The slots that were torn.
    pub torn: usize,
    /// The file, which stays, with the extension `ended`.
    pub path: PathBuf,
}

/// The files of ended runs that are kept.
const MAX_KEPT: usize = 5;

const ENDED: &str = "ended";

/// A file of a run is smaller: there are at most 65,535 entries and as many calls.
const MAX_SIZE: u64 = 2 * 65_536 * SLOT_SIZE as u64;

/// Returns the runs of a service that have ended uncleanly since the last call, the oldest first.
///
/// Their files are renamed, so that each is returned once, and the newest five are kept. Files of runs that ended cleanly are
/// removed. Those of processes that live are left alone, and so is everything else in the folder. A folder that
/// cannot be read has no runs.
///
/// ```
/// # let directory = tempfile::tempdir()?;
/// let file = gusset_incident::BlackBox::builder("shop").create(directory.path())?;
/// drop(file); // without `end`
/// let runs = gusset_incident::previous_runs(directory.path(), "shop");
/// assert_eq!(runs.len(), 1);
/// assert!(gusset_incident::previous_runs(directory.path(), "shop").is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn previous_runs(directory: &Path, service: &str) -> Vec<PreviousRun> {
    let mut runs: Vec<_> = files(directory, service, EXTENSION)
        .into_iter()
        .filter_map(|path| take(&path))
        .collect();
    runs.sort_by_key(|run| run.started);
    let mut kept = files(directory, service, ENDED);
    // The name ends with the time of the start.
    kept.sort_by_key(|path| start_of(path));
    for old in &kept[..kept.len().saturating_sub(MAX_KEPT)] {
        let _ = fs::remove_file(old);
    }
    runs
}

/// Reads the file of a run that has ended, and puts it away.
fn take(path: &Path) -> Option<PreviousRun> {
    let mut file = OpenOptions::new().read(true).open(path).ok()?;
    // A living process holds the lock.
    flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
    let run = read(&mut file, path);
    if run
        .as_ref()
        .is_some_and(|run| run.end == Some(RunEnd::Clean))
    {
        let _ = fs::remove_file(path);
        return None;
    }
    let ended = path.with_extension(ENDED);
    fs::rename(path, &ended).ok()?;
    run.map(|run| PreviousRun { path: ended, ..run })
}

/// Reads a file. `None` if it is not one of this format.
fn read(file: &mut File, path: &Path) -> Option<PreviousRun> {
    let mut bytes = Vec::new();
    file.take(MAX_SIZE).read_to_end(&mut bytes).ok()?;
    let slots = bytes.chunks_exact(SLOT_SIZE).map(|bytes| {
        let bytes = bytes.try_into().expect("a chunk has the size of a slot");
        Slot::decode(bytes)
    });
    let slots: Vec<_> = slots.collect();
    let headers = slots.iter().take(usize::try_from(HEADER_SLOTS).ok()?);
    let header = headers
        .filter_map(|slot| Header::from_entry(slot.as_ref().ok()?.as_ref()?))
        .max_by_key(|header| header.version)?;
    let rest = slots.into_iter().skip(usize::try_from(HEADER_SLOTS).ok()?);
    let (mut entries, mut interrupted_calls, mut torn) = (Vec::new(), Vec::new(), 0);
    for slot in rest {
        match slot {
            Ok(Some(entry)) if entry.kind == EntryKind::Active => {
                interrupted_calls.extend(InterruptedCall::from_entry(&entry));
            }
            Ok(Some(entry)) => entries.push(entry),
            Ok(None) => {}
            Err(_) => torn += 1,
        }
    }
    entries.sort_by_key(|entry| entry.sequence);
    interrupted_calls.sort_by_key(|call| call.started);
    let last_seen = entries.iter().map(|entry| entry.time).max();
    Some(PreviousRun {
        service: header.service,
        process_id: header.process_id,
        started: header.started,
        last_seen: last_seen.unwrap_or(header.started),
        end: header.end,
        entries,
        interrupted_calls,
        torn,
        path: path.to_owned(),
    })
}

/// Returns the files of a service.
fn files(directory: &Path, service: &str, extension: &str) -> Vec<PathBuf> {
    let service = file_name(service);
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let is_of_service = |path: &PathBuf| {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let rest = stem.and_then(|stem| stem.strip_prefix(&*service)?.strip_prefix('-'));
        let is_numbers = |rest: &str| rest.split('-').all(|part| part.parse::<u64>().is_ok());
        path.extension().is_some_and(|it| it == extension) && rest.is_some_and(is_numbers)
    };
    paths.filter(is_of_service).collect()
}

fn start_of(path: &Path) -> u64 {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let start = stem.and_then(|stem| stem.rsplit('-').next()?.parse().ok());
    start.unwrap_or_default()
}

// === impl PreviousRun ===

impl PreviousRun {
    /// Returns the readings of the system with their times, the oldest first.
    pub fn readings(&self) -> impl DoubleEndedIterator<Item = (SystemTime, Readings)> {
        let snapshots = self.entries.iter();
        let snapshots = snapshots.filter(|entry| entry.kind == EntryKind::Snapshot);
        snapshots.filter_map(|entry| Some((entry.time, Readings::from_line(&entry.text)?)))
    }

    /// Returns the calls of each second with its end, the oldest first. A second without calls is left out.
    pub fn totals(&self) -> impl DoubleEndedIterator<Item = (SystemTime, CallTotals)> {
        let seconds = self.entries.iter();
        let seconds = seconds.filter(|entry| entry.kind == EntryKind::Calls);
        seconds.filter_map(|entry| Some((entry.time, CallTotals::from_line(&entry.text)?)))
    }
}

/// The entries that are displayed.
const MAX_DISPLAYED: usize = 20;

impl fmt::Display for PreviousRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            service,
            process_id,
            last_seen,
            end,
            entries,
            interrupted_calls,
            torn,
            path,
            ..
        } = self;
        let seconds = |time: SystemTime| last_seen.duration_since(time).unwrap_or_default();
        let how = match end {
            Some(RunEnd::Panicked) => "ended by a panic",
            _ => "ended without a shutdown: it was killed, ran out of memory, or its host ended",
        };
        let lived = seconds(self.started).as_secs();
        writeln!(f, "{service} (process {process_id}) {how}, after {lived} s")?;
        for entry in &entries[entries.len().saturating_sub(MAX_DISPLAYED)..] {
            let before = seconds(entry.time).as_secs_f64();
            writeln!(
                f,
                "  -{before:.1} s {}: {}",
                entry.kind.as_str(),
                entry.text
            )?;
        }
        for call in interrupted_calls {
            let age = call.age(*last_seen).as_secs_f64();
            writeln!(
                f,
                "  under way for {age:.1} s: {} {}",
                call.method, call.route
            )?;
        }
        if *torn > 0 {
            writeln!(f, "  {torn} slots were torn")?;
        }
        write!(f, "  file: {}", path.display())
    }
}
