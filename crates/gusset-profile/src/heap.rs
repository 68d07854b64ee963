//! Heap profiles, by `jemalloc_pprof`.

use jemalloc_pprof::PROF_CTL;

use crate::error::ProfileError;
use crate::request::Format;

const DISABLED: &str = "heap profiles are disabled; start the process with jemalloc as its allocator and \
                        `prof:true` in the environment variable `_RJEM_MALLOC_CONF`";
const INACTIVE: &str = "heap profiles are not active; remove `prof_active:false` from the settings of jemalloc, \
                        or call `jemalloc_pprof::activate_jemalloc_profiling`";

/// Takes a profile of the memory that is in use now.
pub(crate) fn take(format: Format) -> Result<Vec<u8>, ProfileError> {
    let control = PROF_CTL.as_ref();
    let control = control.ok_or_else(|| ProfileError::unsupported(DISABLED))?;
    // This thread is not one of a runtime, so it may block.
    let mut control = control.blocking_lock();
    if !control.activated() {
        return Err(ProfileError::unsupported(INACTIVE));
    }
    let profile = match format {
        Format::Pprof => control.dump_pprof(),
        #[cfg(feature = "flamegraph")]
        Format::Flamegraph => control.dump_flamegraph(),
    };
    profile.map_err(|error| ProfileError::failed(format_args!("jemalloc: {error:#}")))
}
