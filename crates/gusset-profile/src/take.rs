//! Takes a profile on a thread of its own.

use std::sync::mpsc;
use std::thread;

use futures_channel::oneshot;

use crate::error::ProfileError;
use crate::request::{Kind, ProfileRequest, Timer};
use crate::slot::Slot;

/// A profile that is being taken. Dropping it ends that.
#[derive(Debug)]
pub(crate) struct PendingProfile {
    result: oneshot::Receiver<Result<Vec<u8>, ProfileError>>,
    /// The thread stops when it is dropped.
    keep: mpsc::Sender<()>,
}

// === impl ProfileRequest ===

impl ProfileRequest {
    /// Starts the thread.
    pub(crate) fn start(self) -> Result<PendingProfile, ProfileError> {
        let slot = Slot::acquire().ok_or_else(ProfileError::in_progress)?;
        let (sender, result) = oneshot::channel();
        let (keep, client) = mpsc::channel();
        let thread = thread::Builder::new().name("gusset-profile".to_owned());
        let spawned = thread.spawn(move || {
            let profile = self.take(&Timer::new(client));
            // First, so that the client may request the next one as soon as it has this one.
            drop(slot);
            // An error means that the client has disconnected.
            let _ = sender.send(profile);
        });
        match spawned {
            Ok(_) => Ok(PendingProfile { result, keep }),
            Err(error) => Err(ProfileError::failed(format_args!(
                "the system has no thread for it: {error}"
            ))),
        }
    }

    fn take(&self, timer: &Timer) -> Result<Vec<u8>, ProfileError> {
        match self.kind {
            Kind::Cpu => self.take_cpu(timer),
            Kind::Heap => self.take_heap(),
        }
    }

    #[cfg(feature = "cpu")]
    fn take_cpu(&self, timer: &Timer) -> Result<Vec<u8>, ProfileError> {
        crate::cpu::take(self, timer)
    }

    #[cfg(not(feature = "cpu"))]
    fn take_cpu(&self, _: &Timer) -> Result<Vec<u8>, ProfileError> {
        Err(not_compiled("cpu"))
    }

    #[cfg(feature = "heap")]
    fn take_heap(&self) -> Result<Vec<u8>, ProfileError> {
        crate::heap::take(self.format)
    }

    #[cfg(not(feature = "heap"))]
    fn take_heap(&self) -> Result<Vec<u8>, ProfileError> {
        Err(not_compiled("heap"))
    }
}

// === impl PendingProfile ===

impl PendingProfile {
    /// Waits for the profile.
    pub(crate) async fn finish(self) -> Result<Vec<u8>, ProfileError> {
        let Self { result, keep } = self;
        let profile = result.await;
        drop(keep);
        // The sender is gone without a result if the profiler panicked.
        profile.unwrap_or_else(|_| Err(ProfileError::failed("the profiler panicked")))
    }
}

#[cfg(not(all(feature = "cpu", feature = "heap")))]
fn not_compiled(feature: &str) -> ProfileError {
    ProfileError::unsupported(format_args!(
        "the program was built without the feature `{feature}` of gusset-profile"
    ))
}
