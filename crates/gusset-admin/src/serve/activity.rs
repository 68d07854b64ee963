//! What a connection is doing, and since when.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long a client may read nothing of a response that waits for it.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a client may take to read one response, however steadily: more than scrapers allow.
pub(super) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// What one connection is doing. Shared by its task, its stream and the accept loop, which all run on
/// one thread: the lock is never contended.
pub(super) struct Activity(Mutex<State>);

#[derive(Clone, Copy)]
enum State {
    /// The client has to send a request. A head that drips in does not change the time.
    Waiting { since: Instant },
    /// An endpoint prepares the response.
    Answering { since: Instant },
    /// The client has to read the response.
    Writing { since: Instant, progress: Instant },
    /// The response is a stream without an end, of which the client reads all or has not read since.
    Streaming {
        since: Instant,
        stalled: Option<Instant>,
    },
}

/// How eligible a connection is for being closed: the smallest is closed first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// Whether the server, and not the client, has to act.
    answering: bool,
    since: Instant,
}

// === impl Activity ===

impl Activity {
    pub(super) fn new() -> Self {
        let since = Instant::now();
        Self(Mutex::new(State::Waiting { since }))
    }

    pub(super) fn request_received(&self) {
        let since = Instant::now();
        self.update(|_| State::Answering { since });
    }

    pub(super) fn response_ready(&self, is_stream: bool) {
        let now = Instant::now();
        self.update(|_| match is_stream {
            true => State::Streaming {
                since: now,
                stalled: None,
            },
            false => State::Writing {
                since: now,
                progress: now,
            },
        });
    }

    pub(super) fn bytes_written(&self) {
        let progress = Instant::now();
        self.update(|state| match state {
            State::Writing { since, .. } => State::Writing { since, progress },
            State::Streaming { since, .. } => State::Streaming {
                since,
                stalled: None,
            },
            other => other,
        });
    }

    /// Records that bytes wait for the client to read.
    pub(super) fn write_blocked(&self) {
        let now = Instant::now();
        self.update(|state| match state {
            State::Streaming { since, stalled } => State::Streaming {
                since,
                stalled: stalled.or(Some(now)),
            },
            other => other,
        });
    }

    pub(super) fn is_streaming(&self) -> bool {
        matches!(self.state(), State::Streaming { .. })
    }

    /// Records that all that was to be written is written. hyper flushes also while an endpoint still
    /// prepares its response, and bodies of endpoints are whole: only a flush after `response_ready`
    /// ends a response.
    pub(super) fn flushed(&self) {
        self.update(|state| match state {
            State::Writing { .. } => State::Waiting {
                since: Instant::now(),
            },
            other => other,
        });
    }

    pub(super) fn rank(&self) -> Rank {
        let (answering, since) = match self.state() {
            // The client of a stream connects again.
            State::Waiting { since } | State::Streaming { since, .. } => (false, since),
            State::Writing { progress, .. } => (false, progress),
            State::Answering { since } => (true, since),
        };
        Rank { answering, since }
    }

    /// Returns whether the client takes too long to read a response.
    pub(super) fn write_timed_out(&self, now: Instant) -> bool {
        match self.state() {
            State::Writing { since, progress } => {
                now.duration_since(progress) >= WRITE_TIMEOUT
                    || now.duration_since(since) >= RESPONSE_TIMEOUT
            }
            State::Streaming { stalled, .. } => {
                stalled.is_some_and(|since| now.duration_since(since) >= WRITE_TIMEOUT)
            }
            State::Waiting { .. } | State::Answering { .. } => false,
        }
    }

    fn state(&self) -> State {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, next: impl FnOnce(State) -> State) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = next(*state);
    }
}
