use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// The progress of reading a request body. A [`RequestBodySizeLayer`](super::RequestBodySizeLayer)
/// adds it to the request's extensions. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct RequestBodyProgress(Arc<Progress>);

#[derive(Debug, Default)]
struct Progress {
    bytes: AtomicU64,
    state: AtomicU8,
}

/// Whether a request body was read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReadState {
    /// Not yet: it is still being read, or was dropped.
    Partial,
    /// The body was read to its end.
    Complete,
    /// Reading failed: the client disconnected, or sent an invalid body.
    Aborted,
}

// === impl ReadState ===

impl ReadState {
    /// Returns the value of the label `gusset.request.read`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::Complete => "complete",
            Self::Aborted => "aborted",
        }
    }
}

// === impl RequestBodyProgress ===

impl RequestBodyProgress {
    /// Returns the number of bytes that were read.
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// Returns whether the body was read to its end.
    pub fn state(&self) -> ReadState {
        match self.0.state.load(Ordering::Relaxed) {
            COMPLETE => ReadState::Complete,
            ABORTED => ReadState::Aborted,
            _ => ReadState::Partial,
        }
    }

    // Relaxed loads and stores suffice: one body writes. Observers read at the end of the call, which
    // polling its future orders after the writes.
    pub(super) fn add(&self, len: usize) {
        let bytes = self.bytes().saturating_add(len as u64);
        self.0.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn set(&self, state: ReadState) {
        let state = match state {
            ReadState::Partial => PARTIAL,
            ReadState::Complete => COMPLETE,
            ReadState::Aborted => ABORTED,
        };
        self.0.state.store(state, Ordering::Relaxed);
    }
}

const PARTIAL: u8 = 0;
const COMPLETE: u8 = 1;
const ABORTED: u8 = 2;
