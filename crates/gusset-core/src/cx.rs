//! The facts of one call.

use std::time::{Duration, Instant};

use crate::{Clock, Delivery, Outcome, Token, Verdict};

/// The facts of one call: one clock and one count, shared by every observer of it, so that no two
/// signals differ.
///
/// Durations are since the start of the call.
#[derive(Debug)]
pub struct Cx {
    clock: Clock,
    started: Instant,
    // Nanoseconds since `started`; `UNSEEN` for what has not happened.
    elapsed: u64,
    head: u64,
    first_byte: u64,
    bytes: u64,
    delivery: Option<Delivery>,
    verdict: Option<Verdict>,
}

const UNSEEN: u64 = u64::MAX;

// === impl Cx ===

impl Cx {
    #[inline]
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            started: clock.now(),
            clock,
            elapsed: 0,
            head: UNSEEN,
            first_byte: UNSEEN,
            bytes: 0,
            delivery: None,
            verdict: None,
        }
    }

    /// When the call began.
    #[inline]
    pub fn started(&self) -> Instant {
        self.started
    }

    /// How long the call had taken when the clock was last read: at its start, its head, its first
    /// byte and its end.
    #[inline]
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.elapsed)
    }

    /// How long the head of the response took, if there is one.
    #[inline]
    pub fn head(&self) -> Option<Duration> {
        seen(self.head)
    }

    /// What was to come after the head, if there is one.
    #[inline]
    pub fn delivery(&self) -> Option<Delivery> {
        self.delivery
    }

    /// How long the first byte of the response's body took, if there is one.
    #[inline]
    pub fn first_byte(&self) -> Option<Duration> {
        seen(self.first_byte)
    }

    /// How many bytes of the response's body have been handed out.
    #[inline]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the end is called; `None` before the end.
    #[inline]
    pub fn outcome(&self) -> Option<Outcome> {
        self.verdict.map(|verdict| verdict.outcome)
    }

    /// The protocol's own status, known at the end: `404`, `UNAVAILABLE`.
    #[inline]
    pub fn status(&self) -> Option<Token> {
        self.verdict.and_then(|verdict| verdict.status)
    }

    /// OpenTelemetry's `error.type`, known at the end; `None` for a call that is not an error.
    #[inline]
    pub fn error_type(&self) -> Option<Token> {
        self.verdict.and_then(|verdict| verdict.error)
    }

    #[inline]
    pub(crate) fn read_clock(&mut self) {
        let elapsed = self.clock.now().saturating_duration_since(self.started);
        // 584 years fit.
        self.elapsed = elapsed.as_nanos() as u64;
    }

    #[inline]
    pub(crate) fn saw_head(&mut self, delivery: Delivery) {
        self.read_clock();
        self.head = self.elapsed;
        self.delivery = Some(delivery);
    }

    /// Counts a piece of the body; true if it was the first, for which the clock was read.
    #[inline]
    pub(crate) fn saw_data(&mut self, len: usize) -> bool {
        let first = self.first_byte == UNSEEN && len > 0;
        if first {
            self.read_clock();
            self.first_byte = self.elapsed;
        }
        self.bytes = self.bytes.saturating_add(len as u64);
        first
    }

    #[inline]
    pub(crate) fn judge(&mut self, verdict: Verdict) {
        self.verdict = Some(verdict);
    }
}

#[inline]
fn seen(nanos: u64) -> Option<Duration> {
    (nanos != UNSEEN).then(|| Duration::from_nanos(nanos))
}
