//! CPU profiles, by `pprof`.

use std::io::Write as _;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use pprof::protos::Message as _;
use pprof::{ProfilerGuard, ProfilerGuardBuilder, Report};
use signal_hook::consts::SIGPROF;

use crate::error::ProfileError;
use crate::request::{Format, ProfileRequest, Timer};

/// Samples in these libraries are left out: libgcc may hold a lock there that the handler needs, and the unwind
/// information of the vDSO is wrong on some distributions.
const BLOCKED_LIBRARIES: [&str; 2] = ["libgcc", "vdso"];

/// One sample in a second of CPU time: none until the first one is made.
const PREPARE_FREQUENCY: u16 = 1;

/// Takes a profile until the time is over.
pub(crate) fn take(request: &ProfileRequest, timer: &Timer) -> Result<Vec<u8>, ProfileError> {
    prepare_unwinder()?;
    let profiler = start(request.frequency)?;
    if !timer.wait(request.duration) {
        return Err(ProfileError::failed("the client has disconnected"));
    }
    let report = profiler.report().build().map_err(failed)?;
    // Ends the signals before the work of the encoding.
    drop(profiler);
    match request.format {
        Format::Pprof => encode(&report),
        #[cfg(feature = "flamegraph")]
        Format::Flamegraph => draw(&report),
    }
}

/// Makes the first sample of the process, on this thread.
///
/// The unwinder reads the programs' unwind tables when the first sample is made, and allocates for that: in the
/// signal handler, of a thread that may have been interrupted in the allocator. This thread is not.
fn prepare_unwinder() -> Result<(), ProfileError> {
    static IS_PREPARED: OnceLock<()> = OnceLock::new();
    if IS_PREPARED.get().is_some() {
        return Ok(());
    }
    let profiler = start(PREPARE_FREQUENCY)?;
    // The handler runs before it returns.
    signal_hook::low_level::raise(SIGPROF).map_err(ProfileError::failed)?;
    drop(profiler);
    IS_PREPARED.get_or_init(|| ());
    Ok(())
}

fn start(frequency: u16) -> Result<ProfilerGuard<'static>, ProfileError> {
    ProfilerGuardBuilder::default()
        .frequency(frequency.into())
        .blocklist(&BLOCKED_LIBRARIES)
        .build()
        .map_err(failed)
}

fn encode(report: &Report) -> Result<Vec<u8>, ProfileError> {
    let message = report.pprof().map_err(failed)?.encode_to_vec();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let written = gzip.write_all(&message).and_then(|()| gzip.finish());
    written.map_err(ProfileError::failed)
}

#[cfg(feature = "flamegraph")]
fn draw(report: &Report) -> Result<Vec<u8>, ProfileError> {
    let mut svg = Vec::new();
    report.flamegraph(&mut svg).map_err(failed)?;
    Ok(svg)
}

fn failed(error: pprof::Error) -> ProfileError {
    match error {
        // Other code of the process uses `pprof` too.
        pprof::Error::Running => ProfileError::in_progress(),
        pprof::Error::CreatingError => ProfileError::failed(
            "the profiler cannot be created; it needs the folder for temporary files",
        ),
        error => ProfileError::failed(error),
    }
}
