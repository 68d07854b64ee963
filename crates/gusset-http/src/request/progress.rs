use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// How far a request's body has been read; found in the request's extensions inside a
/// [`RequestBodySizeLayer`](super::RequestBodySizeLayer). A clone shows the same.
#[derive(Clone, Debug, Default)]
pub struct RequestBodyProgress(Arc<Progress>);

#[derive(Debug, Default)]
struct Progress {
    bytes: AtomicU64,
    read: AtomicU8,
}

/// How far a request's body was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReadState {
    /// Not to its end: it is being read still, or was dropped.
    Partial,
    /// To its end.
    Complete,
    /// To an error: the caller broke off, or sent what is no body.
    Aborted,
}

// === impl ReadState ===

impl ReadState {
    /// How far, as a label's value.
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
    /// How many bytes have been read.
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// How far it was read.
    pub fn read(&self) -> ReadState {
        match self.0.read.load(Ordering::Relaxed) {
            COMPLETE => ReadState::Complete,
            ABORTED => ReadState::Aborted,
            _ => ReadState::Partial,
        }
    }

    // One body writes, so that relaxed stores do; readers that need more than a momentary view read
    // at the end of the call, on the way of whose future the writes are seen.
    pub(super) fn add(&self, len: usize) {
        let bytes = self.bytes().saturating_add(len as u64);
        self.0.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn set(&self, read: ReadState) {
        let read = match read {
            ReadState::Partial => PARTIAL,
            ReadState::Complete => COMPLETE,
            ReadState::Aborted => ABORTED,
        };
        self.0.read.store(read, Ordering::Relaxed);
    }
}

const PARTIAL: u8 = 0;
const COMPLETE: u8 = 1;
const ABORTED: u8 = 2;
