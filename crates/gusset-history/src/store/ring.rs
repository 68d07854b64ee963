//! The readings of one series, compressed.

use std::collections::VecDeque;

use super::state::{Counts, NewState, State, added_since};
use super::token;

/// The readings of one series, from the oldest to the newest.
///
/// The state at the oldest reading is kept as it is, and each later one as its difference from the one before.
/// So the oldest can be dropped without the others being written again.
#[derive(Debug)]
pub(crate) struct Ring {
    tokens: VecDeque<u8>,
    oldest: State,
    newest: State,
    /// The number of the oldest reading.
    first: u32,
    /// The number of the next reading.
    next: u32,
    has_oldest: bool,
    /// The series began after the reading before its first one, so that its first value was added since.
    begins_at_zero: bool,
    /// Whether the last byte is a run that may be continued.
    tail: Tail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tail {
    Other,
    Same,
    Absent,
}

/// How values of a series may change without a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Monotony {
    /// They only grow: counters, and the counts of histograms.
    Grows,
    /// They go up and down.
    None,
}

/// One reading of a series.
#[derive(Debug)]
pub(crate) enum Step {
    /// The series was not there.
    Absent,
    /// Nothing has changed since the series was last there.
    Same,
    /// Something has changed.
    Changed(Change),
}

/// What has changed since the series was last there.
#[derive(Debug)]
pub(crate) struct Change {
    /// Whether the series began anew, at zero.
    pub(crate) has_restarted: bool,
    /// The number before, or 0 after a restart.
    pub(crate) before: f64,
    /// What was added to the buckets.
    pub(crate) added: Counts,
}

/// Reads a ring from its oldest reading on.
#[derive(Debug)]
pub(crate) struct Decoder<'a> {
    bytes: std::iter::Copied<std::collections::vec_deque::Iter<'a, u8>>,
    state: State,
    run: (u8, u8),
}

// === impl Ring ===

impl Ring {
    /// Creates the readings of a series that is there for the first time.
    pub(crate) fn new(number: u32, state: NewState<'_>, begins_at_zero: bool) -> Self {
        let mut newest = State::default();
        newest.set(state);
        Self {
            tokens: VecDeque::new(),
            oldest: newest.clone(),
            newest,
            first: number,
            next: number + 1,
            has_oldest: true,
            begins_at_zero,
            tail: Tail::Other,
        }
    }

    /// Returns the number of the oldest reading.
    pub(crate) fn first(&self) -> u32 {
        self.first
    }

    /// Returns the number of the next reading.
    pub(crate) fn next(&self) -> u32 {
        self.next
    }

    pub(crate) fn begins_at_zero(&self) -> bool {
        self.begins_at_zero
    }

    /// Returns whether the series was there at the oldest reading.
    pub(crate) fn has_oldest(&self) -> bool {
        self.has_oldest
    }

    /// Adds a reading. `buffer` is memory that is used again.
    ///
    /// `has_new_start` is whether the producer started the series anew. A sum that decreases has restarted too,
    /// unless it wrapped.
    pub(crate) fn push(
        &mut self,
        now: NewState<'_>,
        monotony: Monotony,
        has_new_start: bool,
        buffer: &mut Vec<u8>,
    ) {
        let is_same = now.number.to_bits() == self.newest.number.to_bits()
            && now.scale == self.newest.scale
            && *now.counts == *self.newest.counts;
        if is_same && !has_new_start {
            return self.push_run(token::SAME, Tail::Same);
        }
        buffer.clear();
        let is_histogram = !(now.counts.is_empty() && self.newest.counts.is_empty());
        let is_less = monotony == Monotony::Grows
            && !is_histogram
            && now.number < self.newest.number
            && wrap_of(self.newest.number, now.number).is_none();
        let mut has_restarted = has_new_start || is_less || now.scale > self.newest.scale;
        if !has_restarted && now.scale < self.newest.scale {
            self.newest.set_scale(now.scale);
            buffer.push(token::SCALE);
            token::write_signed(buffer, now.scale.into());
        }
        let mut added = None;
        if is_histogram && !has_restarted {
            added = added_since(&self.newest.counts, now.counts);
            has_restarted = added.is_none();
        }
        if has_restarted {
            buffer.clear();
            buffer.push(token::RESTART);
            if now.scale != 0 {
                buffer.push(token::SCALE);
                token::write_signed(buffer, now.scale.into());
            }
        }
        if is_histogram {
            buffer.push(token::HISTOGRAM);
            token::write_counts(buffer, added.as_deref().unwrap_or(now.counts));
        }
        let before = if has_restarted {
            0.0
        } else {
            self.newest.number
        };
        token::write_number(buffer, before, now.number);
        self.newest.set(now);
        self.append(buffer);
        self.tail = Tail::Other;
        self.next += 1;
    }

    /// Adds a reading without the series.
    pub(crate) fn push_absent(&mut self) {
        self.push_run(token::ABSENT, Tail::Absent);
    }

    fn push_run(&mut self, header: u8, tail: Tail) {
        self.next += 1;
        if self.tail == tail {
            if let Some(last) = self.tokens.back_mut() {
                if *last & token::RUN_LENGTH < token::RUN_LENGTH {
                    *last += 1;
                    return;
                }
            }
        }
        self.append(&[header]);
        self.tail = tail;
    }

    /// Appends a token. The capacity grows by an eighth, because the memory of thousands of series counts.
    fn append(&mut self, token: &[u8]) {
        let free = self.tokens.capacity() - self.tokens.len();
        if free < token.len() {
            let spare = self.tokens.len() / 8;
            self.tokens.reserve_exact(token.len().max(spare).max(8));
        }
        self.tokens.extend(token);
    }

    /// Drops the readings before this number.
    pub(crate) fn drop_before(&mut self, number: u32) {
        while self.first < number.min(self.next - 1) {
            self.first += 1;
            self.begins_at_zero = false;
            let Some(header) = self.tokens.front_mut() else {
                return;
            };
            if *header < token::XOR {
                self.has_oldest = *header < token::ABSENT;
                match *header & token::RUN_LENGTH {
                    0 => drop(self.tokens.pop_front()),
                    _ => *header -= 1,
                }
                continue;
            }
            let mut bytes = self.tokens.iter().copied();
            let header = bytes.next().expect("it has a front");
            read_change(header, &mut bytes, &mut self.oldest);
            self.has_oldest = true;
            let read = self.tokens.len() - bytes.len();
            self.tokens.drain(..read);
        }
        if self.tokens.len() < self.tokens.capacity() / 2 {
            self.tokens
                .shrink_to(self.tokens.len() + self.tokens.len() / 8);
        }
    }

    /// Returns whether the series is in none of the readings.
    pub(crate) fn is_absent(&self) -> bool {
        let is_run = |byte: &u8| (token::ABSENT..token::XOR).contains(byte);
        !self.has_oldest && self.tokens.iter().all(is_run)
    }

    /// Returns the bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.tokens.capacity() + self.oldest.heap_bytes() + self.newest.heap_bytes()
    }

    /// Returns the oldest state, and a decoder of the steps after it.
    pub(crate) fn decode(&self) -> Decoder<'_> {
        Decoder {
            bytes: self.tokens.iter().copied(),
            state: self.oldest.clone(),
            run: (0, 0),
        }
    }
}

// === impl Decoder ===

impl Decoder<'_> {
    /// Returns the state after the last step.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }
}

impl Iterator for Decoder<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.run.1 == 0 {
            let header = self.bytes.next()?;
            if header >= token::XOR {
                let change = read_change(header, &mut self.bytes, &mut self.state);
                return Some(Step::Changed(change));
            }
            self.run = (
                header & !token::RUN_LENGTH,
                (header & token::RUN_LENGTH) + 1,
            );
        }
        self.run.1 -= 1;
        Some(match self.run.0 {
            token::SAME => Step::Same,
            _ => Step::Absent,
        })
    }
}

/// Reads a token that is not a run, and applies it to the state.
fn read_change(mut header: u8, bytes: &mut impl Iterator<Item = u8>, state: &mut State) -> Change {
    let has_restarted = header == token::RESTART;
    if has_restarted {
        *state = State::default();
        header = bytes.next().unwrap_or(token::SAME);
    }
    if header == token::SCALE {
        let scale = i32::try_from(token::read_signed(bytes)).unwrap_or(0);
        state.set_scale(scale);
        header = bytes.next().unwrap_or(token::SAME);
    }
    let mut added = Counts::default();
    if header == token::HISTOGRAM {
        added = token::read_counts(bytes);
        state.add(&added);
        header = bytes.next().unwrap_or(token::SAME);
    }
    let before = state.number;
    state.number = token::read_number(header, bytes, before);
    Change {
        has_restarted,
        before,
        added,
    }
}

/// Returns the range of a counter that has wrapped: 2^32 or 2^64.
///
/// A counter that decreases has restarted. It has wrapped if it was in the last quarter of a range, and is now in
/// the first one: counters of a kernel, which keep their start.
pub(crate) fn wrap_of(before: f64, now: f64) -> Option<f64> {
    [32, 64].into_iter().find_map(|bits| {
        let range = f64::from(bits).exp2();
        let has_wrapped = before < range && before >= 0.75 * range && now < 0.25 * range;
        has_wrapped.then_some(range)
    })
}
