//! The last log records and state changes.

use std::collections::VecDeque;
use std::time::SystemTime;

use gusset_data::{LogRecord, SharedStr, Value};

/// A change of state: a breaker has opened, a check fails, a range was left, a setting was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateChange {
    /// When it happened.
    pub time: SystemTime,
    /// What has changed: `breaker stock`.
    pub what: SharedStr,
    /// The state that it has now: `open`.
    pub state: SharedStr,
}

/// Things in the order in which they came, as many as fit in some bytes.
#[derive(Debug)]
pub(super) struct Bounded<T> {
    kept: VecDeque<(usize, T)>,
    bytes: usize,
    max_bytes: usize,
    dropped: u64,
    /// How many have been kept since the start.
    pushed: u64,
}

// === impl Bounded ===

impl<T> Bounded<T> {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            kept: VecDeque::new(),
            bytes: 0,
            max_bytes,
            dropped: 0,
            pushed: 0,
        }
    }

    /// Keeps one more in place of the oldest. One that is too large by itself is not kept.
    pub(super) fn push(&mut self, bytes: usize, one: T) {
        if bytes > self.max_bytes {
            self.dropped += 1;
            return;
        }
        self.bytes += bytes;
        self.pushed += 1;
        self.kept.push_back((bytes, one));
        while self.bytes > self.max_bytes {
            let (oldest, _) = self.kept.pop_front().expect("it has what the bytes are of");
            self.bytes -= oldest;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.kept.iter().map(|(_, one)| one)
    }

    /// Returns the newest one.
    pub(super) fn last(&self) -> Option<&T> {
        self.kept.back().map(|(_, one)| one)
    }

    /// Returns those that came after the first `count`, as far as they are kept, and the count now.
    pub(super) fn since(&self, count: u64) -> (impl Iterator<Item = &T>, u64) {
        let new = usize::try_from(self.pushed.saturating_sub(count)).unwrap_or(usize::MAX);
        let skipped = self.kept.len().saturating_sub(new);
        (self.iter().skip(skipped), self.pushed)
    }

    /// Returns the number of those that were too large.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// Returns the memory of a log record.
pub(super) fn bytes_of(record: &LogRecord) -> usize {
    let value = |value: &Value| match value {
        Value::String(text) => text.len(),
        Value::StringArray(texts) => texts.iter().map(|text| 24 + text.len()).sum(),
        _ => 0,
    };
    let attributes = record.attributes.iter();
    let attributes = attributes.map(|(key, it)| 64 + key.len() + value(it));
    size_of::<LogRecord>() + record.scope.len() + record.body.len() + attributes.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn newest_that_fit_are_kept(sizes in prop::collection::vec(0..60_usize, 0..40)) {
            let mut bounded = Bounded::new(100);
            for (at, size) in sizes.iter().enumerate() {
                bounded.push(*size, at);
            }
            let mut room = 100;
            let fitting = sizes.iter().enumerate().rev().take_while(|(_, size)| {
                let fits = **size <= room;
                room = room.saturating_sub(**size);
                fits
            });
            let mut fitting: Vec<_> = fitting.map(|(at, _)| at).collect();
            fitting.reverse();
            prop_assert_eq!(bounded.iter().copied().collect::<Vec<_>>(), fitting);
        }
    }

    #[test]
    fn new_ones_are_returned_once() {
        let mut bounded = Bounded::new(3);
        let since = |bounded: &Bounded<char>, count| {
            let (new, count) = bounded.since(count);
            (new.collect::<String>(), count)
        };
        bounded.push(1, 'a');
        assert_eq!(since(&bounded, 0), ("a".to_owned(), 1));
        "bcdef".chars().for_each(|it| bounded.push(1, it));
        assert_eq!(
            since(&bounded, 1),
            ("def".to_owned(), 6),
            "as far as they are kept"
        );
        assert_eq!(since(&bounded, 6), (String::new(), 6));
    }

    #[test]
    fn one_that_is_too_large_leaves_the_others() {
        let mut bounded = Bounded::new(10);
        bounded.push(4, 'a');
        bounded.push(11, 'b');
        assert_eq!(bounded.iter().collect::<String>(), "a");
        assert_eq!(bounded.dropped(), 1);
    }
}
