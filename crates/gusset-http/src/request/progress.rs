use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::{RequestHead, Side};

/// The progress of reading a request body. A [`RequestBodySizeLayer`](super::RequestBodySizeLayer)
/// adds it to the request's extensions. Clones share it.
///
/// An observer finds it with [`of_request`](Self::of_request), at the start of the call.
#[derive(Clone, Debug, Default)]
pub struct RequestBodyProgress(Arc<Progress>);

#[derive(Debug, Default)]
struct Progress {
    bytes: AtomicU64,
    state: AtomicU8,
    /// The side whose observers read it, or `UNCLAIMED`.
    side: AtomicU8,
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
    /// Returns the progress of a request that `side` observes. Costs one atomic operation.
    ///
    /// It belongs to the first side that calls this. A service that forwards a request sends it with its
    /// extensions, so its client would report what the server has read. A client has a progress if it has a
    /// [`RequestBodySizeLayer`](super::RequestBodySizeLayer) of its own.
    ///
    /// ```
    /// use gusset_http::{RequestBodyProgress, RequestHead, Side};
    ///
    /// let mut received = http::Request::new(());
    /// received.extensions_mut().insert(RequestBodyProgress::default());
    /// let head = RequestHead::from(&received);
    /// assert!(RequestBodyProgress::of_request(head, Side::Server).is_some());
    /// // The service forwards it.
    /// assert!(RequestBodyProgress::of_request(head, Side::Client).is_none());
    /// ```
    #[inline]
    pub fn of_request(req: RequestHead<'_>, side: Side) -> Option<Self> {
        let progress: &Self = req.extensions.get()?;
        progress.claim(side)
    }

    /// Returns the progress if no other side has read it first.
    fn claim(&self, side: Side) -> Option<Self> {
        let own = match side {
            Side::Server => SERVER,
            Side::Client => CLIENT,
        };
        let order = Ordering::Relaxed;
        let claimed = self.0.side.compare_exchange(UNCLAIMED, own, order, order);
        let is_own = claimed.map_or_else(|owner| owner == own, |_| true);
        is_own.then(|| self.clone())
    }

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

const UNCLAIMED: u8 = 0;
const SERVER: u8 = 1;
const CLIENT: u8 = 2;

const PARTIAL: u8 = 0;
const COMPLETE: u8 = 1;
const ABORTED: u8 = 2;
