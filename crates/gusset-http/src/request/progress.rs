use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// How far a request's body has been read; found in the request's extensions inside a
/// [`CountRequestLayer`](super::CountRequestLayer). A clone shows the same.
#[derive(Clone, Debug, Default)]
pub struct RequestProgress(Arc<Progress>);

#[derive(Debug, Default)]
struct Progress {
    bytes: AtomicU64,
    read: AtomicU8,
}

/// How far a request's body was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestRead {
    /// Not to its end: it is being read still, or was dropped.
    Partly,
    /// To its end.
    Whole,
    /// To an error: the caller broke off, or sent what is no body.
    Broken,
}

// === impl RequestRead ===

impl RequestRead {
    /// How far, as a label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Partly => "partly",
            Self::Whole => "whole",
            Self::Broken => "broken",
        }
    }
}

// === impl RequestProgress ===

impl RequestProgress {
    /// How many bytes have been read.
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// How far it was read.
    pub fn read(&self) -> RequestRead {
        match self.0.read.load(Ordering::Relaxed) {
            WHOLE => RequestRead::Whole,
            BROKEN => RequestRead::Broken,
            _ => RequestRead::Partly,
        }
    }

    // One body writes, so that relaxed stores do; readers that need more than a momentary view read
    // at the end of the call, on the way of whose future the writes are seen.
    pub(super) fn add(&self, len: usize) {
        let bytes = self.bytes().saturating_add(len as u64);
        self.0.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn set(&self, read: RequestRead) {
        let read = match read {
            RequestRead::Partly => PARTLY,
            RequestRead::Whole => WHOLE,
            RequestRead::Broken => BROKEN,
        };
        self.0.read.store(read, Ordering::Relaxed);
    }
}

const PARTLY: u8 = 0;
const WHOLE: u8 = 1;
const BROKEN: u8 = 2;
